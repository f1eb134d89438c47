"""What the DynamoDB in memory has beyond the other engines: loudness, a clock, copies, and indexes that lag."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Thread
from typing import Any, override

import pytest
from botocore.exceptions import ClientError

from pinbill.store.outcomes import outcome
from tests.contracts.engines import create_table, fake_dynamodb
from tests.contracts.raw_table import ABSENT, RawTable, n_is, row, sks, when
from tests.fakes.clock import START, FakeClock
from tests.fakes.dynamodb import InMemoryDynamoDB

ONE, TWO = row("a", "1", n=1), row("a", "2", n=2)
TOKEN_LIFE, MOMENT = timedelta(minutes=10), timedelta(microseconds=1)


@pytest.fixture
def raw(engine: InMemoryDynamoDB) -> RawTable:
    return RawTable(engine, create_table(engine.as_client()))


def _rows(raw: RawTable) -> list[str]:
    return sks(raw.every("pk = :pk", {"pk": "a"}))


def _expression(text: str, **values: str | int) -> tuple[Callable[[RawTable], object], str]:
    return lambda raw: raw.put(ONE, when(text, None, **values)), "the expression"


UNPLAYED: dict[str, tuple[Callable[[RawTable], object], str]] = {
    "a scan": (lambda raw: raw.client.scan(TableName=raw.name), "scan"),
    "an update": (lambda raw: raw.client.update_item(TableName=raw.name, Key=row("a", "1")), "update_item"),
    "an unknown parameter": (
        lambda raw: raw.client.put_item(TableName=raw.name, Item=ONE, ReturnValues="ALL_OLD"),
        "unexpected keyword argument 'ReturnValues'",
    ),
    "an unknown parameter of an action": (
        lambda raw: raw.transact({"Put": {**raw.putting(ONE)["Put"], "Other": 1}}),
        "unexpected keyword argument 'Other'",
    ),
    "a projection": (
        lambda raw: raw.page("pk = :pk", {"pk": "a"}, ProjectionExpression="n"),
        "unexpected keyword argument 'ProjectionExpression'",
    ),
    "an inconsistent read": (
        lambda raw: raw.client.get_item(TableName=raw.name, Key=row("a", "1")),
        "not consistent",
    ),
    "an inconsistent query": (
        lambda raw: raw.page("pk = :pk", {"pk": "a"}, ConsistentRead=False),
        "not consistent",
    ),
    "a consistent batch": (
        lambda raw: raw.client.batch_get_item(
            RequestItems={raw.name: {"Keys": [row("a", "1")], "ConsistentRead": True}}
        ),
        "unexpected keyword argument 'ConsistentRead'",
    ),
    "a batch of two tables": (
        lambda raw: raw.client.batch_get_item(RequestItems={raw.name: {"Keys": []}, "other": {"Keys": []}}),
        "several tables",
    ),
    "a projection of what lies within a map": (lambda raw: raw.batch([("a", "1")], "n.m"), "the projection"),
    "a projection by another name": (lambda raw: raw.batch([("a", "1")], "#n"), "the projection"),
    "an update in a transaction": (
        lambda raw: raw.transact({"Update": {"TableName": raw.name, "Key": row("a", "1")}}),
        "Update in a transaction",
    ),
    "a negation": _expression("NOT n = :it", it=1),
    "an inequality": _expression("n <> :it", it=1),
    "a size": _expression("size(n) > :it", it=1),
    "a path within a map": _expression("n.m = :it", it=1),
    "an element of a list": _expression("n[0] = :it", it=1),
    "two attributes compared": _expression("n = s"),
    "a set of values": _expression("n IN (:it)", it=1),
    "a half expression": _expression("n = :it AND", it=1),
    "an empty expression": _expression(""),
    "a lost parenthesis": _expression("(n = :it", it=1),
    "a parenthesis too many": _expression("n = :it)", it=1),
    "a map to compare with": (
        lambda raw: raw.put(ONE, {"ConditionExpression": "n = :it", "ExpressionAttributeValues": {":it": {"M": {}}}}),
        "a value of type M",
    ),
    "a key condition with OR": (lambda raw: raw.page("pk = :pk OR sk = :pk", {"pk": "a"}), "a key condition with OR"),
    "a key condition on another attribute": (
        lambda raw: raw.page("pk = :pk AND n = :pk", {"pk": "a"}),
        "the key condition",
    ),
}


@pytest.mark.parametrize(("call", "message"), UNPLAYED.values(), ids=list(UNPLAYED))
def test_what_is_not_played_is_an_error_that_the_store_does_not_take_for_an_answer(
    raw: RawTable, call: Callable[[RawTable], object], message: str
) -> None:
    raw.put(ONE)
    with pytest.raises((NotImplementedError, TypeError, AttributeError), match=message):
        outcome(lambda: call(raw))
    assert raw.get("a", "1") == ONE


def test_a_table_with_other_than_string_keys_is_not_played(engine: InMemoryDynamoDB) -> None:
    key: Any = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]}
    with pytest.raises(NotImplementedError):
        engine.create_table(
            TableName="t",
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "n", "AttributeType": "N"},
            ],
            **key,
        )


def test_a_token_is_known_for_ten_minutes_from_its_use(raw: RawTable, clock: FakeClock) -> None:
    action, token = raw.putting(ONE, ABSENT), raw.token(1)
    raw.transact(action, token=token)
    clock.advance(TOKEN_LIFE - MOMENT)
    raw.transact(action, token=token)
    clock.advance(MOMENT)
    with pytest.raises(ClientError):
        raw.transact(action, token=token)


def test_a_token_that_has_grown_old_may_name_another_transaction(raw: RawTable, clock: FakeClock) -> None:
    raw.transact(raw.putting(ONE), token=raw.token(1))
    clock.advance(TOKEN_LIFE)
    raw.transact(raw.putting(TWO), token=raw.token(1))
    assert _rows(raw) == ["1", "2"]


def test_a_token_grows_old_beside_one_of_a_clock_that_was_ahead(raw: RawTable, clock: FakeClock) -> None:
    clock.advance(TOKEN_LIFE)
    raw.transact(raw.putting(ONE), token=raw.token(1))
    clock.set(START)
    raw.transact(raw.putting(ONE), token=raw.token(2))
    clock.advance(TOKEN_LIFE)
    raw.transact(raw.putting(TWO), token=raw.token(2))
    assert _rows(raw) == ["1", "2"]


def test_a_snapshot_is_restored_with_rows_indexes_and_tokens_as_often_as_one_likes(
    engine: InMemoryDynamoDB, raw: RawTable
) -> None:
    due, token = row("a", "3", due_pk="DUE", due_sk="1"), raw.token(1)
    action = raw.putting(due, ABSENT)
    raw.transact(action, token=token)
    snapshot = engine.snapshot()
    for _ in range(2):
        raw.put(row("a", "3", due_pk="DUE", due_sk="2"))
        raw.put(ONE)
        raw.delete("a", "3")
        engine.restore(snapshot)
        assert _rows(raw) == ["3"]
        assert raw.every("due_pk = :pk", {"pk": "DUE"}, IndexName="due") == [due]
        raw.delete("a", "3")
        raw.transact(action, token=token)  # known already
        assert _rows(raw) == []


def test_a_restored_world_knows_nothing_of_later_tokens(engine: InMemoryDynamoDB, raw: RawTable) -> None:
    snapshot = engine.snapshot()
    raw.transact(raw.putting(ONE), token=raw.token(1))
    engine.restore(snapshot)
    raw.transact(raw.putting(TWO), token=raw.token(1))
    assert _rows(raw) == ["2"]


def test_a_snapshot_moves_a_world_into_another_client(engine: InMemoryDynamoDB, raw: RawTable) -> None:
    other = fake_dynamodb()
    create_table(other.as_client(), raw.name)
    raw.put(ONE)
    other.restore(engine.snapshot())
    raw.put(TWO)
    assert _rows(RawTable(other, raw.name)) == ["1"]


def test_an_index_shows_a_write_when_it_has_caught_up(engine: InMemoryDynamoDB, raw: RawTable) -> None:
    def due() -> list[str]:
        return sks(raw.every("due_pk = :pk", {"pk": "DUE"}, IndexName="due"))

    raw.put(row("a", "1", due_pk="DUE", due_sk="1"))
    engine.lag()
    raw.put(row("a", "1"))
    raw.transact(raw.putting(row("a", "2", due_pk="DUE", due_sk="2")))
    assert due() == ["1"]
    assert raw.get("a", "1") == row("a", "1")
    behind = engine.snapshot()
    engine.catch_up()
    assert due() == ["2"]
    raw.delete("a", "2")
    assert due() == ["2"]
    engine.restore(behind)
    assert due() == ["1"]
    engine.catch_up()
    assert due() == ["2"]


class YieldingRow(dict[str, Any]):
    """A row that lets other threads run while a condition looks at it."""

    @override
    def get(self, name: str, default: Any = None) -> Any:
        time.sleep(0)
        return super().get(name, default)


@pytest.mark.parametrize("alone", [True, False], ids=["lone write", "transaction"])
def test_of_many_threads_at_one_row_each_number_is_written_by_one(raw: RawTable, *, alone: bool) -> None:
    won: list[int] = []

    def raise_to(n: int) -> None:
        item, condition = YieldingRow(row("a", "1", n=n)), n_is(n - 1)
        if alone:
            raw.put(item, condition)
        else:
            raw.transact(raw.putting(item, condition))
        won.append(n)

    def climb() -> None:
        for n in range(1, 101):
            with suppress(ClientError):
                raise_to(n)

    raw.put(YieldingRow(row("a", "1", n=0)))
    threads = [Thread(target=climb) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won
    assert sorted(won) == sorted(set(won))
    assert raw.get("a", "1") == row("a", "1", n=max(won))
