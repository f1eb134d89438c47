"""Cancel, expiry and failure: from every state, twice, and with an open attempt."""

import itertools

import pytest

from pinbill.domain.activity import OWED
from pinbill.domain.attempts import FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.ending import When, cancel, expire, fail_start, finish_cancel
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import LEASE
from pinbill.domain.states import FINAL, LIVE, State
from pinbill.domain.subscription import Activity, Subscription, Timer
from pinbill.errors import WrongState
from tests.unit.domain.invariants import check_change
from tests.unit.domain.outcomes import on_the_list
from tests.unit.domain.samples import (
    BANK,
    BILLED,
    DAY,
    NOW,
    PAID,
    PHONE,
    UNKNOWN,
    charging,
    claimed,
    declined,
    settled,
    standing,
)

RAILS = [PHONE, BANK]
AHEAD = [State.TRIALING, State.ACTIVE]


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize(("state", "when"), list(itertools.product(sorted(LIVE), When)))
def test_every_live_state_is_cancelled(state: State, when: When, rail: RailName) -> None:
    change = cancel(standing(state, rail), when, "test", NOW)

    assert change is not None
    check_change(change)
    assert change.after.cancel_at is not None
    if when is When.PERIOD_END and state in AHEAD:
        assert change.after.state is state
        assert [entry.kind for entry in change.entries] == [EntryKind.CANCEL_SCHEDULED]
    else:
        assert change.after.state is State.CANCELLED
        assert change.frees_number
        assert [entry.kind for entry in change.entries] == [EntryKind.CANCELLED]


@pytest.mark.parametrize(("state", "when"), list(itertools.product(sorted(FINAL), When)))
def test_what_is_over_is_not_cancelled_again(state: State, when: When) -> None:
    assert cancel(standing(state), when, "test", NOW) is None


@pytest.mark.parametrize("state", AHEAD)
def test_a_second_cancel_at_period_end_changes_nothing(state: State) -> None:
    first = cancel(standing(state), When.PERIOD_END, "test", NOW)
    assert first is not None

    assert cancel(first.after, When.PERIOD_END, "again", NOW + DAY) is None


@pytest.mark.parametrize("state", AHEAD)
def test_a_cancel_now_overtakes_one_at_period_end(state: State) -> None:
    first = cancel(standing(state), When.PERIOD_END, "test", NOW)
    assert first is not None

    second = cancel(first.after, When.NOW, "stopped_by_user", NOW)

    assert second is not None
    check_change(second)
    assert (second.after.state, second.after.end_reason) == (State.CANCELLED, "stopped_by_user")
    assert Timer.END not in second.after.timers


def test_what_is_paid_ahead_is_kept_until_its_end() -> None:
    active = settled(claimed(State.ACTIVE), PAID).after
    assert active.schedule is not None

    change = cancel(active, When.PERIOD_END, "test", NOW)

    assert change is not None
    assert change.after.cancel_at == change.after.timers[Timer.END] == active.schedule.start(3)
    assert change.after.access


@pytest.mark.parametrize("state", [*BILLED, State.PENDING])
@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("unknown", [False, True])
def test_a_cancel_names_the_open_attempt_and_keeps_watch_over_it(state: State, when: When, unknown: bool) -> None:
    subscription = claimed(state)
    if unknown:
        subscription = settled(subscription, UNKNOWN).after

    change = cancel(subscription, when, "test", NOW)

    assert change is not None
    check_change(change)
    assert change.entries[-1].detail["open_attempt"] == "S0001-1"
    assert Timer.FOLLOW_UP in change.after.timers
    if not unknown:
        assert change.after.timers[Timer.FOLLOW_UP] <= NOW + LEASE


@pytest.mark.parametrize("when", list(When))
def test_a_cancel_during_a_charge_keeps_watch_over_it(when: When) -> None:
    subscription, _ = charging(State.ACTIVE)

    change = cancel(subscription, when, "test", NOW)

    assert change is not None
    check_change(change)
    assert Timer.FOLLOW_UP in change.after.timers


