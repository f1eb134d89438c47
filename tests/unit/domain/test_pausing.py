"""Pause and resume: nothing is billed in between, and what was paid for is given to the second."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pinbill.domain.activity import activity_acknowledged
from pinbill.domain.attempts import AttemptKind, BillResult
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_charge, claim_period, reclaim_charge
from pinbill.domain.ending import When, cancel
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.pausing import LONGEST_PAUSE, pause, resume
from pinbill.domain.periods import Schedule
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Subscription, Timer
from pinbill.errors import AttemptOpen, PaymentOwed, PinbillError, ResumeAtInvalid, WrongState
from tests.unit.domain.invariants import check_change
from tests.unit.domain.late import closed, kinds, late
from tests.unit.domain.outcomes import CLOSING, RAILS, name
from tests.unit.domain.samples import (
    BANK,
    DAY,
    FINISHED,
    HOUR,
    MINUTE,
    MONTHLY,
    NOT_CHARGED,
    NOT_SENT,
    NOW,
    PAID,
    PENDING,
    PHONE,
    UNKNOWN,
    charging,
    claimed,
    settled,
    standing,
)

PAUSABLE = [State.TRIALING, State.ACTIVE]
OWING = [State.PAST_DUE, State.SUSPENDED]
EARLIER = NOW - 10 * DAY  # NOW is when the next period starts
JUST = timedelta(microseconds=1)


def paused(subscription: Subscription, at: datetime = EARLIER, resume_at: datetime | None = None) -> Change:
    change = pause(subscription, at, resume_at)
    assert change is not None
    check_change(change)
    return change


def resumed(subscription: Subscription, at: datetime = NOW) -> Change:
    change = resume(subscription, at)
    assert change is not None
    check_change(change)
    return change


def schedule_of(subscription: Subscription) -> Schedule:
    assert subscription.schedule is not None
    return subscription.schedule


def anchored(anchor: str, zone: str = "Europe/London", period: int = 2) -> Subscription:
    """An active subscription of this calendar whose `period` is to be billed next."""
    schedule = Schedule(datetime.fromisoformat(anchor), zone, MONTHLY)
    timers = {Timer.BILL: schedule.start(period)}
    return standing(State.ACTIVE, zone=zone, schedule=schedule, next_period=period, timers=timers)


# --- pause


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("state", PAUSABLE)
def test_a_pause_takes_access_and_bills_at_once(state: State, rail: RailName) -> None:
    subscription = standing(state, rail)

    change = paused(subscription)

    after = change.after
    assert (after.state, after.access, after.paused_at) == (State.PAUSED, False, EARLIER)
    assert after.due is None
    assert after.next_period == subscription.next_period
    assert kinds(change) == [EntryKind.PAUSED]
    assert change.entries[0].detail == {"next_period": subscription.next_period, "kept_seconds": 10 * 86400}


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("kind", list(AttemptKind))
@pytest.mark.parametrize("at", [EARLIER, NOW, NOW + 400 * DAY])
def test_nothing_is_claimed_in_a_pause(at: datetime, kind: AttemptKind, rail: RailName) -> None:
    subscription = paused(standing(State.ACTIVE, rail)).after

    def claim() -> Change:
        if kind is AttemptKind.CHARGE:
            return claim_charge(subscription, "key", "body", Money(99, "GBP"), "extra", "owner-1", at)
        return claim_period(subscription, kind, "owner-1", at)

    with pytest.raises(WrongState, match="paused takes no"):
        claim()


def test_a_charge_that_was_not_sent_is_not_tried_again_in_a_pause() -> None:
    subscription, charge = charging(State.ACTIVE, now=NOW)
    closing = settled(subscription, NOT_SENT, charge=charge)
    assert closing.charge is not None
    after = paused(closing.after, NOW).after

    with pytest.raises(WrongState, match="paused takes no charge"):
        reclaim_charge(after, closing.charge, "owner-2", NOW)


@pytest.mark.parametrize("state", [State.PENDING, *FINISHED])
def test_what_has_no_paid_or_free_time_is_not_paused(state: State) -> None:
    with pytest.raises(WrongState, match=f"{state} cannot be paused"):
        pause(standing(state), EARLIER)


@pytest.mark.parametrize("state", OWING)
def test_who_owes_money_is_not_paused_and_is_told_why(state: State) -> None:
    with pytest.raises(PaymentOwed, match="not paid yet"):
        pause(standing(state), NOW)


def test_an_ended_subscription_owes_nothing_whatever_it_owed_before() -> None:
    with pytest.raises(WrongState, match="ended cannot be paused"):
        pause(standing(State.ENDED, past_due_since=NOW - DAY), NOW)


@pytest.mark.parametrize("result", [None, UNKNOWN, PENDING], ids=name)
@pytest.mark.parametrize("state", PAUSABLE)
def test_an_open_bill_is_waited_for(state: State, result: BillResult | None) -> None:
    subscription = claimed(state)
    if result:
        subscription = settled(subscription, result).after

    with pytest.raises(AttemptOpen):
        pause(subscription, NOW)


def test_an_open_charge_is_waited_for() -> None:
    subscription, _ = charging(State.ACTIVE)

    with pytest.raises(AttemptOpen):
        pause(subscription, NOW)


@pytest.mark.parametrize("state", PAUSABLE)
def test_what_is_cancelled_at_the_end_of_its_period_is_not_paused(state: State) -> None:
    cancelling = cancel(standing(state), When.PERIOD_END, "test", EARLIER)
    assert cancelling is not None

    with pytest.raises(WrongState, match="cancelled at the end of its period"):
        pause(cancelling.after, EARLIER)


@pytest.mark.parametrize("resume_at", [EARLIER + JUST, NOW, EARLIER + LONGEST_PAUSE])
def test_a_time_to_resume_is_waited_for(resume_at: datetime) -> None:
    change = paused(standing(State.ACTIVE), EARLIER, resume_at)

    assert change.after.due == change.after.due_row == (resume_at, Timer.RESUME)
    assert change.entries[0].detail["resume_at"] == resume_at.isoformat()


@pytest.mark.parametrize("resume_at", [EARLIER, EARLIER - JUST, EARLIER - 400 * DAY, EARLIER + LONGEST_PAUSE + JUST])
def test_a_time_to_resume_that_has_passed_or_is_too_far_ahead_is_refused(resume_at: datetime) -> None:
    with pytest.raises(ResumeAtInvalid):
        pause(standing(State.ACTIVE), EARLIER, resume_at)


@pytest.mark.parametrize("resume_at", [None, NOW + DAY, EARLIER - DAY])
def test_a_second_pause_changes_nothing(resume_at: datetime | None) -> None:
    first = paused(standing(State.ACTIVE), EARLIER, NOW)

    assert pause(first.after, NOW - DAY, resume_at) is None


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("when", list(When))
def test_a_cancel_of_a_paused_one_ends_it_at_once(when: When, rail: RailName) -> None:
    """Also at period end: while it is paused no time runs that could be waited for."""
    subscription = paused(standing(State.ACTIVE, rail), EARLIER, NOW).after

    change = cancel(subscription, when, "test", NOW - DAY)

    assert change is not None
    check_change(change)
    assert change.after.state is State.CANCELLED
    assert change.frees_number
    assert change.frees_mandate is (rail is BANK)
    assert set(change.after.timers) <= {Timer.ACTIVITY}


def test_what_the_provider_is_owed_is_told_in_a_pause_too() -> None:
    logging = standing(State.ACTIVE, activity=Activity.LOG_DUE)
    subscription = replace(logging, timers={**logging.timers, Timer.ACTIVITY: EARLIER + MINUTE})

    after = paused(subscription).after

    assert after.due == (EARLIER + MINUTE, Timer.ACTIVITY)
    told = activity_acknowledged(after, Activity.LOG_DUE, NOW)
    assert told is not None
    check_change(told)
    assert told.after.activity is Activity.LOGGED


# --- resume


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("state", PAUSABLE)
@pytest.mark.parametrize("lasts", [JUST, timedelta(seconds=1), 9 * DAY, 10 * DAY, 400 * DAY])
def test_the_next_period_starts_as_much_later_as_the_pause_has_lasted(
    lasts: timedelta, state: State, rail: RailName
) -> None:
    subscription = standing(state, rail)

    change = resumed(paused(subscription).after, EARLIER + lasts)

    after = change.after
    assert (after.state, after.access, after.paused_at) == (state, True, None)
    starts = schedule_of(after).start(after.next_period)
    assert timedelta() <= starts - (NOW + lasts) < timedelta(seconds=1)
    assert after.due == (starts, Timer.BILL)
    assert after.due_row is None  # its slot brings it up
    assert after.next_period == subscription.next_period
    assert kinds(change) == [EntryKind.RESUMED]
    assert change.entries[0].detail == {"next_period": after.next_period, "starts_at": starts.isoformat()}


@pytest.mark.parametrize("state", PAUSABLE)
@pytest.mark.parametrize("at", [EARLIER, EARLIER + JUST, NOW])
def test_a_pause_of_no_length_changes_no_date(at: datetime, state: State) -> None:
    subscription = standing(state)
    during = paused(subscription, at, NOW + DAY).after

    after = resumed(during, at).after

    assert replace(after, version=subscription.version, seq=subscription.seq) == replace(
        subscription, timers={Timer.BILL: NOW if at < NOW else NOW - JUST}
    )


def test_a_clock_that_is_behind_takes_no_paid_time_away() -> None:
    subscription = standing(State.ACTIVE)

    after = resumed(paused(subscription).after, EARLIER - MINUTE).after

    assert after.schedule == subscription.schedule


@pytest.mark.parametrize("state", [*PAUSABLE, State.PAST_DUE])
def test_resuming_what_has_access_changes_nothing(state: State) -> None:
    assert resume(standing(state), NOW) is None


@pytest.mark.parametrize(
    ("state", "error"), [(State.SUSPENDED, PaymentOwed), *((state, WrongState) for state in (State.PENDING, *FINISHED))]
)
def test_what_is_not_paused_and_has_no_access_gets_none_by_a_resume(state: State, error: type[PinbillError]) -> None:
    with pytest.raises(error):
        resume(standing(state), NOW)


@pytest.mark.parametrize("overdue", [timedelta(), MINUTE, 3 * DAY])
def test_a_bill_that_was_due_when_the_pause_began_is_due_at_once_when_it_ends(overdue: timedelta) -> None:
    """What was used of the unpaid period is paid, and what is left of it is given."""
    subscription = standing(State.ACTIVE)

    after = resumed(paused(subscription, NOW + overdue).after, NOW + overdue + 20 * DAY).after

    assert after.due is not None
    assert after.due[0] <= NOW + overdue + 20 * DAY
    assert after.due == after.due_row
    assert schedule_of(after).start(2) == NOW + 20 * DAY
    bill = claim_period(after, AttemptKind.RENEWAL, "owner-1", NOW + overdue + 20 * DAY)
    check_change(bill)


def test_later_periods_follow_the_calendar_from_the_new_start() -> None:
    """Paused on 16 January with 15 days left, resumed on 16 March: the next starts on the 31st, and later ones too."""
    subscription = anchored("2026-12-31T10:00", "Asia/Kolkata")
    during = paused(subscription, datetime.fromisoformat("2027-01-16T10:00+05:30")).after

    after = resumed(during, datetime.fromisoformat("2027-03-16T10:00+05:30")).after

    starts = [f"{schedule_of(after).start(period):%m-%d %H:%M}" for period in range(2, 6)]
    assert starts == ["03-31 04:30", "04-30 04:30", "05-31 04:30", "06-30 04:30"]


def test_what_is_left_is_counted_in_real_hours_across_a_change_of_the_clocks() -> None:
    """A day of 23 hours lies before the old start, none before the new one."""
    subscription = anchored("2027-03-01T10:00")  # the next period starts on 1 April, in summer time

    during = paused(subscription, datetime.fromisoformat("2027-03-20T10:00Z")).after
    after = resumed(during, datetime.fromisoformat("2027-05-01T10:00Z")).after

    assert schedule_of(after).start(2) == datetime.fromisoformat("2027-05-13T09:00Z")
    assert schedule_of(after).anchor == datetime.fromisoformat("2027-05-13T10:00")


@pytest.mark.parametrize(
    ("zone", "wanted", "given"),
    [
        ("Europe/London", "2027-10-31T00:59:59Z", "2027-10-31T00:59:59Z"),  # 01:59:59, for the first time
        ("Europe/London", "2027-10-31T01:00:00Z", "2027-10-31T02:00:00Z"),  # 01:00 again
        ("Europe/London", "2027-10-31T01:30:20Z", "2027-10-31T02:00:00Z"),
        ("Europe/London", "2027-10-31T02:00:00Z", "2027-10-31T02:00:00Z"),
        ("Australia/Lord_Howe", "2027-04-03T15:10:00Z", "2027-04-03T15:30:00Z"),  # half an hour is repeated
    ],
)
def test_a_period_that_would_start_in_a_repeated_hour_starts_after_it(zone: str, wanted: str, given: str) -> None:
    """The clock on the wall shows that hour's times for the first; nobody gets less than was paid."""
    subscription = anchored("2027-01-20T10:00", zone)
    starts, lasts = schedule_of(subscription).start(2), 10 * DAY
    at = datetime.fromisoformat(wanted) - lasts

    after = resumed(paused(subscription, starts - lasts).after, at).after

    assert schedule_of(after).start(2) == datetime.fromisoformat(given)


