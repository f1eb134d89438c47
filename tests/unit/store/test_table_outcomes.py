"""How the table reads DynamoDB's answers: what is tried again, what is done, what is refused."""

from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from pinbill.errors import Misconfigured, StoreUnavailable
from pinbill.store.items import to_wire
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.retrying import Retry
from pinbill.store.table import ABSENT, Action, Delete, Put, Table
from tests.unit.store.scripted_client import ScriptedClient, cancelled, refused

KEY = {"pk": "P#acme#S#SUB1", "sk": "SUB"}
ONE: list[Action] = [Put(KEY, ABSENT)]
TWO: list[Action] = [Put(KEY, ABSENT), Delete({"pk": "x", "sk": "y"}, ABSENT)]
OURS, THEIRS = to_wire({**KEY, "write_id": "W1"}), to_wire({**KEY, "write_id": "W2"})
URL = "http://127.0.0.1"

AMBIGUOUS: list[Exception] = [
    ReadTimeoutError(endpoint_url=URL),
    ConnectTimeoutError(endpoint_url=URL),
    ConnectionClosedError(endpoint_url=URL),
    EndpointConnectionError(endpoint_url=URL),
    ResponseParserError("value: +447700900123"),
    refused("InternalServerError", 500),
    refused("SomethingNew", 503),
]
NOT_APPLIED: list[Exception] = [
    refused("ThrottlingException"),
    refused("ProvisionedThroughputExceededException"),
    refused("RequestLimitExceeded"),
    refused("TransactionConflictException"),
    refused("TransactionInProgressException"),
]


def _table(client: ScriptedClient, sleeps: list[float] | None = None) -> Table:
    given: Any = client
    slept = sleeps if sleeps is not None else []
    return Table(given, "pinbill", Retry(tries=3, sleep=slept.append, fraction=lambda: 1.0))


@pytest.mark.parametrize("error", [*AMBIGUOUS, *NOT_APPLIED], ids=lambda error: type(error).__name__)
def test_a_write_is_repeated_word_for_word_after_a_passing_trouble(error: Exception) -> None:
    client = ScriptedClient(error, {})
    _table(client).write(TWO, "W1")
    first, second = client.calls
    assert first == second
    assert first[1]["ClientRequestToken"] == "W1.2"


@pytest.mark.parametrize("error", [*AMBIGUOUS, *NOT_APPLIED], ids=lambda error: type(error).__name__)
def test_a_read_is_repeated_after_a_passing_trouble(error: Exception) -> None:
    client = ScriptedClient(error, {"Item": THEIRS})
    row = _table(client).get(KEY)
    assert row is not None
    assert row["write_id"] == "W2"


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_cancelled_by_passing_trouble_is_repeated(reason: str) -> None:
    client = ScriptedClient(cancelled("None", reason), {})
    _table(client).write(TWO, "W1")
    assert len(client.calls) == 2


def test_trouble_that_does_not_pass_is_store_unavailable_after_growing_waits() -> None:
    client = ScriptedClient(*[refused("ThrottlingException")] * 3)
    sleeps: list[float] = []
    with pytest.raises(StoreUnavailable):
        _table(client, sleeps).write(ONE, "W1")
    assert len(client.calls) == 3
    assert sleeps == sorted(sleeps)
    assert len(sleeps) == 2


def test_no_call_is_started_when_the_time_is_used_up() -> None:
    client = ScriptedClient(*AMBIGUOUS)
    moments = iter([0.0, 2.0, 5.99])
    given: Any = client
    retry = Retry(budget=6.0, sleep=lambda seconds: None, monotonic=lambda: next(moments), fraction=lambda: 1.0)
    with pytest.raises(StoreUnavailable):
        Table(given, "pinbill", retry).write(ONE, "W1")
    assert len(client.calls) == 2


