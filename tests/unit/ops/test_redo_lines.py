"""What a row must be, out of a copy and of redo lines that come in any order, twice, or not at all."""

import itertools

import pytest

from ops.redo_lines import Wanted, by_place, wanted
from pinbill.store.items import Item
from pinbill.store.redo import Redo
from pinbill.store.tails import carrying

SUB, NUMBER = ("P#acme#S#SUB1", "SUB"), ("P#acme#N#f00", "PLAN#weekly")


def sub(version: int) -> Item:
    return {"pk": SUB[0], "sk": SUB[1], "version": version, "write_id": f"W{version}"}


def held(by: str) -> Item:
    return {"pk": NUMBER[0], "sk": NUMBER[1], "subscription": by, "write_id": f"W-{by}"}


def of_sub(version: int, since: int | None = None, at: int = 0) -> Redo:
    return Redo(SUB, at or version, sub(version), version - 1 if since is None else since)


def of_number(at: int, by: str | None) -> Redo:
    return Redo(NUMBER, at, held(by) if by else None)


def test_without_redo_lines_the_copy_stands() -> None:
    assert wanted(SUB, sub(3), []) == Wanted(SUB, sub(3), frozenset({"W3"}))


@pytest.mark.parametrize("order", sorted(set(itertools.permutations([4, 5, 6, 5]))))
def test_the_highest_version_stands_in_whatever_order_lines_come(order: tuple[int, ...]) -> None:
    found = wanted(SUB, sub(3), [of_sub(version) for version in order])
    assert (found.row, found.lost) == (sub(6), None)


def test_lines_of_versions_that_the_copy_has_passed_do_not_count() -> None:
    assert wanted(SUB, sub(6), [of_sub(4), of_sub(5)]).row == sub(6)


def test_a_version_that_stands_in_no_line_is_told_of() -> None:
    found = wanted(SUB, sub(3), [of_sub(4), of_sub(8, since=6)])
    assert (found.row, found.lost) == (sub(8), (4, 6))


def test_versions_that_one_line_has_drawn_together_are_not_missed() -> None:
    assert wanted(SUB, sub(3), [of_sub(6, since=3)]).lost is None
    assert wanted(SUB, sub(4), [of_sub(6, since=3)]).lost is None


def test_a_row_that_the_copy_does_not_have_begins_with_nothing() -> None:
    assert wanted(SUB, None, [of_sub(1), of_sub(2)]).lost is None
    assert wanted(SUB, None, [of_sub(2)]).lost == (0, 1)


def test_a_row_without_versions_goes_by_the_time_of_its_writes() -> None:
    told = [of_number(30, "SUB2"), of_number(20, None)]
    assert wanted(NUMBER, held("SUB1"), told).row == held("SUB2")
    assert wanted(NUMBER, held("SUB1"), [*told, of_number(40, None)]).row is None


def test_what_the_copy_was_made_after_does_not_undo_it() -> None:
    told = [of_number(10, "SUB1"), of_number(20, None), of_number(30, "SUB2")]
    assert wanted(NUMBER, held("SUB2"), told) == Wanted(NUMBER, held("SUB2"), frozenset({"W-SUB1", "W-SUB2"}))


def test_an_entry_inside_a_subscription_counts_as_a_row() -> None:
    entry = {"pk": SUB[0], "sk": "J#0000000007", "seq": 7, "kind": "suspended"}
    row = carrying(sub(9), entry)
    told = by_place([Redo(SUB, 1, row, 8), of_sub(10)])
    assert set(told) == {SUB, (SUB[0], "J#0000000007")}
    assert wanted((SUB[0], "J#0000000007"), None, told[SUB[0], "J#0000000007"]).row == {**entry, "write_id": "W9"}


def test_nothing_is_made_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing is known"):
        wanted(SUB, None, [])
