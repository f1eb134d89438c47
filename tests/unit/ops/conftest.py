"""A table in moto, and the command line on it: the operator's commands run one at a time."""

from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws

from ops import __main__ as command_line
from ops.stack import Stack
from pinbill.store.table import Table
from tests.contracts.engines import connect, create_table

ENVIRONMENT = {"PINBILL_STAGE": "local", "PINBILL_TABLE": "pinbill"}
ALLOWANCE = {
    "PINBILL_READS_A_MINUTE": "1200",
    "PINBILL_READS_A_DAY": "200000",
    "PINBILL_WRITES_A_MINUTE": "300",
    "PINBILL_WRITES_A_DAY": "20000",
}


@pytest.fixture
def table() -> Iterator[Table]:
    with mock_aws():
        client = connect()
        yield Table(client, create_table(client))
        client.close()


@pytest.fixture
def counters(table: Table) -> Table:
    """The table of counters, which has the same keys."""
    return Table(table._client, create_table(table._client))


@pytest.fixture
def stack(table: Table, counters: Table) -> Stack:
    return Stack(
        table.name,
        worker_environment=ENVIRONMENT,
        authorizer_environment=ALLOWANCE,
        counters=counters.name,
        api="api1",
        keys_remembered=0,  # moto has no API Gateway that could be told to forget them
    )


@pytest.fixture
def typed(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the command line on the table."""
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-west-2" if name.endswith("REGION") else "test")
    return lambda *arguments: command_line.main(["--stack", "pinbill", *arguments], lambda name: stack)
