"""The drill's judge sees every way in which the books could be wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from local.drill.audit import Finding, totals
from local.drill.traffic import Cancelled
from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer
from tests.unit.domain.samples import NOW, UNKNOWN, declined
from tests.unit.local.drill_books import BANK, FIRST, ID, LATER, Case, account, call, debit, entries_but, paid, renewed

SECOND, THIRD = "S0001-2", "S0001-3"
MONTH = timedelta(days=31)


def only(findings: list[Finding]) -> str:
    [finding] = findings
    assert finding.subscription == ID
    return finding.what


def test_books_that_agree_are_found_good() -> None:
    assert Case().judged(account()) == []
    assert Case(debits=(debit(reference=None),)).judged(account(BANK)) == []


def test_one_period_debited_under_two_references_is_seen() -> None:
    declined_once = renewed(account(), declined(), NOW + MONTH)
    then_paid = renewed(declined_once, paid("t-3"), NOW + MONTH)

    findings = Case((debit(), debit(SECOND, "t-2"), debit(THIRD, "t-3"))).judged(then_paid, NOW + MONTH)

    assert any("period 2 was debited 2 times" in finding.what for finding in findings)
    assert any(f"{SECOND} was debited (t-2) and is declined" in finding.what for finding in findings)


def test_one_reference_debited_twice_is_seen() -> None:
    assert "period 1 was debited 2 times" in only(Case((debit(), debit(transaction="t-2"))).judged(account()))


def test_a_second_debit_of_a_mandate_without_an_attempt_of_ours_is_seen() -> None:
    case = Case((debit(None), debit(None, "t-2")))

    assert "t-2 was debited for no attempt of ours" in only(case.judged(account(BANK)))


def test_a_payment_that_nobody_debited_is_seen() -> None:
    assert f"{FIRST} is paid in our ledger and not in the provider's" in only(Case(()).judged(account()))


def test_another_amount_is_seen() -> None:
    assert "450 in our ledger, 451 GBP in theirs" in only(Case((debit(minor=451),)).judged(account()))


def test_a_debit_whose_outcome_is_open_is_no_difference() -> None:
    open_at_phone, open_at_bank = account(result=UNKNOWN), account(BANK, UNKNOWN)

    assert Case().judged(open_at_phone) == []
    assert Case((debit(None),)).judged(open_at_bank) == []


def test_a_bank_debit_that_a_person_declared_paid_needs_no_name() -> None:
    assert Case((debit(None),)).judged(account(BANK, paid(None))) == []


def test_who_is_paused_needs_no_bill() -> None:
    paused = account()
    standing = replace(paused.subscription, state=State.PAUSED, paused_at=NOW, timers={})

    assert Case().judged(replace(paused, subscription=standing)) == []


def test_a_hole_in_the_journal_is_seen() -> None:
    whole = account()

    findings = Case().judged(entries_but(whole, whole.entries[0]))

    assert "journal has 1 entries" in only(findings)


def test_a_period_that_is_neither_paid_nor_given_up_is_seen() -> None:
    skipped = account()
    skipped = replace(skipped, subscription=replace(skipped.subscription, next_period=3))

    assert "period 2 is settled, but neither paid nor given up" in only(Case().judged(skipped))


def test_what_is_overdue_is_seen() -> None:
    findings = Case().judged(account(), NOW + MONTH)

    assert any("bill has been due since" in finding.what for finding in findings)


def test_a_subscription_that_nobody_will_bill_again_is_seen() -> None:
    forgotten = account()
    forgotten = replace(forgotten, subscription=replace(forgotten.subscription, timers={}))

    assert "never to be billed again" in only(Case().judged(forgotten))


def test_a_bill_that_is_planned_too_late_is_seen() -> None:
    late = account()
    late = replace(late, subscription=replace(late.subscription, timers={Timer.BILL: NOW + 3 * MONTH}))

    assert "period 2 has begun and period 2 is not billed" in only(Case().judged(late, NOW + MONTH))


def test_money_asked_for_after_an_acknowledged_cancel_is_seen() -> None:
    ack = Cancelled(account().member, LATER, open_attempt=None)
    later = call(SECOND, LATER + timedelta(seconds=1))

    findings = Case(calls=(call(), later), cancelled=(ack,)).judged(account())

    assert f"{SECOND} was asked for after the cancel was acknowledged" in only(findings)


def test_the_attempt_that_a_cancel_named_as_open_may_still_be_asked_for() -> None:
    ack = Cancelled(account().member, LATER, open_attempt=SECOND)
    later = call(SECOND, LATER + timedelta(seconds=1))

    assert Case(calls=(call(), later), cancelled=(ack,)).judged(account()) == []


def test_a_mandate_asked_twice_after_its_cancel_is_seen() -> None:
    ack = Cancelled(account(BANK).member, LATER, open_attempt=SECOND)
    calls = tuple(call(None, LATER + timedelta(seconds=n)) for n in (1, 2))

    findings = Case((debit(None),), calls, cancelled=(ack,)).judged(account(BANK))

    assert "asked 2 times for money after its cancel" in only(findings)


def test_both_sums_are_told_by_currency() -> None:
    failed = account(result=BillResult(AttemptState.DECLINED, code="AA"))

    assert totals([account()], Case().evidence) == {"GBP": (450, 450)}
    assert totals([failed], Case().evidence) == {"GBP": (450, 0)}
