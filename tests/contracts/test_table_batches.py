"""What every engine answers to a batch of reads."""

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from pinbill.errors import StoreUnavailable
from pinbill.store.retrying import Retry
from pinbill.store.table import MOST_ROWS, Table
from tests.contracts.engines import FAKE_DYNAMODB, LOCAL_AWS, MOTO, create_table
from tests.contracts.raw_table import RawTable, refusal_of, row
from tests.fakes.dynamodb import InMemoryDynamoDB

IMPATIENT = Retry(sleep=lambda seconds: None)
STRICT = pytest.mark.parametrize("raw", [FAKE_DYNAMODB, LOCAL_AWS], indirect=True)


@pytest.fixture
def filled(raw: RawTable) -> RawTable:
    """Three rows of two partitions; the third has nothing but its key."""
    raw.put(row("a", "1", n=1, s="x", due_pk="DUE"))
    raw.put(row("b", "1", n=2))
    raw.put(row("b", "2"))
    return raw


def test_a_batch_finds_the_rows_that_are_there_of_whatever_partitions(filled: RawTable) -> None:
    answer = filled.batch([("b", "1"), ("a", "1"), ("a", "9"), ("c", "1")])
    assert answer["Rows"] == sorted([row("a", "1", n=1, s="x", due_pk="DUE"), row("b", "1", n=2)], key=str)
    assert answer["UnprocessedKeys"] == {}


def test_a_projection_shows_its_attributes_of_each_row_and_no_others(filled: RawTable) -> None:
    assert filled.batch([("a", "1"), ("b", "1")], "n")["Rows"] == [{"n": {"N": "1"}}, {"n": {"N": "2"}}]
    assert filled.batch([("a", "1")], "pk, s")["Rows"] == [{"pk": {"S": "a"}, "s": {"S": "x"}}]


def test_a_row_without_the_projected_attributes_is_shown_empty(filled: RawTable) -> None:
    assert filled.batch([("b", "2")], "n, s")["Rows"] == [{}]


def test_nobodys_rows_are_no_rows(filled: RawTable) -> None:
    assert filled.batch([("c", "1")], "n")["Rows"] == []


@pytest.mark.parametrize("raw", [FAKE_DYNAMODB, MOTO, LOCAL_AWS], indirect=True)  # moto's server lets it pass
def test_a_batch_without_keys_is_refused(filled: RawTable) -> None:
    with pytest.raises((ParamValidationError, ClientError)):  # by the client or by the engine
        filled.batch([])


def test_a_row_that_is_asked_for_twice_is_refused(filled: RawTable) -> None:
    assert refusal_of(lambda: filled.batch([("a", "1"), ("a", "1")])).code == "ValidationException"


def test_a_hundred_rows_are_read_at_once_and_not_one_more(filled: RawTable) -> None:
    keys = [("b", str(n)) for n in range(MOST_ROWS + 1)]
    assert filled.batch(keys[:MOST_ROWS])["Rows"] == sorted([row("b", "1", n=2), row("b", "2")], key=str)
    assert refusal_of(lambda: filled.batch(keys)).code == "ValidationException"


@STRICT
def test_a_key_that_is_none_is_refused(filled: RawTable) -> None:
    assert refusal_of(lambda: filled.batch([("a", "")])).code == "ValidationException"
    asked = {filled.name: {"Keys": [{"pk": {"S": "a"}}]}}
    assert refusal_of(lambda: filled.client.batch_get_item(RequestItems=asked)).code == "ValidationException"


def test_the_table_finds_more_rows_than_one_batch_may_ask_for(raw: RawTable) -> None:
    table = Table(raw.client, raw.name)
    keys = [{"pk": "a", "sk": str(n)} for n in range(2 * MOST_ROWS + 50)]
    for key in keys[::10]:
        raw.put(row(key["pk"], key["sk"], n=1))
    found = table.get_many(keys, ("sk", "n"))
    assert sorted((item["sk"], int(item["n"])) for item in found) == sorted((key["sk"], 1) for key in keys[::10])
    assert table.get_many([], ("sk",)) == []


def test_a_row_that_is_wanted_twice_is_given_once(raw: RawTable) -> None:
    raw.put(row("a", "1", n=1))
    wanted = [{"pk": "a", "sk": "1"}, {"pk": "a", "sk": "2"}] * 2
    assert Table(raw.client, raw.name).get_many(wanted, ("sk",)) == [{"sk": "1"}]


@pytest.mark.parametrize("at_once", [1, 2, 3, 7])
def test_the_table_asks_again_for_what_was_put_off(engine: InMemoryDynamoDB, at_once: int) -> None:
    raw = RawTable(engine, create_table(engine.as_client()))
    engine.rows_at_once = at_once
    there = ["0", "3", "4"]  # so that some answers have no row, and keys that were put off
    for sk in there:
        raw.put(row("a", sk, n=1, s="x"))
    found = Table(engine.as_client(), raw.name, IMPATIENT).get_many(
        [{"pk": "a", "sk": str(n)} for n in range(7)], ("sk",)
    )
    assert sorted(item["sk"] for item in found) == there
    assert all(set(item) == {"sk"} for item in found)


def test_a_table_that_puts_everything_off_is_unavailable_after_growing_waits(engine: InMemoryDynamoDB) -> None:
    raw = RawTable(engine, create_table(engine.as_client()))
    engine.rows_at_once = 0
    waits: list[float] = []
    table = Table(engine.as_client(), raw.name, Retry(sleep=waits.append, fraction=lambda: 1.0))
    with pytest.raises(StoreUnavailable):
        table.get_many([{"pk": "a", "sk": "1"}], ("sk",))
    assert waits == sorted(waits)
    assert len(waits) == Retry().tries - 1
