"""Settling later: after a cancel at period end, and after looks at an open attempt."""

import pytest

from pinbill.domain.attempts import AttemptKind, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import RULES
from pinbill.domain.settlement import look_again
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.unit.domain.invariants import check, check_change
from tests.unit.domain.outcomes import CLOSING, LATER, RAILS, RENEWED, moved, name
from tests.unit.domain.samples import (
    MINUTE,
    NOT_CHARGED,
    NOW,
    PAID,
    PHONE,
    UNKNOWN,
    claimed,
    declined,
    settled,
    standing,
)

# --- a cancel at period end meets the outcome of a bill that was claimed before it


def cancelled_with_open_renewal(state: State = State.ACTIVE) -> Subscription:
    return moved(state, PHONE, "cancelled at period end")


@pytest.mark.parametrize("state", [State.TRIALING, State.ACTIVE])
def test_a_cancel_at_period_end_moves_to_the_end_of_what_the_open_bill_paid(state: State) -> None:
    after = settled(cancelled_with_open_renewal(state), PAID, LATER).after

    assert after.schedule is not None
    assert after.cancel_at == after.timers[Timer.END] == after.schedule.start(after.next_period)
    assert after.cancel_at > LATER
    assert Timer.BILL not in after.timers


@pytest.mark.parametrize("result", [r for r in CLOSING if r not in (PAID, declined(FailureClass.HARD))], ids=name)
def test_a_cancel_at_period_end_takes_effect_at_once_when_the_open_bill_was_not_paid(result: BillResult) -> None:
    after = settled(cancelled_with_open_renewal(), result, LATER).after

    assert after.cancel_at == after.timers[Timer.END] == LATER
    assert Timer.BILL not in after.timers


# --- looks at an open attempt


def unknown(rail: RailName) -> Subscription:
    return settled(claimed(State.ACTIVE, rail), UNKNOWN).after


@pytest.mark.parametrize("rail", RAILS)
def test_looks_come_ever_later_and_end_on_the_operators_list(rail: RailName) -> None:
    subscription, looks, kinds = unknown(rail), 0, list[EntryKind]()
    while (at := subscription.timers.get(Timer.FOLLOW_UP)) is not None:
        change = look_again(subscription, at)
        assert change is not None
        check_change(change)
        subscription, looks = change.after, looks + 1
        kinds += [entry.kind for entry in change.entries]

    assert looks == len(RULES[rail].ladder)
    assert kinds == [EntryKind.ATTEMPT_NEEDS_DECISION]
    assert subscription.open_attempt is not None


@pytest.mark.parametrize("rail", RAILS)
def test_a_look_that_is_not_due_uses_up_no_rung(rail: RailName) -> None:
    """Callbacks make us look at any time, and two workers may look at once."""
    subscription = unknown(rail)

    assert look_again(subscription, NOW + MINUTE) is None
    first = look_again(subscription, subscription.timers[Timer.FOLLOW_UP])
    assert first is not None
    assert look_again(first.after, subscription.timers[Timer.FOLLOW_UP]) is None


def test_without_an_open_attempt_there_is_nothing_to_look_at() -> None:
    assert look_again(standing(State.ACTIVE), NOW) is None


@pytest.mark.parametrize("state", RENEWED)
def test_an_open_attempt_is_the_only_thing_that_a_subscription_waits_for(state: State) -> None:
    """What cannot be done before the outcome is known must not hold its row at the front of the due index."""
    after = settled(claimed(state), UNKNOWN).after

    assert after.due == (after.timers[Timer.FOLLOW_UP], Timer.FOLLOW_UP)


def test_what_only_a_person_can_decide_leaves_the_due_index_and_comes_back_with_the_decision() -> None:
    subscription = settled(claimed(State.PENDING), UNKNOWN).after
    while Timer.FOLLOW_UP in subscription.timers:
        change = look_again(subscription, subscription.timers[Timer.FOLLOW_UP])
        assert change is not None
        subscription = change.after

    assert subscription.due is None
    decided = settled(subscription, NOT_CHARGED, LATER).after
    assert decided.due == (decided.timers[Timer.EXPIRY], Timer.EXPIRY)


def test_settling_is_a_function_of_its_arguments() -> None:
    subscription = claimed(State.ACTIVE)

    first, second = (settled(subscription, PAID) for _ in range(2))

    assert isinstance(first, Change)
    assert first == second
    check(subscription)
    assert subscription.open_attempt is not None
    assert subscription.open_attempt.kind is AttemptKind.RENEWAL
