"""Announcing: a debit that needs a notice is announced ahead, waits for its notice, and is skipped without one."""

from datetime import datetime, timedelta

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.change import Change
from pinbill.domain.journal import EntryKind
from pinbill.domain.notices import Notice, NoticeGiven, NoticeRules, whole_seconds
from pinbill.domain.records import changed
from pinbill.domain.slots import bill_time, found_at
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import AttemptOpen, NoticeContradicts, NoticeMissing, NoticeNotAwaited

CLOCKS_DIFFER = timedelta(minutes=5)  # by which a partner's clock may be ahead of ours
OPTED_OUT, NO_NOTICE = "opted_out", "no_notice"


def check(subscription: Subscription, rules: NoticeRules | None, kind: AttemptKind, now: datetime) -> None:
    """Raises NoticeMissing for a debit that has no notice, or one that is too young or of another debit.

    The first bill is taken while the user signs; on demand nothing is taken under a plan that owes notices.
    """
    if rules is None or kind is AttemptKind.FIRST_BILL:
        return
    if kind is AttemptKind.CHARGE:
        raise NoticeMissing("The plan owes its users a notice before each debit: it takes no charge on demand.")
    ready = _ready_at(subscription, rules)
    if ready is None or now < ready:
        raise NoticeMissing


def adopt(subscription: Subscription, rules: NoticeRules | None, now: datetime) -> Change | None:
    """Announce ahead as the plan now says; None when it does already. Who is waiting for a notice that nobody owes any
    more waits for the beginning of the period alone."""
    lead = rules.lead if rules else None
    if subscription.notice_lead == lead or not subscription.is_live:
        return None
    change = Change.of(subscription).set(notice_lead=lead)
    bill, schedule = subscription.timers.get(Timer.BILL), subscription.schedule
    if bill is None or schedule is None:
        return change.timers({Timer.NOTICE: None})
    if lead is None and subscription.waits_for_notice:
        bill = bill_time(schedule, subscription.next_period, now)
    change = change.set(notice=None) if lead is None else change
    return change.timers({Timer.NOTICE: None, Timer.BILL: bill})


def announce_ahead(subscription: Subscription, rules: NoticeRules | None, now: datetime) -> Change | None:
    """The timer of the notice has come up. Behind a bill that is due already, that bill is the first to be looked at:
    it may be given up, and another one be the next."""
    if rules is None or subscription.is_due(Timer.BILL, now):
        return _without_timer(subscription)
    return announce(subscription, rules, now) or _without_timer(subscription)


def _without_timer(subscription: Subscription) -> Change:
    timers = {timer: at for timer, at in subscription.timers.items() if timer is not Timer.NOTICE}
    return Change.of(subscription).set(timers=timers)


