"""What every engine answers to queries of a table and of its sparse indexes, as DynamoDB documents them."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.contracts.engines import FAKE_DYNAMODB, LOCAL_AWS
from tests.contracts.raw_table import RawTable, Wire, refusal_of, row, sks

A, DUE = {"pk": "a"}, {"pk": "DUE"}
ALL, DUE_ALL = "pk = :pk", "due_pk = :pk"

# moto is lax about requests that are wrong in themselves, and says of the last page, filled to its limit, that it is.
STRICT = pytest.mark.parametrize("raw", [FAKE_DYNAMODB, LOCAL_AWS], indirect=True)


@pytest.fixture
def filled(raw: RawTable) -> RawTable:
    """Five rows of one partition, written out of order, every second one odd, and a row of another."""
    for n in (3, 1, 5, 2, 4):
        raw.put(row("a", f"s{n}", n=n, **({"odd": 1} if n % 2 else {})))
    raw.put(row("b", "s1"))
    return raw


BOUNDS: list[tuple[str, Mapping[str, str | int], list[str]]] = [
    (ALL, A, ["s1", "s2", "s3", "s4", "s5"]),
    ("pk = :pk", {"pk": "nobody"}, []),
    ("pk = :pk AND sk = :it", {**A, "it": "s3"}, ["s3"]),
    ("pk = :pk AND sk BETWEEN :low AND :high", {**A, "low": "s2", "high": "s4"}, ["s2", "s3", "s4"]),
    ("pk = :pk AND sk BETWEEN :low AND :high", {**A, "low": "s2!", "high": "s4$"}, ["s3", "s4"]),
    ("pk = :pk AND sk BETWEEN :low AND :high", {**A, "low": "s2", "high": "s2"}, ["s2"]),
    ("pk = :pk AND begins_with(sk, :it)", {**A, "it": "s"}, ["s1", "s2", "s3", "s4", "s5"]),
    ("pk = :pk AND begins_with(sk, :it)", {**A, "it": "s4"}, ["s4"]),
    ("pk = :pk AND begins_with(sk, :it)", {**A, "it": "t"}, []),
    ("pk = :pk AND sk > :it", {**A, "it": "s3"}, ["s4", "s5"]),
    ("pk = :pk AND sk >= :it", {**A, "it": "s3"}, ["s3", "s4", "s5"]),
    ("pk = :pk AND sk < :it", {**A, "it": "s3"}, ["s1", "s2"]),
    ("pk = :pk AND sk <= :it", {**A, "it": "s3"}, ["s1", "s2", "s3"]),
    ("sk > :it AND pk = :pk", {**A, "it": "s3"}, ["s4", "s5"]),
]


@pytest.mark.parametrize(("where", "values", "found"), BOUNDS)
def test_a_query_finds_the_rows_within_its_bounds_in_order_and_in_reverse(
    filled: RawTable, where: str, values: Mapping[str, str | int], found: list[str]
) -> None:
    for limit in ({}, {"Limit": 1}, {"Limit": 2}, {"Limit": 100}):
        assert sks(filled.every(where, values, **limit)) == found
        assert sks(filled.every(where, values, ScanIndexForward=False, **limit)) == found[::-1]


def test_sort_keys_are_in_the_order_of_their_bytes(raw: RawTable) -> None:
    keys = ["A", "SUB", "SUB!", "SUB#1", "SUB$", "SUB0", "SUBa", "Z", "a", "ä", "€", "\ufffd", "𝄞"]
    for key in reversed(keys):
        raw.put(row("a", key))
    assert sks(raw.every(ALL, A)) == keys


def test_rows_are_found_whole_and_counted(filled: RawTable) -> None:
    page = filled.page("pk = :pk AND sk = :it", {**A, "it": "s2"})
    assert page["Items"] == [row("a", "s2", n=2)]
    assert (page["Count"], page["ScannedCount"]) == (1, 1)


def test_a_page_ends_at_its_limit_and_names_its_last_row(filled: RawTable) -> None:
    page = filled.page(ALL, A, Limit=2)
    assert sks(page["Items"]) == ["s1", "s2"]
    assert page["LastEvaluatedKey"] == row("a", "s2")
    assert "LastEvaluatedKey" not in filled.page(ALL, A, Limit=6)


@STRICT
def test_a_page_that_is_filled_to_its_limit_does_not_know_that_it_is_the_last(filled: RawTable) -> None:
    page = filled.page(ALL, A, Limit=5)
    assert page["LastEvaluatedKey"] == row("a", "s5")
    assert filled.page(ALL, A, ExclusiveStartKey=page["LastEvaluatedKey"])["Items"] == []


@pytest.mark.parametrize(
    ("start", "after", "before"), [("s3", ["s4", "s5"], ["s2", "s1"]), ("s3x", ["s4", "s5"], ["s3", "s2", "s1"])]
)
def test_a_reading_goes_on_beyond_a_key_whether_its_row_is_there_or_not(
    filled: RawTable, start: str, after: list[str], before: list[str]
) -> None:
    key = row("a", start)
    assert sks(filled.page(ALL, A, ExclusiveStartKey=key)["Items"]) == after
    assert sks(filled.page(ALL, A, ExclusiveStartKey=key, ScanIndexForward=False)["Items"]) == before


def test_a_filter_is_asked_after_the_limit(filled: RawTable) -> None:
    page = filled.page(ALL, A, Limit=2, FilterExpression="attribute_exists(odd)")
    assert sks(page["Items"]) == ["s1"]
    assert (page["Count"], page["ScannedCount"]) == (1, 2)
    assert page["LastEvaluatedKey"] == row("a", "s2")


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_all_pages_of_a_filtered_query_hold_what_passes(filled: RawTable, limit: int) -> None:
    odd = filled.every(ALL, A, Limit=limit, FilterExpression="attribute_exists(odd)", ScanIndexForward=False)
    assert sks(odd) == ["s5", "s3", "s1"]
    few = filled.every("pk = :pk", {**A, "few": 3}, Limit=limit, FilterExpression="n <= :few AND attribute_exists(odd)")
    assert sks(few) == ["s1", "s3"]


def test_a_limit_of_nothing_is_refused(filled: RawTable) -> None:
    with pytest.raises((ParamValidationError, ClientError)):  # by the client or by the engine
        filled.page(ALL, A, Limit=0)


WRONG: dict[str, tuple[str, Mapping[str, str | int], dict[str, Any]]] = {
    "no partition": ("sk > :it", {"it": "s1"}, {}),
    "an empty partition key": (ALL, {"pk": ""}, {}),
    "a partition key of another index": (ALL, A, {"IndexName": "due", "ConsistentRead": False}),
    "a consistent reading of an index": (DUE_ALL, DUE, {"IndexName": "due", "ConsistentRead": True}),
}
WRONG_BUT_FOR_MOTO: dict[str, tuple[str, Mapping[str, str | int], dict[str, Any]]] = {
    "an index that is not there": (ALL, A, {"IndexName": "nowhere", "ConsistentRead": False}),
    "crossed bounds": ("pk = :pk AND sk BETWEEN :low AND :high", {**A, "low": "s3", "high": "s1"}, {}),
    "a value of another type": (ALL, {"pk": 1}, {}),
    "an unused value": (ALL, {**A, "it": "x"}, {}),
    "a starting key that is none": (ALL, A, {"ExclusiveStartKey": {"pk": {"S": "a"}}}),
    "a starting key of another partition": (ALL, A, {"ExclusiveStartKey": row("b", "s1")}),
    "a starting key out of bounds": (
        "pk = :pk AND sk BETWEEN :low AND :high",
        {**A, "low": "s1", "high": "s3"},
        {"ExclusiveStartKey": row("a", "s4")},
    ),
    "a starting key without the index's": (
        DUE_ALL,
        DUE,
        {"IndexName": "due", "ConsistentRead": False, "ExclusiveStartKey": row("a", "s1")},
    ),
}


@pytest.mark.parametrize(("where", "values", "options"), WRONG.values(), ids=list(WRONG))
def test_a_query_that_is_wrong_in_itself_is_refused(
    filled: RawTable, where: str, values: Mapping[str, str | int], options: dict[str, Any]
) -> None:
    assert refusal_of(lambda: filled.page(where, values, **options)).code == "ValidationException"


@STRICT
@pytest.mark.parametrize(("where", "values", "options"), WRONG_BUT_FOR_MOTO.values(), ids=list(WRONG_BUT_FOR_MOTO))
def test_a_query_that_moto_lets_pass_is_refused_as_well(
    filled: RawTable, where: str, values: Mapping[str, str | int], options: dict[str, Any]
) -> None:
    assert refusal_of(lambda: filled.page(where, values, **options)).code == "ValidationException"


def _due(sk: str, at: str, **attributes: str | int) -> Wire:
    return row("a", sk, due_pk="DUE", due_sk=at, due_kind="bill", **attributes)


def _found(raw: RawTable, **options: Any) -> list[str]:
    return sks(raw.every(DUE_ALL, DUE, IndexName="due", **options))


def test_an_index_holds_the_rows_that_have_both_its_keys_in_its_own_order(raw: RawTable) -> None:
    for item in (_due("s1", "3"), _due("s2", "1"), _due("s3", "2"), row("a", "s4", due_pk="DUE"), row("a", "s5")):
        raw.put(item)
    raw.put(row("b", "s6", due_pk="OTHER", due_sk="1"))
    assert _found(raw) == ["s2", "s3", "s1"]
    assert _found(raw, ScanIndexForward=False) == ["s1", "s3", "s2"]


def test_an_index_shows_what_is_projected_into_it(raw: RawTable) -> None:
    raw.put(_due("s1", "1", n=1, open_pk="OPEN", open_sk="x"))
    (due,) = raw.every(DUE_ALL, DUE, IndexName="due")
    (open_,) = raw.every("open_pk = :pk", {"pk": "OPEN"}, IndexName="open")
    assert due == _due("s1", "1")
    assert open_ == row("a", "s1", open_pk="OPEN", open_sk="x")


def test_a_row_moves_in_its_index_and_leaves_it_with_its_attributes(raw: RawTable) -> None:
    raw.put(_due("s1", "1"))
    raw.put(_due("s2", "2"))
    raw.put(_due("s1", "3"))
    assert _found(raw) == ["s2", "s1"]
    raw.put(row("a", "s2"))
    assert _found(raw) == ["s1"]
    raw.delete("a", "s1")
    assert _found(raw) == []
    raw.transact(raw.putting(_due("s1", "1")), raw.putting(_due("s2", "2")))
    assert _found(raw) == ["s1", "s2"]
    raw.transact(raw.deleting("a", "s1"), raw.putting(row("a", "s2")))
    assert _found(raw) == []


def test_a_refused_write_does_not_move_its_row_in_an_index(raw: RawTable) -> None:
    raw.put(_due("s1", "1"))
    never = {"ConditionExpression": "attribute_not_exists(pk)"}
    refusal_of(lambda: raw.put(_due("s1", "2"), never))
    refusal_of(lambda: raw.transact(raw.putting(_due("s2", "0")), raw.deleting("a", "s1", never)))
    (found,) = raw.every(DUE_ALL, DUE, IndexName="due")
    assert found == _due("s1", "1")


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_an_index_is_read_in_pages_without_gap_or_repeat(raw: RawTable, limit: int) -> None:
    for n in (4, 2, 5, 1, 3):
        raw.put(_due(f"s{6 - n}", f"at{n}"))
    assert _found(raw, Limit=limit) == ["s5", "s4", "s3", "s2", "s1"]
    assert _found(raw, Limit=limit, ScanIndexForward=False) == ["s1", "s2", "s3", "s4", "s5"]
    page = raw.page(DUE_ALL, DUE, IndexName="due", Limit=2)
    assert page["LastEvaluatedKey"] == row("a", "s4", due_pk="DUE", due_sk="at2")