# --- the period that was interrupted


def test_an_interrupted_period_has_started_when_it_did_until_the_next_is_paid() -> None:
    subscription = standing(State.ACTIVE)
    began = subscription.period_started_at

    once = resumed(paused(subscription).after, EARLIER + 5 * DAY).after
    twice = resumed(paused(once, EARLIER + 6 * DAY).after, NOW + 20 * DAY).after

    assert began == schedule_of(subscription).start(1)
    assert [each.period_started_at for each in (once, twice)] == [began, began]
    due = twice.timers[Timer.BILL]
    bill = claim_period(twice, AttemptKind.RENEWAL, "owner-1", due).after
    renewed = settled(bill, PAID, due).after
    assert renewed.period_started_at == due
    assert renewed.interrupted_since is None


def test_an_interrupted_trial_has_no_period() -> None:
    after = resumed(paused(standing(State.TRIALING)).after, NOW).after

    assert after.period_started_at is None


# --- money that comes to light in a pause


@pytest.mark.parametrize("result", CLOSING, ids=name)
@pytest.mark.parametrize("state", PAUSABLE)
def test_no_outcome_of_an_attempt_lets_a_paused_one_be_billed(state: State, result: BillResult) -> None:
    """None is open in a pause; if one were, its outcome would wait for the end of the pause too."""
    open_in_a_pause = replace(
        claimed(state), state=State.PAUSED, paused_at=NOW, timers={Timer.FOLLOW_UP: NOW + 5 * MINUTE}
    )

    change = settled(open_in_a_pause, result)

    check_change(change)
    assert change.after.state is State.PAUSED
    assert change.after.due is None
    assert change.after.next_period == open_in_a_pause.next_period + (result is PAID)


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("result", [NOT_SENT, NOT_CHARGED], ids=name)
@pytest.mark.parametrize("state", PAUSABLE)
def test_a_late_debit_pays_the_next_period_and_the_time_that_is_kept_grows_by_it(
    state: State, result: BillResult, rail: RailName
) -> None:
    subscription, attempt = closed(state, result, rail)
    during = paused(subscription, NOW + HOUR).after
    period = subscription.next_period
    length = schedule_of(subscription).end(period) - (NOW + HOUR)

    paying = late(during, attempt)

    assert kinds(paying) == [EntryKind.ATTEMPT_PAID]
    assert (paying.after.state, paying.after.next_period) == (State.PAUSED, period + 1)
    assert paying.after.due is None
    after = resumed(paying.after, NOW + 50 * DAY).after
    assert after.state is State.ACTIVE
    assert after.due == (NOW + 50 * DAY + length, Timer.BILL)
    assert after.period_started_at == NOW


def test_a_late_debit_of_a_period_that_had_not_begun_gives_all_of_it() -> None:
    """As it may be when a clock was ahead: the debit is older than the period."""
    subscription, attempt = closed(State.ACTIVE, NOT_CHARGED)
    during = late(paused(subscription, NOW - DAY).after, attempt).after

    after = resumed(during, NOW + 9 * DAY).after

    assert schedule_of(after).start(3) == schedule_of(subscription).start(3) + 10 * DAY
    assert after.period_started_at == NOW + 10 * DAY


@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_a_late_debit_of_what_was_settled_before_the_pause_is_one_too_many(rail: RailName) -> None:
    subscription, attempt = closed(State.ACTIVE, NOT_CHARGED, rail)
    bill = claim_period(subscription, AttemptKind.RENEWAL, "owner-2", NOW).after
    during = paused(settled(bill, PAID).after, NOW + DAY).after

    change = late(during, attempt)

    assert kinds(change) == [EntryKind.EXCESS_DEBIT]
    assert replace(change.after, version=during.version, seq=during.seq) == during