def announce(subscription: Subscription, rules: NoticeRules, now: datetime) -> Change | None:
    """Tell the partner of the next debit, `lead` ahead; None when it is known, or nothing is to be billed."""
    bill, schedule = subscription.timers.get(Timer.BILL), subscription.schedule
    if bill is None or schedule is None or subscription.open_attempt:
        return None
    period = subscription.upcoming
    starts = schedule.start(period)
    if subscription.notice and subscription.notice.is_of(period, starts, subscription.price):
        return None
    bills_at = max(starts, whole_seconds(now + rules.least))
    notice = Notice(period, subscription.price, starts, bills_at, now)
    change = Change.of(subscription).set(notice=notice).timers({Timer.BILL: bill})  # which ends the timer of the notice
    detail: dict[str, str | int] = {
        **_of(notice),
        "announced_for": starts.isoformat(),
        "notice_hours": int(rules.least.total_seconds() // 3600),
        "reason": "renewal",
    }
    if subscription.mandate:
        detail["mandate"] = subscription.mandate.masked
    return change.record(EntryKind.BILL_ANNOUNCED, now, detail=detail)


def await_notice(subscription: Subscription, rules: NoticeRules, now: datetime) -> Change | None:
    """What becomes of a bill that is due and may not be claimed: it is announced if it was not, and waits.

    None when somebody else has moved on meanwhile, or nothing keeps it from being billed any more.
    """
    schedule, known = subscription.schedule, subscription.announced
    if schedule is None or subscription.open_attempt or not subscription.is_due(Timer.BILL, now):
        return None
    if known is not None and known.opted_out_at is not None:
        return None  # it is given up, and waits for nothing
    ready = _ready_at(subscription, rules)
    if ready is not None:
        return Change.of(subscription).timers({Timer.BILL: ready}) if now < ready else None
    announced = announce(subscription, rules, now)
    change = announced or Change.of(subscription)
    notice = change.after.notice
    assert notice is not None  # it was there, or has just been made
    return change.timers({Timer.BILL: _waits_until(change.after, notice, rules)})


def ruled_out(subscription: Subscription, rules: NoticeRules | None, now: datetime) -> str | None:
    """By which rule the period that is due is given up: its user has opted out, or no notice can come in time."""
    schedule, notice = subscription.schedule, subscription.announced
    if rules is None or schedule is None:
        return None
    period = subscription.next_period
    if notice is None or notice.period != period:
        return NO_NOTICE if now + rules.least >= schedule.start(period + 1) else None
    if notice.opted_out_at is not None:
        return OPTED_OUT
    return NO_NOTICE if notice.is_awaited and now >= _waits_until(subscription, notice, rules) else None


def given(subscription: Subscription, rules: NoticeRules, report: NoticeGiven, now: datetime) -> Change | None:
    """The user was given the notice of a period, of this amount and date; None when that is known already.

    Raises NoticeNotAwaited or NoticeContradicts.
    """
    notice = _awaited(subscription, report.period)
    if notice.given_at is not None:
        return None
    if (report.amount, report.bills_at) != (notice.amount, notice.bills_at):
        raise NoticeContradicts("The notice is of another amount or time than was announced.")
    if report.given_at > now + CLOCKS_DIFFER:
        raise NoticeContradicts("`given_at` is in the future.")
    if report.given_at < notice.announced_at - CLOCKS_DIFFER:
        raise NoticeContradicts("`given_at` is before the debit was announced.")
    known = changed(notice, given_at=whole_seconds(report.given_at))
    change, ready = Change.of(subscription).set(notice=known), known.ready_at(rules.least)
    assert ready is not None  # it was given just now
    if subscription.schedule and ready >= subscription.schedule.start(notice.period + 1):
        raise NoticeNotAwaited("The next period begins before this debit could be made: it is not made any more.")
    # What is due at its slot stays there if it may be billed then: nothing has to be found elsewhere.
    if Timer.BILL in subscription.timers and (subscription.waits_for_notice or ready > notice.starts):
        change = change.timers({Timer.BILL: found_at(ready, now)})
    detail = {**_of(known), "given_at": known.given_at.isoformat() if known.given_at else ""}
    return change.record(EntryKind.NOTICE_GIVEN, now, detail=detail)


def opt_out(subscription: Subscription, period: int, now: datetime) -> Change | None:
    """The user wants this one debit not to be made: its period is skipped. None when that is known already.

    Raises NoticeNotAwaited, or AttemptOpen when it was asked for already.
    """
    attempt = subscription.open_attempt
    if attempt is not None and attempt.obligation.period == period:
        raise AttemptOpen
    notice = _awaited(subscription, period)
    if notice.opted_out_at is not None:
        return None
    change = Change.of(subscription).set(notice=changed(notice, opted_out_at=now))
    if Timer.BILL in subscription.timers and subscription.schedule is not None:
        change = change.timers({Timer.BILL: bill_time(subscription.schedule, period, now)})
    return change.record(EntryKind.BILL_OPTED_OUT, now, detail=_of(notice))


def _ready_at(subscription: Subscription, rules: NoticeRules) -> datetime | None:
    """When its next period may be asked for; None without the notice of just this debit."""
    notice = subscription.announced
    if notice is None or notice.period != subscription.next_period or notice.opted_out_at is not None:
        return None
    return notice.ready_at(rules.least)


def _awaited(subscription: Subscription, period: int) -> Notice:
    """The notice of a period that was announced and is still to be billed. Raises NoticeNotAwaited."""
    notice = subscription.announced
    if notice is None or notice.period != period:
        raise NoticeNotAwaited
    return notice


def _waits_until(subscription: Subscription, notice: Notice, rules: NoticeRules) -> datetime:
    """How long a notice is awaited: not into the time in which the next debit is announced."""
    schedule = subscription.schedule
    assert schedule is not None  # something was announced
    following = schedule.start(notice.period + 1) - rules.lead
    return min(notice.bills_at + rules.give_up, max(notice.bills_at, following))


def _of(notice: Notice) -> dict[str, str | int]:
    return {
        "period": notice.period,
        "minor": notice.amount.minor,
        "currency": notice.amount.currency,
        "bills_at": notice.bills_at.isoformat(),
    }
