"""Settling: what an attempt's outcome makes of the subscription."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from pinbill.domain.activity import owe_log
from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, BillResult, FailureClass
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.dunning import LONGEST_DELAY, NOT_SENT_DELAY, OURS, Dunning
from pinbill.domain.ending import end
from pinbill.domain.journal import EntryKind
from pinbill.domain.periods import Schedule
from pinbill.domain.rails import RULES
from pinbill.domain.states import Event, State, advance
from pinbill.domain.subscription import Subscription, Timer

ENTRY = {
    AttemptState.PAID: EntryKind.ATTEMPT_PAID,
    AttemptState.DECLINED: EntryKind.ATTEMPT_DECLINED,
    AttemptState.PENDING: EntryKind.ATTEMPT_PENDING,
    AttemptState.UNKNOWN: EntryKind.ATTEMPT_UNKNOWN,
    AttemptState.NOT_SENT: EntryKind.ATTEMPT_NOT_SENT,
    AttemptState.NOT_CHARGED: EntryKind.ATTEMPT_NOT_CHARGED,
}


def settle(
    subscription: Subscription,
    attempt_id: str,
    result: BillResult,
    now: datetime,
    dunning: Dunning,
    charge: Charge | None = None,
) -> Change | None:
    """Write `result` into the open attempt `attempt_id`; None when it is not open (any more) or `result` is no news.

    `charge` is the record of an on-demand charge, settled in the same write.
    """
    attempt = subscription.open_attempt
    if attempt is None or attempt.id != attempt_id or not _is_news(attempt, result):
        return None
    settled = attempt.with_result(result, now)
    change = Change.of(subscription).with_charge(charge.with_attempt(settled) if charge else None)
    if result.network:
        change = change.set(network=result.network)
    if settled.is_open:
        return _keep_open(change, settled, now)
    change = change.set(open_attempt=None).timers({Timer.FOLLOW_UP: None})
    if attempt.kind is AttemptKind.CHARGE:
        return change.record(ENTRY[result.state], now, settled)
    steps: dict[AttemptState, Callable[[], Change]] = {
        AttemptState.PAID: lambda: _paid(change, settled, now),
        AttemptState.DECLINED: lambda: _declined(change, settled, result, now, dunning),
        AttemptState.NOT_SENT: lambda: _try_again(change, settled, now, _delay(result)),
        AttemptState.NOT_CHARGED: lambda: _try_again(change, settled, now, timedelta()),
    }
    return _move_cancel(steps[result.state](), now)


def _is_news(attempt: Attempt, result: BillResult) -> bool:
    """Whether `result` says more than is known: a repeat postpones no look, and ignorance replaces no answer."""
    if result.state is AttemptState.UNKNOWN:
        return attempt.state is AttemptState.IN_FLIGHT
    if result.state is AttemptState.PENDING and attempt.state is AttemptState.PENDING:
        return result.provider_reference not in (None, attempt.provider_reference)
    return True


def _keep_open(change: Change, attempt: Attempt, now: datetime) -> Change:
    """The outcome is not known yet: nothing else is claimed until it is, and somebody will look."""
    rules = RULES[change.after.rail]
    waits = rules.next_look(0) or timedelta()
    look = now + (max(waits, rules.settle_window) if attempt.state is AttemptState.UNKNOWN else waits)
    timers: dict[Timer, datetime | None] = {Timer.FOLLOW_UP: look}
    if attempt.kind is not AttemptKind.CHARGE:
        timers[Timer.BILL] = None  # every outcome sets it anew
    return change.set(open_attempt=attempt).timers(timers).record(ENTRY[attempt.state], now, attempt)


def look_again(subscription: Subscription, now: datetime) -> Change | None:
    """After a look that learnt nothing: the next rung of the ladder, or the operator's list after the last.

    None when no look was due: callbacks and second workers may look at any time and use up no rung.
    """
    attempt = subscription.open_attempt
    if attempt is None or not subscription.is_due(Timer.FOLLOW_UP, now):
        return None
    looked = replace(attempt, follow_ups=attempt.follow_ups + 1)
    wait = RULES[subscription.rail].next_look(looked.follow_ups)
    change = Change.of(subscription).set(open_attempt=looked)
    if wait is None:
        return change.timers({Timer.FOLLOW_UP: None}).record(EntryKind.ATTEMPT_NEEDS_DECISION, now, looked)
    return change.timers({Timer.FOLLOW_UP: now + wait})


def _paid(change: Change, attempt: Attempt, now: datetime) -> Change:
    after = change.after
    schedule = after.schedule
    if schedule is None:  # the first bill: period 1 starts when it was asked for, however late the answer came
        schedule = Schedule.starting(attempt.claimed_at, after.zone, after.recurrence)
    settled = change.set(
        state=advance(after.state, Event.BILL_PAID),
        schedule=schedule,
        next_period=after.next_period + 1,
        tries=0,
        past_due_since=None,
        pin=None,
    ).timers({Timer.DUNNING: None, Timer.EXPIRY: None})
    if settled.after.is_live:
        settled = owe_log(settled.timers({Timer.BILL: schedule.start(settled.after.next_period)}), now)
    return settled.record(EntryKind.ATTEMPT_PAID, now, attempt)


def _declined(change: Change, attempt: Attempt, result: BillResult, now: datetime, dunning: Dunning) -> Change:
    after = change.after
    if attempt.failure is FailureClass.PIN and attempt.kind is AttemptKind.FIRST_BILL:
        return change.record(EntryKind.ATTEMPT_DECLINED, now, attempt)
    if attempt.failure in OURS:
        return _try_again(change, attempt, now, _delay(result) if result.retry_after else OURS[attempt.failure])
    if dunning.is_final(attempt.failure):
        failed = change.record(EntryKind.ATTEMPT_DECLINED, now, attempt)
        if not after.is_live or after.state is State.PAUSED:
            return failed
        return end(failed, Event.BILL_FAILED, EntryKind.ENDED, "bill_failed", now)
    tries = after.tries + 1
    change = change.set(state=advance(after.state, Event.BILL_DECLINED), tries=tries)
    if change.after.state in (State.PAST_DUE, State.SUSPENDED):
        change = _dun(change, attempt, now, dunning)
    return change.record(EntryKind.ATTEMPT_DECLINED, now, attempt)


def _dun(change: Change, attempt: Attempt, now: datetime, dunning: Dunning) -> Change:
    """Plan the retry; without one left, the next period is the next thing to bill."""
    after = change.after
    since = after.past_due_since or now
    delay = dunning.retry_after(attempt.failure, after.tries)
    assert after.schedule is not None  # past due implies a schedule
    retry = now + delay if delay is not None else after.schedule.start(after.next_period + 1)
    timers: dict[Timer, datetime | None] = {Timer.BILL: retry}
    if after.past_due_since is None:
        timers[Timer.DUNNING] = since + dunning.grace
    return change.set(past_due_since=since).timers(timers)


def _try_again(change: Change, attempt: Attempt, now: datetime, delay: timedelta) -> Change:
    """Nothing was taken and it was not the subscriber's doing: the same obligation again, outside its budget."""
    if change.after.schedule is not None and change.after.is_live:
        change = change.timers({Timer.BILL: now + delay})
    return change.record(ENTRY[attempt.state], now, attempt)


def _delay(result: BillResult) -> timedelta:
    asked = min(result.retry_after or 0, int(LONGEST_DELAY.total_seconds()))
    return max(NOT_SENT_DELAY, timedelta(seconds=asked))


def _move_cancel(change: Change, now: datetime) -> Change:
    """A cancel at period end ends with what is paid: later if this attempt was paid, at once if it was not."""
    after = change.after
    if after.cancel_at is None or not after.is_live or after.schedule is None:
        return change
    stop = max(now, after.schedule.start(after.next_period))
    return change.set(cancel_at=stop).timers({Timer.BILL: None, Timer.END: stop})
