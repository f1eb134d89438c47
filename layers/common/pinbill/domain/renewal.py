"""What a due subscription needs before its next bill: missed periods, grace and hold."""

from dataclasses import dataclass
from datetime import datetime

from pinbill.domain.catalog import CatchUp, Plan
from pinbill.domain.change import Change
from pinbill.domain.ending import end
from pinbill.domain.journal import EntryKind
from pinbill.domain.states import Event, State, advance
from pinbill.domain.subscription import Subscription, Timer


@dataclass(frozen=True, slots=True)
class WriteOff:
    """Periods `first` to `last` that will not be billed, by the rule `rule`."""

    first: int
    last: int
    rule: str


def written_off(subscription: Subscription, plan: Plan, now: datetime) -> WriteOff | None:
    """Which periods the plan gives up at `now`; None when the next period is simply to be billed.

    A period whose tries are used up is written off when the next one has begun. Periods missed by an outage follow the
    plan's catch-up policy.
    """
    if subscription.schedule is None:
        return None
    first = subscription.next_period
    current = subscription.schedule.period_at(now)
    if current <= first:
        return None
    if subscription.tries and plan.catch_up is CatchUp.BILL_EACH:
        return WriteOff(first, first, "tries_used_up")
    match plan.catch_up:
        case CatchUp.BILL_LATEST:
            return WriteOff(first, current - 1, "catch_up_bill_latest")
        case CatchUp.FORGIVE:
            return WriteOff(first, current, "catch_up_forgive")
        case CatchUp.BILL_EACH:
            beyond = current - plan.catch_up_cap
            return WriteOff(first, beyond, "catch_up_cap") if beyond >= first else None


def write_off(subscription: Subscription, periods: WriteOff, now: datetime) -> Change:
    """Give up `periods`; the bill timer moves to the first period that is still to be billed."""
    assert subscription.schedule is not None  # written_off answers only for a subscription with a schedule
    following = periods.last + 1
    change = Change.of(subscription).set(next_period=following, tries=0)
    change = change.timers({Timer.BILL: subscription.schedule.start(following)})
    detail: dict[str, str | int] = {"first": periods.first, "last": periods.last, "rule": periods.rule}
    return change.record(EntryKind.PERIODS_WRITTEN_OFF, now, detail=detail)


def end_grace_or_hold(subscription: Subscription, plan: Plan, now: datetime) -> Change:
    """Grace over: access ends, retries go on. Hold over: the subscription ends."""
    change = Change.of(subscription)
    if subscription.state is State.SUSPENDED:
        return end(change, Event.HOLD_ENDED, EntryKind.ENDED, "not_paid", now)
    suspended = change.set(state=advance(subscription.state, Event.GRACE_ENDED))
    return suspended.timers({Timer.DUNNING: now + plan.dunning.hold}).record(EntryKind.SUSPENDED, now)
