"""Refunds: recorded beside the debit, each once, and never more than was taken."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinbill.domain.attempts import Attempt, BillResult
from pinbill.domain.change import Change
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.refunds import debit_of, refund
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from tests.unit.domain.invariants import check_change
from tests.unit.domain.late import billed_again, closed, late
from tests.unit.domain.outcomes import RENEWED
from tests.unit.domain.samples import (
    DAY,
    NOT_CHARGED,
    NOW,
    PAID,
    PENDING,
    PRICE,
    UNKNOWN,
    claimed,
    declined,
    settled,
    standing,
)

LATER = NOW + 9 * DAY


def pence(minor: int) -> Money:
    return Money(minor, "GBP")


class Books:
    """A subscription with one paid bill, and its ledger as the store lists it: newest first."""

    def __init__(self, state: State = State.ACTIVE) -> None:
        change = settled(claimed(state), PAID)
        self.subscription, self.entries = change.after, list(change.entries)
        found = debit_of(self.entries, f"{self.subscription.id}-1")
        assert found is not None
        self.debit: Attempt = found

    def refund(self, minor: int, transaction: str | None = None) -> Change | None:
        change = refund(self.subscription, self.entries, self.debit, pence(minor), transaction, LATER)
        if change:
            check_change(change)
            self.subscription = change.after
            self.entries = [*reversed(change.entries), *self.entries]
        return change

    @property
    def given_back(self) -> list[int]:
        found = [entry.detail["minor"] for entry in reversed(self.entries) if entry.kind is EntryKind.REFUNDED]
        return [int(minor) for minor in found]


@pytest.mark.parametrize("state", RENEWED)
def test_a_refund_is_a_row_beside_the_debit_and_changes_nothing_else(state: State) -> None:
    books = Books(state)
    before = books.subscription

    change = books.refund(PRICE.minor, "txid-9")

    assert change is not None
    (row,) = change.entries
    assert (row.kind, row.at, row.attempt) == (EntryKind.REFUNDED, LATER, books.debit)
    assert row.detail == {"refund": "txid-9", "minor": PRICE.minor, "currency": "GBP"}
    assert replace(change.after, version=before.version, seq=before.seq) == before


def test_a_refund_of_a_subscription_that_has_ended_is_recorded_too() -> None:
    books = Books()
    books.subscription = replace(standing(State.CANCELLED), seq=books.subscription.seq)

    assert books.refund(PRICE.minor) is not None


@pytest.mark.parametrize("transaction", ["txid-9", None])
def test_a_refund_that_is_reported_again_is_recorded_once(transaction: str | None) -> None:
    books = Books()

    assert books.refund(100, transaction) is not None
    assert books.refund(100, transaction) is None

    assert books.given_back == [100]


def test_parts_are_given_back_under_transactions_of_their_own_until_nothing_is_left() -> None:
    books = Books()

    for n, minor in enumerate((100, 100, 250, 1)):
        books.refund(minor, f"txid-{n}")

    assert books.given_back == [100, 100, 250]


def test_parts_without_a_transaction_are_told_apart_by_their_amount() -> None:
    books = Books()

    for minor in (100, 200, 100):
        books.refund(minor)

    assert books.given_back == [100, 200]


@pytest.mark.parametrize("minor", [PRICE.minor + 1, 10**9])
def test_more_than_the_debit_is_not_given_back(minor: int) -> None:
    books = Books()

    assert books.refund(minor, "txid-9") is None
    assert books.refund(PRICE.minor, "txid-9") is not None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2 * PRICE.minor), st.none() | st.sampled_from("abc")), max_size=12))
def test_no_sequence_of_reports_gives_back_more_than_was_taken(reports: list[tuple[int, str | None]]) -> None:
    books = Books()
    for minor, transaction in reports:
        books.refund(minor, transaction)

    assert sum(books.given_back) <= PRICE.minor


# --- what a refund can be of


@pytest.mark.parametrize("result", [NOT_CHARGED, declined(), PENDING, UNKNOWN])
def test_what_was_not_debited_has_no_debit_to_give_back(result: BillResult) -> None:
    entries = settled(claimed(State.ACTIVE), result).entries

    assert debit_of(entries, "S0001-1") is None


def test_a_debit_is_found_by_its_own_attempt_whether_it_paid_or_was_excess() -> None:
    subscription, first = closed(State.ACTIVE)
    paid = settled(billed_again(subscription), PAID)
    excess = late(paid.after, first)
    entries: list[Entry] = [*reversed(excess.entries), *reversed(paid.entries)]

    found = [debit_of(entries, id) for id in ("S0001-1", "S0001-2", "S0001-3")]

    assert [attempt.id if attempt else None for attempt in found] == ["S0001-1", "S0001-2", None]


def test_refunds_of_two_debits_of_one_subscription_are_kept_apart() -> None:
    subscription, first = closed(State.ACTIVE)
    paid = settled(billed_again(subscription), PAID)
    excess = late(paid.after, first)
    entries: list[Entry] = [*reversed(excess.entries), *reversed(paid.entries)]
    current: Subscription = excess.after

    for id in ("S0001-1", "S0001-2"):
        debit = debit_of(entries, id)
        assert debit is not None
        change = refund(current, entries, debit, PRICE, None, LATER)
        assert change is not None
        check_change(change)
        current, entries = change.after, [*reversed(change.entries), *entries]

    assert [entry.attempt.id for entry in entries if entry.kind is EntryKind.REFUNDED and entry.attempt] == [
        "S0001-2",
        "S0001-1",
    ]
