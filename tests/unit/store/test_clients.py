"""The client's configuration: it gives up early and keeps a connection for every thread."""

from typing import Any

from pinbill.store.clients import CONNECT_SECONDS, READ_SECONDS, SDK_ATTEMPTS, client_config
from pinbill.store.retrying import Retry


def test_the_configuration_has_short_timeouts_and_a_connection_for_each_thread() -> None:
    config: Any = client_config(connections=40)
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_SECONDS, READ_SECONDS)
    assert config.retries == {"mode": "standard", "total_max_attempts": SDK_ATTEMPTS}
    assert config.max_pool_connections == 40


def test_a_store_that_hangs_is_given_up_before_a_request_of_the_api_ends() -> None:
    """API Gateway waits for 29 seconds; what is started within the budget may still use up its own timeouts."""
    assert Retry().budget + SDK_ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) + 1 < 29
