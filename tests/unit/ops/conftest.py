"""A table in moto: the operator's commands run one at a time."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from pinbill.store.table import Table
from tests.contracts.engines import connect, create_table


@pytest.fixture
def table() -> Iterator[Table]:
    with mock_aws():
        client = connect()
        yield Table(client, create_table(client))
        client.close()
