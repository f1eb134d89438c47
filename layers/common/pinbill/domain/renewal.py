"""What a due subscription needs before its next bill: missed periods, grace and hold."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.announcing import ruled_out
from pinbill.domain.caps import Per
from pinbill.domain.catalog import CatchUp, Plan
from pinbill.domain.change import Change
from pinbill.domain.ending import end
from pinbill.domain.journal import EntryKind
from pinbill.domain.slots import bill_time
from pinbill.domain.spending import reached
from pinbill.domain.states import Event, State, advance
from pinbill.domain.subscription import Subscription, Timer

RULE_NAMES = {
    CatchUp.BILL_LATEST: "catch_up_bill_latest",
    CatchUp.FORGIVE: "catch_up_forgive",
    CatchUp.BILL_EACH: "catch_up_cap",
}


OVER_CAP = {Per.CHARGE: "over_cap_charge", Per.MONTH: "over_cap_month"}


@dataclass(frozen=True, slots=True)
class WriteOff:
    """Periods `first` to `last` that will not be billed, by the rule `rule`."""

    first: int
    last: int
    rule: str


def written_off(subscription: Subscription, plan: Plan, now: datetime) -> WriteOff | None:
    """Which periods the plan gives up at `now`; None when the next period is simply to be billed.

    A period whose tries are used up is written off when the next one has begun. Periods missed by an outage follow the
    plan's catch-up policy. One that may not be asked for, by a cap or for want of its notice, is skipped.
    """
    return _passed(subscription, plan, now) or _ruled_out(subscription, plan, now)


def _ruled_out(subscription: Subscription, plan: Plan, now: datetime) -> WriteOff | None:
    cap = reached(subscription, plan.caps, subscription.price, now)
    rule = OVER_CAP[cap] if cap else ruled_out(subscription, plan.notice, now)
    return WriteOff(subscription.next_period, subscription.next_period, rule) if rule else None


def _passed(subscription: Subscription, plan: Plan, now: datetime) -> WriteOff | None:
    if subscription.schedule is None:
        return None
    first = subscription.next_period
    current = subscription.schedule.period_at(now)
    if current <= first:
        return None
    tried = subscription.tries > 0
    last = _last_given_up(plan, first + 1 if tried else first, current)
    if tried and last <= first:
        return WriteOff(first, first, "tries_used_up")
    return WriteOff(first, last, RULE_NAMES[plan.catch_up]) if last >= first else None


def _last_given_up(plan: Plan, missed: int, current: int) -> int:
    """The last period that the policy gives up when `missed` is the first that nobody asked for and `current` runs."""
    match plan.catch_up:
        case CatchUp.BILL_LATEST:
            return current - 1
        case CatchUp.FORGIVE:
            return current if missed < current else current - 1
        case CatchUp.BILL_EACH:
            return current - plan.catch_up_cap


def write_off(subscription: Subscription, periods: WriteOff, now: datetime) -> Change | None:
    """Give up `periods`; the bill timer moves to the first period that is still to be billed.

    None when they are not to be given up any more: claimed or settled by somebody else, or cancelled.
    """
    if subscription.schedule is None or subscription.next_period != periods.first:
        return None
    if subscription.open_attempt or subscription.cancel_at or not subscription.is_due(Timer.BILL, now):
        return None
    following = periods.last + 1
    change = Change.of(subscription).set(next_period=following, tries=0)
    change = change.timers({Timer.BILL: bill_time(subscription.schedule, following, now)})
    detail: dict[str, str | int] = {"first": periods.first, "last": periods.last, "rule": periods.rule}
    return change.record(EntryKind.PERIODS_WRITTEN_OFF, now, detail=detail)


def end_grace_or_hold(subscription: Subscription, plan: Plan, now: datetime) -> Change:
    """Grace over: access ends, retries go on. Hold over: the subscription ends."""
    change = Change.of(subscription)
    if subscription.state is State.SUSPENDED:
        return end(change, Event.HOLD_ENDED, EntryKind.ENDED, "not_paid", now)
    suspended = change.set(state=advance(subscription.state, Event.GRACE_ENDED))
    return suspended.timers({Timer.DUNNING: now + plan.dunning.hold}).record(EntryKind.SUSPENDED, now)


def recall(subscription: Subscription, now: datetime) -> Change | None:
    """Its slot has come up, and the bill is still due: from now on it is found by the due index until it is billed.

    None when there is nothing to find: billed, not due yet, or in the due index already. Behind an open charge too: its
    slot does not come up again when the charge is known.
    """
    if not subscription.is_due(Timer.BILL, now) or not subscription.bills_at_its_slot:
        return None
    return Change.of(subscription).timers({Timer.BILL: subscription.timers[Timer.BILL] - timedelta.resolution})
