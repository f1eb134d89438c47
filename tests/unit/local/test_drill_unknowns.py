"""Why an outcome stands on the list, and which of them could have been known."""

from __future__ import annotations

import pytest

from local.drill.accounts import Account
from local.drill.evidence import Delivery
from local.drill.unknowns import Listed, explain, judge_list, left_behind
from pinbill.domain.catalog import RailName
from pinbill.usecases.follow_up import ABANDONED
from tests.unit.domain.samples import PENDING, UNKNOWN
from tests.unit.local.drill_books import BANK, FIRST, PHONE, Case, account, call, debit

LOST = call(fault="drop_after_debit+callback_lost")


def listed(case: Case, of: Account) -> Listed:
    [row] = explain([of], case.evidence)
    return row


def callback(says_paid: bool = True, state: str = "sent", status: int | None = 200) -> Delivery:
    return Delivery(FIRST, says_paid, state, status)


def test_a_closed_attempt_is_not_listed() -> None:
    assert explain([account()], Case().evidence) == []


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (Case((), ()), "claimed, and never asked for: its process died in between"),
        (Case((), (call(fault="drop_before_debit"),)), "not debited; answer lost (drop_before_debit)"),
        (Case((), (call(fault="decline+drop_after_debit", outcome="declined:AA"),)), "declined; answer lost"),
        (Case(calls=(LOST,), callbacks=(callback(state="lost", status=None),)), "debited; answer lost"),
        (Case(calls=(LOST,), callbacks=(callback(status=503),)), "callback sent, and not taken in by us"),
        (Case(calls=(LOST,), callbacks=(callback(says_paid=False),)), "callback contradicts"),
        (Case(), "debited; answered, but its process was killed or had no table to write to"),
    ],
)
def test_an_outcome_that_nobody_could_know_has_its_reason(case: Case, reason: str) -> None:
    row = listed(case, account(result=UNKNOWN))

    assert reason in row.reason
    assert row.debited == bool(case.debits)
    assert judge_list([row]) == []


def test_an_acknowledged_callback_that_settled_nothing_is_a_finding() -> None:
    row = listed(Case(calls=(LOST,), callbacks=(callback(),)), account(result=UNKNOWN))

    assert "was acknowledged" in judge_list([row])[0].what


def test_a_payment_that_the_bank_lists_is_a_finding() -> None:
    row = listed(Case((debit(None),)), account(BANK, UNKNOWN))

    assert "the bank lists its payment" in judge_list([row])[0].what


def test_a_payment_whose_id_we_know_is_a_finding() -> None:
    row = listed(Case(()), account(BANK, PENDING))

    assert "can be asked for its payment by id" in judge_list([row])[0].what


def test_the_absence_of_a_bank_payment_proves_nothing() -> None:
    row = listed(Case((), (call(None, fault="hang"),)), account(BANK, UNKNOWN))

    assert "proves nothing" in row.reason
    assert judge_list([row]) == []


@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_how_far_an_abandoned_attempt_had_come_is_told(rail: RailName) -> None:
    abandoned = account(rail, ABANDONED)
    asked = call(FIRST if rail is PHONE else None)
    taken = debit(FIRST if rail is PHONE else None)

    assert left_behind([abandoned], Case((), ()).evidence) == {"claimed, not asked for yet": 1}
    assert left_behind([abandoned], Case((), (asked,)).evidence) == {"asked for, not debited": 1}
    assert left_behind([abandoned], Case((taken,), (asked,)).evidence) == {"asked for and debited": 1}
    assert left_behind([account(rail, UNKNOWN)], Case((taken,), (asked,)).evidence) == {}