@pytest.mark.parametrize("error", AMBIGUOUS, ids=lambda error: type(error).__name__)
def test_a_failed_condition_that_our_own_row_caused_means_done(error: Exception) -> None:
    again = refused("ConditionalCheckFailedException", Item=OURS)
    _table(ScriptedClient(error, again)).write(ONE, "W1")


def test_one_row_of_ours_in_a_cancelled_transaction_means_that_all_was_written() -> None:
    stale = {"Code": "ConditionalCheckFailed", "Item": THEIRS}
    ours = {"Code": "ConditionalCheckFailed", "Item": OURS}
    _table(ScriptedClient(cancelled(stale, ours))).write(TWO, "W1")


def test_a_failed_condition_shows_the_row_of_somebody_else() -> None:
    with pytest.raises(ConditionFailed) as failed:
        _table(ScriptedClient(refused("ConditionalCheckFailedException", Item=THEIRS))).write(ONE, "W1")
    assert failed.value.stored == {0: {**KEY, "write_id": "W2"}}


def test_a_failed_condition_without_a_row_is_told_as_such() -> None:
    with pytest.raises(ConditionFailed) as failed:
        _table(ScriptedClient(refused("ConditionalCheckFailedException"))).write(ONE, "W1")
    assert failed.value.stored == {0: None}


def test_a_failed_condition_is_final_also_beside_a_conflict() -> None:
    stale = {"Code": "ConditionalCheckFailed", "Item": THEIRS}
    client = ScriptedClient(cancelled("TransactionConflict", stale))
    with pytest.raises(ConditionFailed) as failed:
        _table(client).write(TWO, "W1")
    assert list(failed.value.stored) == [1]
    assert len(client.calls) == 1


@pytest.mark.parametrize(
    "error",
    [
        refused("AccessDeniedException"),
        refused("ResourceNotFoundException"),
        refused("ValidationException"),
        cancelled("None", "ValidationError"),
        NoCredentialsError(),
        ParamValidationError(report="value: +447700900123"),
    ],
    ids=lambda error: str(getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)),
)
def test_a_refusal_is_not_repeated_and_quotes_nothing_of_the_item(error: Exception) -> None:
    client = ScriptedClient(error)
    with pytest.raises(Misconfigured) as refusal:
        _table(client).write(ONE, "W1")
    assert len(client.calls) == 1
    shown = f"{refusal.value} {refusal.value.detail} {refusal.value!r}"
    assert "4477" not in shown
    assert refusal.value.__suppress_context__


def test_an_answer_that_cannot_be_read_quotes_nothing_of_the_item() -> None:
    client = ScriptedClient(*[ResponseParserError("value: +447700900123")] * 3)
    with pytest.raises(StoreUnavailable) as unavailable:
        _table(client).get(KEY)
    error: BaseException | None = unavailable.value
    while error:
        assert "4477" not in str(error)
        error = error.__cause__


def test_a_query_goes_on_over_empty_pages_to_the_last() -> None:
    pages: list[dict[str, Any]] = [
        {"Items": [], "LastEvaluatedKey": to_wire({"pk": "1"})},
        {"Items": [THEIRS], "LastEvaluatedKey": to_wire({"pk": "2"})},
        {"Items": [OURS]},
    ]
    client = ScriptedClient(*pages)
    rows = list(_table(client).query("pk = :pk", {"pk": "x"}))
    assert [row["write_id"] for row in rows] == ["W2", "W1"]
    assert [given.get("ExclusiveStartKey") for _, given in client.calls][1:] == [{"pk": {"S": "1"}}, {"pk": {"S": "2"}}]


def test_reads_of_the_table_are_consistent_and_reads_of_an_index_cannot_be() -> None:
    client = ScriptedClient({}, {"Items": []}, {"Items": []})
    table = _table(client)
    table.get(KEY)
    list(table.query("pk = :pk", {"pk": "x"}))
    list(table.query("due_pk = :pk", {"pk": "x"}, IndexName="due"))
    assert [given["ConsistentRead"] for _, given in client.calls] == [True, True, False]
