"""The counter of units follows DynamoDB's rules, of which each test names one."""

import pytest

from tests.contracts.engines import create_table
from tests.contracts.raw_table import ABSENT, RawTable, Wire, refusal_of, row
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.dynamodb_sizes import item_size
from tests.fakes.units import READ_UNIT, WRITE_UNIT, Units


@pytest.fixture
def raw(engine: InMemoryDynamoDB) -> RawTable:
    return RawTable(engine, create_table(engine.as_client()))


@pytest.fixture
def units(engine: InMemoryDynamoDB, raw: RawTable) -> Units:
    engine.meter = units = Units()
    return units


def _row(sk: str, size: int, **attributes: str | int) -> Wire:
    """A partner's row of so many bytes."""
    empty = row("P#acme", sk, filler="", **attributes)
    return row("P#acme", sk, filler="x" * (size - item_size(empty)), **attributes)


def _due(sk: str, at: str, size: int = 200, **attributes: str | int) -> Wire:
    return _row(sk, size, due_pk="DUE", due_sk=at, **attributes)


@pytest.mark.parametrize(("size", "expected"), [(100, 1), (WRITE_UNIT, 1), (WRITE_UNIT + 1, 2), (3 * WRITE_UNIT, 3)])
def test_a_write_costs_a_unit_for_each_begun_kilobyte(raw: RawTable, units: Units, size: int, expected: int) -> None:
    raw.put(_row("A#1", size))
    assert units.spent().writes == {"A": expected}
    raw.delete("P#acme", "A#1")
    assert units.spent().writes == {"A": expected}


def test_a_write_over_another_costs_by_the_larger_of_the_two(raw: RawTable, units: Units) -> None:
    raw.put(_row("A", 2_000))
    raw.put(_row("A", 100))
    assert units.spent().writes == {"A": 2 + 2}
    raw.put(_row("A", 2_000))
    assert units.spent().writes == {"A": 2}


def test_a_delete_of_nothing_costs_one(raw: RawTable, units: Units) -> None:
    raw.delete("P#acme", "A")
    assert units.spent().writes == {"A": 1}


def test_a_condition_that_fails_costs_by_the_row_in_the_way(raw: RawTable, units: Units) -> None:
    raw.put(_due("A", "1", 2_000))
    units.spent()
    refusal_of(lambda: raw.put(_due("A", "2", 100), ABSENT))
    assert units.spent().writes == {"A": 2}


def test_a_transaction_costs_each_of_its_rows_twice_and_its_indexes_once(raw: RawTable, units: Units) -> None:
    raw.transact(raw.putting(_row("A", 100)), raw.putting(_due("B", "1", 1_100)))
    assert units.spent().writes == {"A": 2, "B": 4, "index due": 1}


def test_a_transaction_that_comes_again_costs_reads(raw: RawTable, units: Units) -> None:
    action = raw.putting(_row("A", 100))
    for _ in range(2):
        raw.transact(action, token=raw.token(1))
    spent = units.spent()
    assert spent.writes == {"A": 2}
    assert spent.reads == {"repeat": 2}


def test_an_index_costs_one_where_a_row_appears_or_goes_two_where_it_moves_and_none_where_it_stays(
    raw: RawTable, units: Units
) -> None:
    raw.put(_due("A", "1"))
    assert units.spent().writes["index due"] == 1
    raw.put(_due("A", "1", other="not projected"))
    assert "index due" not in units.spent().writes
    raw.put(_due("A", "2"))
    assert units.spent().writes["index due"] == 2
    raw.put(_due("A", "2", due_kind="bill"))  # projected, and no key
    assert units.spent().writes["index due"] == 1
    raw.put(_row("A", 200))
    assert units.spent().writes["index due"] == 1
    raw.put(_row("A", 200, due_sk="3"))  # a row needs all keys of an index to be in it
    assert "index due" not in units.spent().writes


def test_a_consistent_read_costs_a_unit_for_each_begun_four_kilobytes(raw: RawTable, units: Units) -> None:
    raw.put(_row("A", READ_UNIT))
    raw.put(_row("B", READ_UNIT + 1))
    for sk in ("A", "B", "nothing"):
        raw.get("P#acme", sk)
    assert units.spent().reads == {"A": 1, "B": 2, "nothing": 1}


def test_a_query_costs_by_all_rows_together_that_it_looks_at(raw: RawTable, units: Units) -> None:
    for n in range(9):
        raw.put(_row(f"A#{n}", 1_000))
    raw.page("pk = :pk", {"pk": "P#acme"})
    assert units.spent().reads == {"A": 3}
    raw.page("pk = :pk", {"pk": "P#acme"}, FilterExpression="attribute_exists(never)")
    assert units.spent().reads == {"A": 3}
    raw.page("pk = :pk", {"pk": "P#acme"}, Limit=4)
    assert units.spent().reads == {"A": 1}
    raw.page("pk = :pk", {"pk": "P#nobody"})
    assert units.spent().reads == {"nothing": 1}


def test_an_index_is_read_at_half_the_price_and_by_what_it_holds(raw: RawTable, units: Units) -> None:
    for n in range(9):
        raw.put(_due(f"A#{n}", str(n), 2_000))
    units.spent()
    raw.page("due_pk = :pk", {"pk": "DUE"}, IndexName="due")
    assert units.spent().reads == {"index due": 0.5}


def test_a_batch_costs_each_of_its_rows_for_itself_at_half_the_price(raw: RawTable, units: Units) -> None:
    raw.put(_row("A", 100))
    raw.put(_row("B", READ_UNIT + 1))
    raw.batch([("P#acme", "A"), ("P#acme", "B"), ("P#acme", "C")], "pk")
    assert units.spent().reads == {"batch": 0.5 + 1 + 0.5}


def test_what_belongs_to_no_partner_is_named_by_its_partition(raw: RawTable, units: Units) -> None:
    raw.put(row("BOOKMARK#run#infomedia", "acme#0"))
    assert units.spent().writes == {"BOOKMARK": 1}


def test_what_was_spent_is_told_once(raw: RawTable, units: Units) -> None:
    raw.put(_row("A", 100))
    spent = units.spent()
    assert (spent.write_units, spent.read_units) == (1, 0)
    assert units.spent().write_units == 0
