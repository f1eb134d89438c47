"""How a subscription ends: cancelled, expired, or failed for good; and what is still owed to the provider then."""

from datetime import datetime
from enum import StrEnum

from pinbill.domain.activity import owe_close
from pinbill.domain.change import Change
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import LEASE
from pinbill.domain.states import Event, State, advance
from pinbill.domain.subscription import Subscription, Timer


class When(StrEnum):
    NOW = "now"
    PERIOD_END = "period_end"


def end(change: Change, event: Event, kind: EntryKind, reason: str, now: datetime) -> Change:
    """Bring the subscription to the final state of `event` and stop all that it waited for.

    An open attempt keeps its follow-up: it was claimed before, and its outcome must still be found.
    """
    after = change.after
    ended = change.set(state=advance(after.state, event), ended_at=now, end_reason=reason, timers=watch(after))
    detail: dict[str, str | int] = {"reason": reason}
    if after.open_attempt:
        detail["open_attempt"] = after.open_attempt.id
    return owe_close(ended, now).record(kind, now, detail=detail)


def watch(subscription: Subscription) -> dict[Timer, datetime]:
    """The timer that finds an open attempt again if the process that holds it dies; empty without one."""
    attempt = subscription.open_attempt
    if attempt is None:
        return {}
    return {Timer.FOLLOW_UP: subscription.timers.get(Timer.FOLLOW_UP, attempt.claimed_at + LEASE)}


def cancel(subscription: Subscription, when: When, reason: str, now: datetime) -> Change | None:
    """Cancel from any state; None when there is nothing left to cancel.

    At period end only what is paid or free ahead is kept; without that, `period_end` is now. From this change on no
    claim succeeds, in both forms.
    """
    if not subscription.is_live:
        return None
    at_end = when is When.PERIOD_END and subscription.state in (State.TRIALING, State.ACTIVE)
    if at_end and subscription.cancel_at:
        return None
    change = Change.of(subscription)
    if at_end and subscription.schedule:
        stop = subscription.schedule.start(subscription.next_period)
        detail: dict[str, str | int] = {"reason": reason, "cancel_at": stop.isoformat()}
        if subscription.open_attempt:
            detail["open_attempt"] = subscription.open_attempt.id
        scheduled = change.set(cancel_at=stop, end_reason=reason)
        scheduled = scheduled.timers({Timer.BILL: None, Timer.END: stop, **watch(subscription)})
        return scheduled.record(EntryKind.CANCEL_SCHEDULED, now, detail=detail)
    return end(change.set(cancel_at=now, paused_at=None), Event.CANCELLED, EntryKind.CANCELLED, reason, now)


def finish_cancel(subscription: Subscription, now: datetime) -> Change:
    """The end of the paid time of a subscription that was cancelled at period end."""
    reason = subscription.end_reason or "cancelled"
    return end(Change.of(subscription), Event.CANCELLED, EntryKind.CANCELLED, reason, now)


def expire(subscription: Subscription, now: datetime) -> Change:
    """Nobody confirmed it in time."""
    return end(Change.of(subscription), Event.EXPIRED, EntryKind.EXPIRED, "not_confirmed", now)


def fail_start(subscription: Subscription, reason: str, now: datetime) -> Change:
    """The PIN could not be sent: the number is free again at once."""
    return end(Change.of(subscription), Event.START_FAILED, EntryKind.START_FAILED, reason, now)
