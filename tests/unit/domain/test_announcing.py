"""Notices before debits: announced ahead, awaited, given, opted out of, and given up."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given as given_by
from hypothesis import settings
from hypothesis import strategies as st

from pinbill.domain.announcing import (
    CLOCKS_DIFFER,
    adopt,
    announce,
    announce_ahead,
    await_notice,
    check,
    given,
    opt_out,
    ruled_out,
)
from pinbill.domain.attempts import AttemptKind
from pinbill.domain.catalog import Terms
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_charge, claim_period
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeGiven, NoticeRules
from pinbill.domain.pausing import pause, resume
from pinbill.domain.renewal import WriteOff, written_off
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import AlreadySettled, AttemptOpen, NoticeContradicts, NoticeMissing, NoticeNotAwaited
from tests.unit.domain.samples import BANK, DAY, HOUR, NOW, PAID, PRICE, declined, plan, settled, standing

RULES = NoticeRules()
TERMS = Terms(notice=RULES)
PLAN = plan(BANK, terms=TERMS)


def noticed(state: State = State.ACTIVE, **changes: object) -> Subscription:
    """Its next period begins NOW; it is announced `lead` before."""
    made = replace(standing(state, BANK), notice_lead=RULES.lead, **changes)  # type: ignore[arg-type]
    return Change.of(made).timers(made.timers if Timer.BILL in made.timers else {Timer.BILL: None}).after


def announced(subscription: Subscription | None = None, at: datetime = NOW - RULES.lead) -> Subscription:
    change = announce(subscription or noticed(), RULES, at)
    assert change is not None
    return change.after


def reported(subscription: Subscription, at: datetime, now: datetime | None = None) -> Subscription:
    notice = subscription.notice
    assert notice is not None
    report = NoticeGiven(notice.period, notice.amount, notice.bills_at, at)
    change = given(subscription, RULES, report, now or at)
    assert change is not None
    return change.after


def claim(subscription: Subscription, at: datetime = NOW) -> Change:
    return claim_period(subscription, AttemptKind.RENEWAL, "me", at, TERMS)


def test_the_announcement_is_due_its_lead_before_the_period() -> None:
    subscription = noticed()

    assert subscription.timers == {Timer.BILL: NOW, Timer.NOTICE: NOW - RULES.lead}
    assert subscription.due_row == (NOW - RULES.lead, Timer.NOTICE)


def test_an_announcement_says_how_much_when_and_from_which_mandate() -> None:
    subscription = noticed()
    change = announce(subscription, RULES, NOW - RULES.lead)

    assert change is not None
    [entry] = change.entries
    assert entry.kind is EntryKind.BILL_ANNOUNCED
    assert entry.detail["bills_at"] == NOW.isoformat()
    assert (entry.detail["minor"], entry.detail["currency"], entry.detail["notice_hours"]) == (450, "GBP", 24)
    assert subscription.mandate is not None
    assert str(subscription.mandate.reference) not in entry.detail.values()
    assert change.after.timers == {Timer.BILL: NOW}
    assert change.after.due_row is None  # its slot brings it up
    assert announce(change.after, RULES, NOW) is None


def test_without_a_notice_no_renewal_is_claimed_and_the_bill_waits_visibly() -> None:
    subscription = announced()

    with pytest.raises(NoticeMissing):
        claim(subscription)
    waiting = await_notice(subscription, RULES, NOW)

    assert waiting is not None
    assert waiting.after.waits_for_notice
    assert waiting.after.timers[Timer.BILL] == NOW + RULES.give_up
    assert waiting.after.due_row == (NOW + RULES.give_up, Timer.NOTICE)
    assert waiting.after.next_bill_at == NOW
    assert waiting.entries == ()


def test_a_bill_that_nobody_announced_is_announced_when_it_is_due_and_billed_a_day_later() -> None:
    subscription = noticed()

    with pytest.raises(NoticeMissing):
        claim(subscription)
    change = await_notice(subscription, RULES, NOW)

    assert change is not None
    assert change.after.notice is not None
    assert change.after.notice.bills_at == NOW + RULES.least
    assert change.after.timers == {Timer.BILL: NOW + RULES.least + RULES.give_up}


def test_a_notice_in_time_lets_the_bill_be_claimed_at_its_slot() -> None:
    subscription = reported(announced(), NOW - RULES.least)

    assert subscription.timers == {Timer.BILL: NOW}
    assert subscription.due_row is None
    assert claim(subscription).after.open_attempt is not None


@settings(deadline=None)
@given_by(st.integers(-48 * 3600, 72 * 3600), st.integers(-3600, 200 * 3600))
def test_nothing_is_claimed_before_the_notice_is_a_day_old(given_at: int, asked_at: int) -> None:
    at, now = NOW + timedelta(seconds=given_at), NOW + timedelta(seconds=asked_at)
    subscription = announced()
    waiting = await_notice(subscription, RULES, at)
    subscription = reported(waiting.after if waiting else subscription, at)

    try:
        claim(subscription, now)
    except (AlreadySettled, NoticeMissing):
        return
    assert now >= max(NOW, at + RULES.least)


def test_a_late_notice_moves_the_bill_to_when_it_may_be_made() -> None:
    waiting = await_notice(announced(), RULES, NOW)
    assert waiting is not None

    subscription = reported(waiting.after, NOW + HOUR)

    ready = NOW + HOUR + RULES.least
    assert subscription.timers == {Timer.BILL: ready}
    assert not subscription.waits_for_notice
    assert claim(subscription, ready).after.open_attempt is not None


def test_a_second_report_changes_nothing_and_postpones_nothing() -> None:
    subscription = reported(announced(), NOW - 30 * HOUR)
    assert subscription.notice is not None
    again = NoticeGiven(2, PRICE, subscription.notice.bills_at, NOW)

    assert given(subscription, RULES, again, NOW) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": Money(451, "GBP")},
        {"bills_at": NOW + HOUR},
        {"given_at": NOW + CLOCKS_DIFFER + timedelta(seconds=1)},
        {"given_at": NOW - RULES.lead - CLOCKS_DIFFER - timedelta(seconds=1)},
    ],
    ids=["amount", "date", "future", "before it was announced"],
)
def test_a_notice_of_another_debit_or_at_an_impossible_time_is_refused(wrong: dict[str, object]) -> None:
    right = NoticeGiven(2, PRICE, NOW, NOW)

    with pytest.raises(NoticeContradicts):
        given(announced(), RULES, replace(right, **wrong), NOW)  # type: ignore[arg-type]


def test_a_notice_of_a_period_that_nobody_announced_is_refused() -> None:
    for subscription in (noticed(), announced()):
        with pytest.raises(NoticeNotAwaited):
            given(subscription, RULES, NoticeGiven(3, PRICE, NOW, NOW), NOW)


def test_a_pause_makes_another_debit_that_needs_another_notice() -> None:
    subscription = reported(announced(), NOW - 30 * HOUR)
    paused = pause(subscription, NOW - HOUR)
    assert paused is not None
    resumed = resume(paused.after, NOW + 9 * DAY)
    assert resumed is not None
    begins = NOW + 9 * DAY + HOUR

    assert paused.after.timers == {}
    assert resumed.after.timers == {Timer.BILL: begins, Timer.NOTICE: begins - RULES.lead}
    assert resumed.after.announced is None
    with pytest.raises(NoticeMissing):
        claim(resumed.after, begins)


def test_a_retry_of_the_same_bill_needs_no_second_notice() -> None:
    subscription = reported(announced(), NOW - 30 * HOUR)
    claimed = claim(subscription).after
    retried = settled(claimed, declined(), NOW).after

    assert Timer.NOTICE not in retried.timers
    assert claim(retried, retried.timers[Timer.BILL]).after.open_attempt is not None


def test_when_it_is_paid_the_next_announcement_is_planned() -> None:
    subscription = reported(announced(), NOW - 30 * HOUR)

    paid = settled(claim(subscription).after, PAID, NOW).after

    assert paid.schedule is not None
    assert paid.timers == {Timer.BILL: paid.schedule.start(3), Timer.NOTICE: paid.schedule.start(3) - RULES.lead}


def test_who_opts_out_of_one_debit_is_not_asked_and_the_period_is_given_up_by_that_name() -> None:
    out = opt_out(reported(announced(), NOW - 30 * HOUR), 2, NOW - HOUR)
    assert out is not None
    assert out.entries[0].kind is EntryKind.BILL_OPTED_OUT

    with pytest.raises(NoticeMissing):
        claim(out.after)

    assert written_off(out.after, PLAN, NOW) == WriteOff(2, 2, "opted_out")
    assert opt_out(out.after, 2, NOW) is None


def test_an_opt_out_in_between_is_not_waited_upon() -> None:
    out = opt_out(announced(), 2, NOW)
    assert out is not None

    assert await_notice(out.after, RULES, NOW) is None


def test_an_opt_out_while_a_notice_is_awaited_ends_the_wait() -> None:
    waiting = await_notice(announced(), RULES, NOW)
    assert waiting is not None

    out = opt_out(waiting.after, 2, NOW + HOUR)

    assert out is not None
    assert out.after.is_due(Timer.BILL, NOW + HOUR)


def test_a_debit_that_was_asked_for_is_not_opted_out_of() -> None:
    claimed = claim(reported(announced(), NOW - 30 * HOUR)).after

    with pytest.raises(AttemptOpen):
        opt_out(claimed, 2, NOW)
    with pytest.raises(NoticeNotAwaited):
        opt_out(announced(), 7, NOW)


def test_what_waits_for_its_notice_in_vain_is_given_up_by_name_before_the_next_one_is_announced() -> None:
    waiting = await_notice(announced(), RULES, NOW)
    assert waiting is not None
    limit = waiting.after.timers[Timer.BILL]

    assert ruled_out(waiting.after, RULES, limit - timedelta(seconds=1)) is None
    assert written_off(waiting.after, PLAN, limit) == WriteOff(2, 2, "no_notice")


def test_a_period_of_which_too_little_is_left_for_a_notice_is_given_up() -> None:
    subscription = noticed()
    assert subscription.schedule is not None
    late = subscription.schedule.start(3) - RULES.least

    assert ruled_out(subscription, RULES, late) == "no_notice"
    assert ruled_out(subscription, RULES, late - timedelta(seconds=1)) is None


def test_an_announcement_that_comes_up_behind_a_due_bill_leaves_that_bill_first() -> None:
    change = announce_ahead(noticed(), RULES, NOW)

    assert change is not None
    assert change.after.timers == {Timer.BILL: NOW}
    assert change.entries == ()


def test_on_demand_nothing_is_charged_under_a_plan_that_owes_notices() -> None:
    with pytest.raises(NoticeMissing, match="on demand"):
        claim_charge(noticed(), "k", "b", PRICE, "x", "me", NOW, TERMS)


def test_the_first_bill_is_taken_while_the_user_signs() -> None:
    check(noticed(State.PENDING), RULES, AttemptKind.FIRST_BILL, NOW)


def test_a_rule_that_is_new_is_adopted_and_one_that_has_gone_lets_the_bill_go() -> None:
    old = standing(State.ACTIVE, BANK)
    new = adopt(old, RULES, NOW)
    assert new is not None
    assert new.after.timers[Timer.NOTICE] == NOW - RULES.lead
    assert adopt(new.after, RULES, NOW) is None
    waiting = await_notice(announced(new.after), RULES, NOW)
    assert waiting is not None

    freed = adopt(waiting.after, None, NOW)

    assert freed is not None
    assert (freed.after.notice, freed.after.notice_lead) == (None, None)
    assert freed.after.is_due(Timer.BILL, NOW)
    assert freed.after.due_row is not None  # its slot has come up already


def test_a_plan_without_the_rule_has_neither_timer_nor_check() -> None:
    subscription = standing(State.ACTIVE, BANK)

    assert claim_period(subscription, AttemptKind.RENEWAL, "me", NOW).after.open_attempt is not None
    assert adopt(subscription, None, NOW) is None
    assert set(subscription.timers) == {Timer.BILL}
