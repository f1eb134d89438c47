"""Settling later: after a cancel at period end, and after looks at an open attempt."""

from datetime import timedelta

import pytest

from pinbill.domain.attempts import AttemptKind, BillResult, Evidence, FailureClass, Source
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import RULES
from pinbill.domain.settlement import look_again
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.unit.domain.invariants import check, check_change
from tests.unit.domain.outcomes import CLOSING, LATER, RAILS, RENEWED, moved, name, on_the_list
from tests.unit.domain.samples import (
    DAY,
    HOUR,
    MINUTE,
    NOT_CHARGED,
    NOW,
    PAID,
    PENDING,
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
    subscription, kinds, waits = unknown(rail), list[list[EntryKind]](), list[timedelta]()
    for _ in range(len(RULES[rail].ladder) + 3):
        at = subscription.timers[Timer.FOLLOW_UP]
        change = look_again(subscription, None, at)
        assert change is not None
        check_change(change)
        subscription = change.after
        waits.append(subscription.timers[Timer.FOLLOW_UP] - at)
        kinds.append([entry.kind for entry in change.entries])

    assert waits == [*RULES[rail].ladder[1:], *[DAY] * 4]
    last = len(RULES[rail].ladder) - 1
    assert kinds == [[EntryKind.ATTEMPT_NEEDS_DECISION] if at == last else [] for at in range(len(kinds))]
    assert subscription.open_attempt is not None
    assert subscription.decide_by == NOW + RULES[rail].decide_within


def test_what_a_look_learns_is_kept_once() -> None:
    subscription = unknown(RailName.SIGNZY)
    for hours in (1, 9, 30):
        learnt = Evidence(NOW + hours * HOUR, Source.INQUIRY, "unknown", "payment_not_listed")
        change = look_again(subscription, learnt, NOW + hours * HOUR)
        assert change is not None
        subscription = change.after

    assert subscription.open_attempt is not None
    assert [evidence.at for evidence in subscription.open_attempt.evidence] == [NOW + HOUR]
    assert subscription.open_attempt.follow_ups == 3


def test_a_debit_that_is_only_late_is_on_no_list_until_all_looks_were_in_vain() -> None:
    subscription = settled(claimed(State.ACTIVE, RailName.SIGNZY), PENDING).after
    listed = []
    for _ in RULES[RailName.SIGNZY].ladder:
        listed.append(subscription.decide_by)
        change = look_again(subscription, None, subscription.timers[Timer.FOLLOW_UP])
        assert change is not None
        subscription = change.after

    assert set(listed) == {None}
    assert subscription.decide_by == NOW + RULES[RailName.SIGNZY].decide_within


@pytest.mark.parametrize("rail", RAILS)
def test_a_look_that_is_not_due_uses_up_no_rung(rail: RailName) -> None:
    """Callbacks make us look at any time, and two workers may look at once."""
    subscription = unknown(rail)

    assert look_again(subscription, None, NOW + MINUTE) is None
    first = look_again(subscription, None, subscription.timers[Timer.FOLLOW_UP])
    assert first is not None
    assert look_again(first.after, None, subscription.timers[Timer.FOLLOW_UP]) is None


def test_without_an_open_attempt_there_is_nothing_to_look_at() -> None:
    assert look_again(standing(State.ACTIVE), None, NOW) is None


@pytest.mark.parametrize("state", RENEWED)
def test_an_open_attempt_is_the_only_thing_that_a_subscription_waits_for(state: State) -> None:
    """What cannot be done before the outcome is known must not hold its row at the front of the due index."""
    after = settled(claimed(state), UNKNOWN).after

    assert after.due == (after.timers[Timer.FOLLOW_UP], Timer.FOLLOW_UP)


def test_what_only_a_person_can_decide_comes_back_with_the_decision() -> None:
    subscription = on_the_list(State.PENDING)

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
