"""What a count writes: one row that stays small, one call that is never repeated, and what its failures mean."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from pinbill.domain.allowances import Limit, Use
from pinbill.errors import Misconfigured, StoreUnavailable
from pinbill.store.counters import KEPT, DynamoCounters
from pinbill.store.table import Table
from pinbill.usecases.ports.counting import CountersBusy
from tests.unit.store.scripted_client import ScriptedClient, refused

NOON = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLENTY = Limit(1_000, 1_000_000)
KEY = "aaaaaaaaaa"


def row(table: Table, at: datetime) -> dict[str, Any]:
    found = table.get({"pk": "acme", "sk": f"{at.date()}#reads"})
    assert found is not None
    return found


def minutes(table: Table, at: datetime) -> list[str]:
    return sorted(name for name in row(table, at) if name.startswith("m"))


def test_a_row_holds_no_more_than_the_last_minutes(table: Table) -> None:
    counters = DynamoCounters(table)
    for n in range(200):
        counters.count("acme", KEY, Use.READS, PLENTY, NOON + n * MINUTE)

    assert minutes(table, NOON) == ["m1516", "m1517", "m1518", "m1519"]
    assert row(table, NOON)["n"] == 200


def test_many_processes_that_live_for_a_request_or_two_leave_few_minutes_behind(table: Table) -> None:
    for n in range(0, 600, 15):
        counters = DynamoCounters(table)
        for _ in range(2):
            counters.count("acme", KEY, Use.READS, PLENTY, NOON + n * MINUTE)

    assert len(minutes(table, NOON)) == 1


def test_the_minutes_of_yesterday_take_nothing_from_today(table: Table) -> None:
    counters = DynamoCounters(table)
    for n in range(5):
        counters.count("acme", KEY, Use.READS, PLENTY, NOON + n * MINUTE)
    tomorrow = NOON + timedelta(days=1)
    for n in range(5):
        DynamoCounters(table).count("acme", KEY, Use.READS, PLENTY, tomorrow + n * MINUTE)

    counters.count("acme", KEY, Use.READS, PLENTY, tomorrow + 5 * MINUTE)

    assert minutes(table, tomorrow) == [f"m120{n}" for n in range(6)]


def test_a_minute_before_midnight_is_not_over_just_after_it(table: Table) -> None:
    counters = DynamoCounters(table)
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    for at in (midnight, midnight + timedelta(seconds=30), midnight - timedelta(seconds=1)):
        counters.count("acme", KEY, Use.READS, PLENTY, at)

    assert minutes(table, midnight) == ["m0000"]
    assert minutes(table, midnight - MINUTE) == ["m2359"]


def test_a_row_may_go_when_it_is_of_no_interest_any_more(table: Table) -> None:
    DynamoCounters(table).count("acme", KEY, Use.READS, PLENTY, NOON)

    assert row(table, NOON)["ttl"] == int((NOON.replace(hour=0) + KEPT).timestamp())


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"]
)
def test_a_throttled_count_says_so_after_one_call(code: str) -> None:
    client: Any = ScriptedClient(refused(code))

    with pytest.raises(CountersBusy):
        DynamoCounters(Table(client, "counters")).count("acme", KEY, Use.READS, PLENTY, NOON)

    assert len(client.calls) == 1


@pytest.mark.parametrize(
    "failure", [refused("InternalServerError", 500), ReadTimeoutError(endpoint_url="https://dynamodb.invalid")]
)
def test_a_count_whose_answer_is_lost_is_not_made_again(failure: Exception) -> None:
    client: Any = ScriptedClient(failure)

    with pytest.raises(StoreUnavailable):
        DynamoCounters(Table(client, "counters")).count("acme", KEY, Use.READS, PLENTY, NOON)

    assert len(client.calls) == 1


def test_a_table_that_is_forbidden_is_the_operators_to_mend() -> None:
    client: Any = ScriptedClient(refused("AccessDeniedException"))

    with pytest.raises(Misconfigured):
        DynamoCounters(Table(client, "counters")).count("acme", KEY, Use.READS, PLENTY, NOON)


def test_a_request_within_its_allowance_is_one_call() -> None:
    client: Any = ScriptedClient({"Attributes": {"pk": {"S": "acme"}, "n": {"N": "1"}}})

    assert DynamoCounters(Table(client, "counters")).count("acme", KEY, Use.READS, PLENTY, NOON) is None

    [(operation, given)] = client.calls
    assert operation == "update_item"
    assert given["Key"] == {"pk": {"S": "acme"}, "sk": {"S": "2026-11-05#reads"}}
