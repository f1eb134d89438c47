"""Pause and resume: while it is paused there is no access and no bill, and what is left of the paid time is kept."""

from datetime import UTC, datetime, timedelta

from pinbill.domain.change import Change
from pinbill.domain.journal import EntryKind
from pinbill.domain.slots import bill_time
from pinbill.domain.states import Event, State, advance
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import AttemptOpen, PaymentOwed, ResumeAtInvalid, WrongState

LONGEST_PAUSE = timedelta(days=366)  # with a time to resume; without one it lasts until somebody resumes or cancels


def pause(subscription: Subscription, now: datetime, resume_at: datetime | None = None) -> Change | None:
    """Pause from now on, until `resume_at` if that is given; None when it is paused already, which then stays as it is.

    Raises ResumeAtInvalid, PaymentOwed, AttemptOpen, or WrongState.
    """
    if subscription.state is State.PAUSED:
        return None
    if resume_at is not None and not now < resume_at <= now + LONGEST_PAUSE:
        raise ResumeAtInvalid
    if subscription.state in (State.PAST_DUE, State.SUSPENDED):
        raise PaymentOwed
    paused = advance(subscription.state, Event.PAUSED)
    if subscription.open_attempt:
        raise AttemptOpen("A payment of this subscription has no final outcome yet: what is paid is not known.")
    if subscription.cancel_at:
        raise WrongState("The subscription is cancelled at the end of its period; it cannot be paused.")
    assert subscription.schedule is not None  # it has been trialing or active
    change = Change.of(subscription).set(state=paused, paused_at=now)
    change = change.timers({Timer.BILL: None, Timer.RESUME: resume_at.astimezone(UTC) if resume_at else None})
    kept = subscription.schedule.start(subscription.next_period) - now
    detail: dict[str, str | int] = {
        "next_period": subscription.next_period,
        "kept_seconds": int(kept.total_seconds()),
    }
    if resume_at:
        detail["resume_at"] = resume_at.astimezone(UTC).isoformat()
    return change.record(EntryKind.PAUSED, now, detail=detail)


def resume(subscription: Subscription, now: datetime) -> Change | None:
    """Go on where the pause began: as much later as it has lasted, the next period starts. None when it has access.

    A bill that was due when the pause began is due again at once. Raises PaymentOwed or WrongState.
    """
    if subscription.access:
        return None
    if subscription.state is State.SUSPENDED:
        raise PaymentOwed
    never_paid = subscription.state is State.PAUSED and subscription.next_period == 1
    state = advance(subscription.state, Event.TRIAL_RESUMED if never_paid else Event.RESUMED)
    schedule, paused_at, following = subscription.schedule, subscription.paused_at, subscription.next_period
    assert schedule is not None  # or it could not have been paused
    assert paused_at is not None
    change = Change.of(subscription).set(state=state, paused_at=None)
    lasted = now - paused_at
    if lasted > timedelta():  # else every date stays, also that of a 31st in a short month
        began = subscription.period_started_at
        if began and began > paused_at:  # a period that was found paid meanwhile: none of it was used
            began += lasted
        schedule = schedule.moved(following, schedule.start(following) + lasted)
        change = change.set(schedule=schedule, interrupted_since=began)
    change = change.timers({Timer.RESUME: None, Timer.BILL: bill_time(schedule, following, now)})
    detail: dict[str, str | int] = {"next_period": following, "starts_at": schedule.start(following).isoformat()}
    return change.record(EntryKind.RESUMED, now, detail=detail)
