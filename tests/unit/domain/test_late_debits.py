"""A debit that comes to light for an attempt that is closed without one: it pays what is owed, or is one too many."""

from collections.abc import Callable

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, Decision, FailureClass, Source
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_charge, claim_period
from pinbill.domain.deciding import decide
from pinbill.domain.ending import When, cancel, expire, finish_cancel
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.periods import Schedule
from pinbill.domain.renewal import WriteOff, write_off
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import AlreadySettled
from tests.unit.domain.late import LATE, WITHOUT_DEBIT, billed_again, closed, closing, kinds, late, unmoved
from tests.unit.domain.outcomes import RAILS, RENEWED, attempt_of, name, with_evidence
from tests.unit.domain.samples import (
    BILLED,
    DUNNING,
    HOUR,
    NOT_CHARGED,
    NOT_SENT,
    NOW,
    PAID,
    UNKNOWN,
    claimed,
    declined,
    kind_for,
    settled,
)

# --- still owed


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("result", WITHOUT_DEBIT, ids=name)
@pytest.mark.parametrize("state", RENEWED)
def test_what_is_still_owed_is_paid_by_it(state: State, result: BillResult, rail: RailName) -> None:
    subscription, attempt = closed(state, result, rail)

    change = late(subscription, attempt)

    after = change.after
    assert kinds(change) == [EntryKind.ATTEMPT_PAID]
    assert (after.state, after.next_period, after.tries) == (State.ACTIVE, subscription.next_period + 1, 0)
    assert after.schedule is not None
    assert after.timers[Timer.BILL] == after.schedule.start(after.next_period)
    assert Timer.DUNNING not in after.timers


@pytest.mark.parametrize("state", BILLED)
def test_what_it_paid_is_not_asked_for_again(state: State) -> None:
    subscription, attempt = closed(state)

    after = late(subscription, attempt).after

    with pytest.raises(AlreadySettled):
        claim_period(after, kind_for(state), "owner-2", LATE)


def test_a_first_bill_that_was_paid_after_all_starts_its_period_when_it_was_asked_for() -> None:
    subscription, attempt = closed(State.PENDING)

    after = late(subscription, attempt).after

    assert after.schedule == Schedule.starting(attempt.claimed_at, after.zone, after.recurrence)


def test_a_cancel_at_period_end_moves_to_the_end_of_what_was_paid_after_all() -> None:
    subscription, attempt = closed(State.ACTIVE)
    cancelling = cancel(subscription, When.PERIOD_END, "test", NOW)
    assert cancelling is not None

    after = late(cancelling.after, attempt).after

    assert after.schedule is not None
    assert after.cancel_at == after.timers[Timer.END] == after.schedule.start(after.next_period)
    assert Timer.BILL not in after.timers


def test_the_row_keeps_who_had_decided_otherwise_and_names_who_knew_better() -> None:
    unknown = with_evidence(settled(claimed(State.ACTIVE), UNKNOWN).after, "suspended")
    decision = Decision("ann", "not in the report", 1)
    wrong = decide(unknown, attempt_of(unknown).id, AttemptState.NOT_CHARGED, decision, NOW + HOUR, DUNNING)

    (row,) = late(*closing(wrong)).entries

    assert row.attempt is not None
    assert (row.attempt.state, row.attempt.settled_by, row.attempt.settled_at) == (
        AttemptState.PAID,
        Source.CALLBACK,
        LATE,
    )
    assert row.attempt.decision == decision
    assert row.attempt.provider_reference == "txid-1"
    assert [evidence.says for evidence in row.attempt.evidence] == ["suspended"]


@pytest.mark.parametrize("result", [NOT_SENT, NOT_CHARGED], ids=name)
def test_a_period_is_paid_late_beside_an_open_charge_which_is_still_found_after_a_crash(result: BillResult) -> None:
    subscription, attempt = closed(State.ACTIVE, result)
    charging = claim_charge(subscription, "key", "body", Money(99, "GBP"), "extra", "owner-2", NOW).after

    change = late(charging, attempt)

    assert kinds(change) == [EntryKind.ATTEMPT_PAID]
    assert change.after.next_period == subscription.next_period + 1
    assert change.after.open_attempt == charging.open_attempt


# --- not owed any more


@pytest.mark.parametrize("state", BILLED)
def test_what_a_newer_attempt_has_paid_was_taken_once_too_often(state: State) -> None:
    subscription, attempt = closed(state)
    after = settled(billed_again(subscription), PAID).after

    change = late(after, attempt)

    assert kinds(change) == [EntryKind.EXCESS_DEBIT]
    assert unmoved(change)


def test_what_was_written_off_meanwhile_was_taken_once_too_often() -> None:
    subscription, attempt = closed(State.ACTIVE)
    given_up = write_off(subscription, WriteOff(2, 2, "catch_up_bill_latest"), LATE)
    assert given_up is not None

    change = late(given_up.after, attempt)

    assert kinds(change) == [EntryKind.EXCESS_DEBIT]
    assert unmoved(change)


type Ending = Callable[[Subscription], Change | None]


def cancelled_now(subscription: Subscription) -> Change | None:
    return cancel(subscription, When.NOW, "test", NOW)


def cancelled_at_the_end(subscription: Subscription) -> Change | None:
    cancelling = cancel(subscription, When.PERIOD_END, "test", NOW)
    return finish_cancel(cancelling.after, NOW + HOUR) if cancelling else None


def failed_for_good(subscription: Subscription) -> Change | None:
    return settled(billed_again(subscription), declined(FailureClass.HARD))


@pytest.mark.parametrize(
    ("state", "ends"),
    [
        (State.PENDING, cancelled_now),
        (State.PENDING, lambda subscription: expire(subscription, NOW + HOUR)),
        (State.PENDING, failed_for_good),
        (State.ACTIVE, cancelled_now),
        (State.ACTIVE, cancelled_at_the_end),
        (State.PAST_DUE, failed_for_good),
    ],
)
def test_a_subscription_that_has_ended_owes_nothing(
    state: State, ends: Callable[[Subscription], Change | None]
) -> None:
    """Its user gets nothing for the money: a person has to give it back."""
    subscription, attempt = closed(state)
    ended = ends(subscription)
    assert ended is not None

    change = late(ended.after, attempt)

    assert kinds(change) == [EntryKind.EXCESS_DEBIT]
    assert unmoved(change)
