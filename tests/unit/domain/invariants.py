"""What must hold of every subscription and of every change, whatever happened before."""

from datetime import datetime

from pinbill.domain.activity import OWED
from pinbill.domain.attempts import OPEN, AttemptState
from pinbill.domain.change import Change
from pinbill.domain.rails import LEASE, RULES
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Subscription, Timer

BILLED = (State.TRIALING, State.ACTIVE, State.PAST_DUE, State.SUSPENDED)


def check(subscription: Subscription) -> None:
    """Nothing can fall asleep for ever, and nothing that is over waits for money."""
    _open_attempt_is_watched(subscription)
    _live_has_a_next_step(subscription)
    _a_pause_waits_for_no_money(subscription)
    _timers_fit_the_state(subscription)
    _activity_is_told(subscription)


def _open_attempt_is_watched(subscription: Subscription) -> None:
    attempt, timers = subscription.open_attempt, subscription.timers
    if attempt is None:
        assert Timer.FOLLOW_UP not in timers, "a follow-up without an attempt"
        return
    assert attempt.state in OPEN
    assert subscription.attempts == int(attempt.id.rpartition("-")[2])
    if attempt.state is AttemptState.IN_FLIGHT:
        by = attempt.claimed_at + LEASE
        watched = timers.get(Timer.FOLLOW_UP, datetime.max.replace(tzinfo=by.tzinfo)) <= by
        due = Timer.BILL in timers and timers[Timer.BILL] <= attempt.claimed_at
        assert watched or due, "a crash after this claim would never be found"
        return
    assert Timer.FOLLOW_UP in timers, "an open attempt that nobody looks at"
    to_decide = attempt.state is AttemptState.UNKNOWN or RULES[subscription.rail].is_past_ladder(attempt)
    assert (subscription.decide_by is not None) is to_decide, "an outcome that nobody knows, and on no list"


def _live_has_a_next_step(subscription: Subscription) -> None:
    if subscription.open_attempt or not subscription.is_live or subscription.state is State.PAUSED:
        return
    if subscription.state is State.PENDING:
        assert Timer.EXPIRY in subscription.timers, "pending for ever"
        return
    assert subscription.schedule is not None
    if subscription.cancel_at:
        assert Timer.END in subscription.timers, "a cancel that never takes effect"
        return
    assert Timer.BILL in subscription.timers, "a bill that is never due"
    if subscription.state in (State.PAST_DUE, State.SUSPENDED):
        assert Timer.DUNNING in subscription.timers, "grace or hold without an end"


def _a_pause_waits_for_no_money(subscription: Subscription) -> None:
    is_paused = subscription.state is State.PAUSED
    assert (subscription.paused_at is not None) is is_paused, "a pause without a beginning, or one that is over"
    assert (Timer.RESUME in subscription.timers) <= is_paused
    if is_paused:
        assert subscription.schedule is not None
        assert subscription.slot is None, "the index of renewals would bring up a paused one"
        assert subscription.open_attempt is None
        assert subscription.cancel_at is None, "cancelled and still paused"


def _timers_fit_the_state(subscription: Subscription) -> None:
    timers, state = subscription.timers, subscription.state
    if not subscription.is_live:
        assert set(timers) <= {Timer.FOLLOW_UP, Timer.ACTIVITY}, "a final state that still waits for money"
        assert subscription.ended_at is not None
        assert subscription.end_reason
    if subscription.cancel_at:
        assert Timer.BILL not in timers, "a bill is due after a cancel"
    assert (Timer.END in timers) <= (subscription.cancel_at is not None)
    assert (Timer.EXPIRY in timers) <= (state is State.PENDING)
    assert (Timer.DUNNING in timers) <= (state in (State.PAST_DUE, State.SUSPENDED))
    assert (Timer.BILL in timers) <= (state in BILLED)
    for at in timers.values():
        assert at.tzinfo is not None
        assert at.utcoffset() is not None


def _activity_is_told(subscription: Subscription) -> None:
    owed = subscription.activity in OWED
    if owed and subscription.state is not State.PENDING:
        assert Timer.ACTIVITY in subscription.timers, "owed to the provider, and told by nobody"
    assert (Timer.ACTIVITY in subscription.timers) <= owed, "a timer that nothing stops"
    if not subscription.is_live:
        assert subscription.activity not in (Activity.LOGGED, Activity.LOG_DUE), "an activity that is never closed"


def check_change(change: Change) -> None:
    """One version, journal numbers without gaps, and `check` on what it becomes."""
    before, after = change.before, change.after
    assert after.version == before.version + 1
    assert [entry.seq for entry in change.entries] == list(range(before.seq + 1, after.seq + 1))
    if change.entries:
        assert change.entries[-1].state is after.state
    assert after.next_period >= before.next_period
    assert after.attempts in (before.attempts, before.attempts + 1)
    assert (after.partner, after.id, after.msisdn, after.price) == (
        before.partner,
        before.id,
        before.msisdn,
        before.price,
    )
    check(after)
