"""The client's configuration: it gives up early and keeps a connection for every thread."""

from typing import Any

import pytest

from pinbill.aws.clients import QUICK, UNHURRIED, Waits, client_config
from pinbill.store.retrying import Retry


@pytest.mark.parametrize("waits", [QUICK, UNHURRIED])
def test_the_configuration_has_short_timeouts_and_a_connection_for_each_thread(waits: Waits) -> None:
    config: Any = client_config(connections=40, waits=waits)
    assert (config.connect_timeout, config.read_timeout) == (waits.connect, waits.read)
    assert config.retries == {"mode": "standard", "total_max_attempts": waits.attempts}
    assert config.max_pool_connections == 40


def test_a_store_that_hangs_is_given_up_before_a_request_of_the_api_ends() -> None:
    """API Gateway waits for 29 seconds; what is started within the budget may still use up its own timeouts."""
    assert Retry().budget + QUICK.attempts * (QUICK.connect + QUICK.read) + 1 < 29
