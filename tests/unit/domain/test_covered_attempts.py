"""A debit that comes to light while a newer attempt of the same obligation is open: it covers that one."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.catalog import RailName
from pinbill.domain.claims import claim_period
from pinbill.domain.ending import When, cancel
from pinbill.domain.journal import EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer
from pinbill.errors import AttemptOpen
from tests.unit.domain.invariants import check_change
from tests.unit.domain.late import LATE, billed_again, closed, closing, kinds, late
from tests.unit.domain.outcomes import RAILS, RENEWED, RESULTS, attempt_of, name
from tests.unit.domain.samples import (
    DAY,
    MINUTE,
    NOT_CHARGED,
    PAID,
    PENDING,
    UNKNOWN,
    kind_for,
    settled,
)

FINAL_RESULTS = [result for result in RESULTS if result not in (PENDING, UNKNOWN)]


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("state", RENEWED)
def test_a_newer_open_attempt_is_covered_and_stays_with_its_owner(state: State, rail: RailName) -> None:
    subscription, attempt = closed(state, rail=rail)
    again = billed_again(subscription)

    change = late(again, attempt)

    assert kinds(change) == [EntryKind.ATTEMPT_PAID]
    assert attempt_of(change.after) == replace(attempt_of(again), covered_by=attempt.id)
    assert (change.after.next_period, change.after.timers) == (again.next_period, again.timers)
    with pytest.raises(AttemptOpen):
        claim_period(change.after, kind_for(state), "owner-3", LATE)


@pytest.mark.parametrize("result", FINAL_RESULTS, ids=name)
@pytest.mark.parametrize("state", RENEWED)
def test_whatever_becomes_of_a_covered_attempt_the_period_is_paid_once(state: State, result: BillResult) -> None:
    subscription, attempt = closed(state)
    covered = late(billed_again(subscription), attempt).after

    change = settled(covered, result, LATE)

    check_change(change)
    paid = result.state is AttemptState.PAID
    expected = EntryKind.EXCESS_DEBIT if paid else EntryKind(f"attempt_{result.state}")
    assert kinds(change) == [expected]
    assert change.entries[0].attempt is not None
    assert change.entries[0].attempt.covered_by == attempt.id
    assert (change.after.state, change.after.next_period) == (State.ACTIVE, subscription.next_period + 1)
    assert change.after.open_attempt is None


@pytest.mark.parametrize("result", [UNKNOWN, PENDING], ids=name)
def test_a_covered_attempt_whose_outcome_is_open_is_followed_like_any_other(result: BillResult) -> None:
    subscription, attempt = closed(State.ACTIVE)
    covered = late(billed_again(subscription), attempt).after

    change = settled(covered, result, LATE)

    check_change(change)
    assert attempt_of(change.after).covered_by == attempt.id
    assert Timer.FOLLOW_UP in change.after.timers
    closed_by_person = settled(change.after, NOT_CHARGED, LATE + DAY)
    check_change(closed_by_person)
    assert closed_by_person.after.next_period == subscription.next_period + 1


def test_of_three_attempts_that_were_all_debited_one_pays_and_two_are_excess() -> None:
    subscription, first = closed(State.ACTIVE)
    subscription, second = closing(settled(billed_again(subscription), NOT_CHARGED))
    covered = late(billed_again(subscription), first)

    again = late(covered.after, second)
    last = settled(again.after, PAID, LATE)

    check_change(last)
    assert [*kinds(covered), *kinds(again), *kinds(last)] == [
        EntryKind.ATTEMPT_PAID,
        EntryKind.EXCESS_DEBIT,
        EntryKind.EXCESS_DEBIT,
    ]
    assert attempt_of(again.after).covered_by == first.id
    assert last.after.next_period == subscription.next_period + 1


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("result", FINAL_RESULTS, ids=name)
def test_a_cancel_beside_a_covered_attempt_ends_with_what_is_paid(result: BillResult, when: When) -> None:
    subscription, attempt = closed(State.ACTIVE)
    covered = late(billed_again(subscription), attempt).after
    cancelling = cancel(covered, when, "test", LATE)
    assert cancelling is not None

    change = settled(cancelling.after, result, LATE + MINUTE)

    check_change(change)
    after = change.after
    assert Timer.BILL not in after.timers
    assert after.schedule is not None
    assert after.next_period == subscription.next_period + 1
    if when is When.PERIOD_END:
        assert after.timers[Timer.END] == after.schedule.start(after.next_period)