def test_an_attempt_on_the_operators_list_stays_there_after_a_cancel() -> None:
    subscription = on_the_list(State.ACTIVE)

    change = cancel(subscription, When.NOW, "test", NOW + 9 * DAY)

    assert change is not None
    check_change(change)
    assert change.after.timers[Timer.FOLLOW_UP] == subscription.timers[Timer.FOLLOW_UP]
    assert change.after.decide_by == subscription.decide_by


@pytest.mark.parametrize(
    ("activity", "after"),
    [
        (Activity.NONE, Activity.NONE),
        (Activity.LOG_DUE, Activity.CLOSE_DUE_TWICE),
        (Activity.LOGGED, Activity.CLOSE_DUE),
        (Activity.CLOSED, Activity.CLOSED),
    ],
)
def test_an_end_owes_the_close_of_what_was_or_may_have_been_logged(activity: Activity, after: Activity) -> None:
    change = cancel(standing(State.PENDING, activity=activity), When.NOW, "test", NOW)

    assert change is not None
    check_change(change)
    assert change.after.activity is after
    assert (Timer.ACTIVITY in change.after.timers) is (after in OWED)


@pytest.mark.parametrize("activity", [Activity.NONE, Activity.LOG_DUE, Activity.LOGGED])
def test_what_nobody_confirms_expires_and_owes_the_close(activity: Activity) -> None:
    change = expire(standing(State.PENDING, activity=activity), NOW)

    check_change(change)
    assert change.after.state is State.EXPIRED
    assert change.frees_number


def test_a_pin_that_could_not_be_sent_frees_the_number() -> None:
    change = fail_start(standing(State.PENDING), "pin_not_sent", NOW)

    check_change(change)
    assert change.frees_number
    assert change.after.end_reason == "pin_not_sent"


@pytest.mark.parametrize("state", [state for state in State if state is not State.PENDING])
def test_only_a_pending_subscription_expires_or_fails_to_start(state: State) -> None:
    with pytest.raises(WrongState):
        expire(standing(state), NOW)
    with pytest.raises(WrongState):
        fail_start(standing(state), "pin_not_sent", NOW)


@pytest.mark.parametrize("state", AHEAD)
def test_the_end_of_the_paid_time_keeps_the_reason_of_the_cancel(state: State) -> None:
    scheduled = cancel(standing(state), When.PERIOD_END, "too_expensive", NOW)
    assert scheduled is not None

    change = finish_cancel(scheduled.after, NOW + 40 * DAY)

    check_change(change)
    assert (change.after.state, change.after.end_reason) == (State.CANCELLED, "too_expensive")
    assert change.after.timers.keys() <= {Timer.ACTIVITY}


def test_a_declined_renewal_after_a_cancel_at_period_end_can_still_be_ended() -> None:
    scheduled = cancel(claimed(State.ACTIVE), When.PERIOD_END, "test", NOW)
    assert scheduled is not None
    late = settled(scheduled.after, declined(FailureClass.SOFT), NOW + DAY).after

    change = finish_cancel(late, NOW + DAY)

    check_change(change)
    assert change.after.state is State.CANCELLED


@pytest.mark.parametrize("state", [*BILLED, State.PENDING])
def test_a_debit_that_lands_after_the_cancel_is_recorded_and_revives_nothing(state: State) -> None:
    cancelled = cancel(claimed(state), When.NOW, "test", NOW)
    assert cancelled is not None

    change = settled(cancelled.after, PAID, NOW + DAY)

    check_change(change)
    assert change.after.state is State.CANCELLED
    assert [entry.kind for entry in change.entries] == [EntryKind.ATTEMPT_PAID]
    assert not _bills(change.after)


def _bills(subscription: Subscription) -> bool:
    return subscription.is_live or Timer.BILL in subscription.timers or bool(subscription.open_attempt)
