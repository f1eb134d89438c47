"""LogActivity and UpdateActivity: owed until acknowledged, and never forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.activity import (
    FIRST_RETRY,
    LONGEST_RETRY,
    activity_acknowledged,
    activity_failed,
    log_withdrawn,
    owe_close,
    owe_log,
)
from pinbill.domain.change import Change
from pinbill.domain.ending import When, cancel, expire
from pinbill.domain.rails import LEASE
from pinbill.domain.states import FINAL, State
from pinbill.domain.subscription import Activity, Subscription, Timer
from tests.unit.domain.invariants import check_change
from tests.unit.domain.samples import BANK, BILLED, HOUR, MINUTE, NOW, pending, standing

LOG, CLOSE, CLOSE_TWICE = Activity.LOG_DUE, Activity.CLOSE_DUE, Activity.CLOSE_DUE_TWICE


def owing_log(subscription: Subscription) -> Subscription:
    return owe_log(Change.of(subscription), NOW).after


def ended(activity: Activity) -> Subscription:
    """Cancelled while the provider knew of it as `activity`."""
    change = cancel(standing(State.ACTIVE, activity=activity), When.NOW, "test", NOW)
    assert change is not None
    return change.after


@pytest.mark.parametrize("state", BILLED)
def test_a_log_that_is_owed_has_a_timer(state: State) -> None:
    after = owing_log(standing(state, activity=Activity.NONE))

    assert after.activity is Activity.LOG_DUE
    assert after.timers[Timer.ACTIVITY] > NOW


def test_a_pending_subscription_is_logged_by_its_confirm_only() -> None:
    after = owing_log(pending())

    assert after.activity is Activity.LOG_DUE
    assert Timer.ACTIVITY not in after.timers


@pytest.mark.parametrize("activity", [Activity.LOGGED, Activity.CLOSE_DUE, Activity.CLOSED])
def test_what_was_logged_or_closed_is_not_logged_again(activity: Activity) -> None:
    assert owing_log(standing(State.ACTIVE, activity=activity)).activity is activity


def test_a_mandate_has_no_activity_at_all() -> None:
    subscription = standing(State.ACTIVE, BANK)

    assert owing_log(subscription).activity is Activity.NONE
    assert owe_close(Change.of(subscription), NOW).after.activity is Activity.NONE


def test_an_acknowledged_log_stops_the_timer() -> None:
    change = activity_acknowledged(owing_log(standing(State.ACTIVE, activity=Activity.NONE)), LOG, NOW)

    assert change is not None
    check_change(change)
    assert change.after.activity is Activity.LOGGED


def test_an_acknowledged_close_ends_it() -> None:
    change = activity_acknowledged(ended(Activity.LOGGED), CLOSE, NOW)

    assert change is not None
    check_change(change)
    assert change.after.activity is Activity.CLOSED
    assert change.after.due is None


@pytest.mark.parametrize("told", [LOG, CLOSE])
def test_an_acknowledgement_that_was_recorded_before_changes_nothing(told: Activity) -> None:
    subscription = standing(State.ACTIVE) if told is LOG else ended(Activity.LOGGED)
    if told is CLOSE:
        change = activity_acknowledged(subscription, CLOSE, NOW)
        assert change is not None
        subscription = change.after

    assert activity_acknowledged(subscription, told, NOW) is None


def test_a_log_that_arrived_after_its_close_is_closed_again() -> None:
    """Cancel overtook a LogActivity on its way: the provider has opened what it had closed a moment ago."""
    closed = activity_acknowledged(ended(Activity.LOGGED), CLOSE, NOW)
    assert closed is not None

    change = activity_acknowledged(closed.after, LOG, NOW + MINUTE)

    assert change is not None
    check_change(change)
    assert change.after.activity is Activity.CLOSE_DUE


def test_what_may_still_be_logged_after_its_close_is_closed_once_more_when_its_sender_is_dead() -> None:
    """A sender that dies after its LogActivity arrived tells nobody that it did."""
    first = activity_acknowledged(ended(Activity.LOG_DUE), CLOSE_TWICE, NOW)
    assert first is not None
    check_change(first)
    assert first.after.activity is Activity.CLOSE_DUE
    assert first.after.timers[Timer.ACTIVITY] == NOW + LEASE
    assert activity_acknowledged(first.after, LOG, NOW + MINUTE) is None
    assert activity_acknowledged(first.after, CLOSE_TWICE, NOW + MINUTE) is None, "the first acknowledgement once more"

    second = activity_acknowledged(first.after, CLOSE, NOW + LEASE)

    assert second is not None
    check_change(second)
    assert second.after.activity is Activity.CLOSED


def test_a_failure_is_told_again_ever_more_slowly_and_without_end() -> None:
    subscription, waits = ended(Activity.LOGGED), list[timedelta]()
    for _ in range(20):
        change = activity_failed(subscription, NOW)
        assert change is not None
        check_change(change)
        subscription = change.after
        waits.append(subscription.timers[Timer.ACTIVITY] - NOW)

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (FIRST_RETRY, LONGEST_RETRY)


@pytest.mark.parametrize("subscription", [standing(State.ACTIVE), standing(State.CANCELLED), standing(State.ENDED)])
def test_a_failure_of_one_process_does_not_undo_the_success_of_another(subscription: Subscription) -> None:
    """A timer on something that is not owed would never be stopped and hide every later one in the due index."""
    assert activity_failed(subscription, NOW) is None


def test_a_log_that_was_never_sent_is_not_owed() -> None:
    change = log_withdrawn(owing_log(pending()))

    assert change is not None
    assert change.after.activity is Activity.NONE
    assert expire(change.after, NOW + HOUR).after.activity is Activity.NONE


def test_a_log_that_may_have_arrived_earlier_stays_owed_when_its_repeat_was_not_sent() -> None:
    """First LogActivity: no answer. Second one: not sent. The provider may know of the subscription all the same."""
    again = owing_log(owing_log(pending()))

    change = log_withdrawn(again)

    after = change.after if change else again
    assert after.activity is Activity.LOG_DUE
    assert expire(after, NOW + HOUR).after.activity is Activity.CLOSE_DUE_TWICE


@pytest.mark.parametrize("activity", [Activity.NONE, Activity.LOGGED, Activity.CLOSE_DUE, Activity.CLOSED])
def test_only_what_is_owed_is_withdrawn(activity: Activity) -> None:
    assert log_withdrawn(replace(pending(), activity=activity)) is None


@pytest.mark.parametrize("state", sorted(FINAL))
def test_what_is_over_and_was_never_logged_owes_nothing(state: State) -> None:
    subscription = standing(state, activity=Activity.NONE)

    assert owe_close(Change.of(subscription), NOW).after.activity is Activity.NONE
