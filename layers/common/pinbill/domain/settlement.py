"""Settling: what an attempt's outcome makes of the subscription."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from pinbill.domain.activity import owe_log
from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, BillResult, Evidence, FailureClass
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.dunning import LONGEST_DELAY, NOT_SENT_DELAY, OURS, Dunning
from pinbill.domain.ending import end, watch
from pinbill.domain.journal import EntryKind
from pinbill.domain.periods import Schedule
from pinbill.domain.rails import RULES
from pinbill.domain.slots import bill_time, found_at
from pinbill.domain.spending import give_back, take_after_all
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
    change = Change.of(subscription)
    if result.network:
        change = change.set(network=result.network)
    if not settled.covered_by:
        change = change.with_charge(charge, settled)
    if settled.is_open:
        return _keep_open(change, settled, now)
    change = change.set(open_attempt=None).timers({Timer.FOLLOW_UP: None})
    if settled.state is not AttemptState.PAID:
        change = give_back(change, settled, settled.amount.minor)
    if settled.covered_by:
        return _settle_covered(change, settled, now)
    if attempt.kind is AttemptKind.CHARGE:
        return change.record(ENTRY[result.state], now, settled)
    steps: dict[AttemptState, Callable[[], Change]] = {
        AttemptState.PAID: lambda: _pay(change, settled, now).record(EntryKind.ATTEMPT_PAID, now, settled),
        AttemptState.DECLINED: lambda: _declined(change, settled, result, now, dunning),
        AttemptState.NOT_SENT: lambda: _try_again(change, settled, now, _delay(result)),
        AttemptState.NOT_CHARGED: lambda: _try_again(change, settled, now, timedelta()),
    }
    return _move_cancel(steps[result.state](), now)


def settle_late(
    subscription: Subscription, closed: Attempt, result: BillResult, now: datetime, charge: Charge | None = None
) -> Change:
    """The provider proves that an attempt was debited which is closed without a debit; `result` is PAID.

    What is still owed counts as paid by it, or it would be asked for once more. What is not owed any more is recorded
    as an excess debit, for an operator to give back.
    """
    paid = replace(closed.with_result(result, now), decision=closed.decision)
    change = take_after_all(Change.of(subscription), closed)
    open_attempt = subscription.open_attempt
    if open_attempt and open_attempt.obligation == closed.obligation:
        if open_attempt.covered_by:
            return change.record(EntryKind.EXCESS_DEBIT, now, paid)
        # Whether the newer attempt takes money too is not known yet.
        covered = change.set(open_attempt=replace(open_attempt, covered_by=closed.id))
        return covered.with_charge(charge, paid).record(EntryKind.ATTEMPT_PAID, now, paid)
    if charge and charge.attempt.state is not AttemptState.PAID:
        return change.with_charge(charge, paid).record(EntryKind.ATTEMPT_PAID, now, paid)
    if subscription.is_live and closed.obligation.period == subscription.next_period:
        paying = _move_cancel(_pay(change, paid, now).record(EntryKind.ATTEMPT_PAID, now, paid), now)
        # A charge that is in flight may have relied on the bill's timer to be found after a crash.
        return paying.timers(watch(paying.after))
    return change.record(EntryKind.EXCESS_DEBIT, now, paid)


def add_evidence(subscription: Subscription, attempt_id: str, evidence: Evidence) -> Change | None:
    """Keep what was learnt of an open attempt; None when it is not open, or nothing new was said."""
    attempt = subscription.open_attempt
    if attempt is None or attempt.id != attempt_id:
        return None
    with_evidence = attempt.with_evidence(evidence)
    return Change.of(subscription).set(open_attempt=with_evidence) if with_evidence else None


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
    waits = rules.next_look(0)
    look = now + (max(waits, rules.settle_window) if attempt.state is AttemptState.UNKNOWN else waits)
    timers: dict[Timer, datetime | None] = {Timer.FOLLOW_UP: look}
    if attempt.kind is not AttemptKind.CHARGE:
        timers[Timer.BILL] = None  # every outcome sets it anew
    return change.set(open_attempt=attempt).timers(timers).record(ENTRY[attempt.state], now, attempt)


def look_again(subscription: Subscription, learnt: Evidence | None, now: datetime) -> Change | None:
    """After a look that settled nothing: the next one. After the last of the ladder a person is to decide, and the
    looks go on more slowly: an attempt is never closed by time alone.

    None when no look was due: callbacks and second workers may look at any time and use up no rung.
    """
    attempt = subscription.open_attempt
    if attempt is None or not subscription.is_due(Timer.FOLLOW_UP, now):
        return None
    rules = RULES[subscription.rail]
    looked = replace(attempt, follow_ups=attempt.follow_ups + 1)
    looked = (looked.with_evidence(learnt) if learnt else None) or looked
    change = Change.of(subscription).set(open_attempt=looked)
    change = change.timers({Timer.FOLLOW_UP: now + rules.next_look(looked.follow_ups)})
    if looked.follow_ups == len(rules.ladder):
        return change.record(EntryKind.ATTEMPT_NEEDS_DECISION, now, looked)
    return change


def _pay(change: Change, attempt: Attempt, now: datetime) -> Change:
    """The next period is paid by `attempt`."""
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
        lacks_funds=False,
        interrupted_since=None,
        pin=None,
    ).timers({Timer.DUNNING: None, Timer.EXPIRY: None})
    if settled.after.renews:
        settled = settled.timers({Timer.BILL: bill_time(schedule, settled.after.next_period, now)})
    return owe_log(settled, now) if settled.after.is_live else settled


def _settle_covered(change: Change, attempt: Attempt, now: datetime) -> Change:
    """An earlier attempt of this obligation was found paid meanwhile: whatever came of this one, nothing is owed."""
    excess = attempt.state is AttemptState.PAID
    if attempt.kind is not AttemptKind.CHARGE:
        change = _pay(change, attempt, now)
    recorded = change.record(EntryKind.EXCESS_DEBIT if excess else ENTRY[attempt.state], now, attempt)
    return _move_cancel(recorded, now)


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
    retry = now + delay if delay is not None else bill_time(after.schedule, after.next_period + 1, now)
    timers: dict[Timer, datetime | None] = {Timer.BILL: retry}
    if after.past_due_since is None:
        timers[Timer.DUNNING] = since + dunning.grace
    lacks_funds = attempt.failure is FailureClass.SOFT
    return change.set(past_due_since=since, lacks_funds=lacks_funds).timers(timers)


def _try_again(change: Change, attempt: Attempt, now: datetime, delay: timedelta) -> Change:
    """Nothing was taken and it was not the subscriber's doing: the same obligation again, outside its budget."""
    if change.after.schedule is not None and change.after.renews:
        change = change.timers({Timer.BILL: found_at(now + delay, now)})
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
