"""The outage drill's judge: by its own arithmetic it knows which bills each policy asks for, and sees any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from local.drill.accounts import Account
from local.drill.arena import Arena
from local.drill.audit import Finding
from local.drill.evidence import Call, Debit, Evidence
from local.drill.outage_story import CANCELS, PAUSES, PAUSES_AND_RESUMES, Outage, Subscriber
from local.drill.outage_verdict import busiest, expected, judge_catch_up
from local.drill.population import Member
from pinbill.domain.attempts import AttemptState
from pinbill.domain.catalog import CatchUp
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.subscription import Timer
from tests.unit.domain.journals import Played
from tests.unit.domain.samples import DAY, NUMBER, PHONE

UNTOUCHED = 7
ID = "S0001"


class Drilled:
    """One subscription by the day that was billed twice, then not for three days."""

    def __init__(self, catch_up: CatchUp, place: int = UNTOUCHED, cap: int = 2) -> None:
        self.played = Played(catch_up=catch_up, recurrence=Recurrence(Unit.DAY, 1))
        self.played.plan = replace(self.played.plan, catch_up_cap=cap)
        self.played.start().bill().later(hours=12)
        self.subscriber = Subscriber(Member(ID, PHONE, NUMBER), Unit.DAY, catch_up, place, self.account())
        self.outage = Outage(cast("Arena", None), [self.subscriber], debits_before={ID: 2})
        self.played.later(hours=24)
        if place in (PAUSES, PAUSES_AND_RESUMES):
            self.played.pause()
        if place == CANCELS:
            self.played.cancel()
        self.played.later(hours=24)
        if place == PAUSES_AND_RESUMES:
            self.played.resume()
        self.played.later(hours=24)
        self.outage.on_at = self.played.now

    def account(self) -> Account:
        return Account(Member(ID, PHONE, NUMBER), self.played.subscription, list(self.played.entries))

    def caught_up(self) -> Drilled:
        self.played.later(minutes=1)
        while self.played.subscription.is_due(Timer.BILL, self.played.now):
            self.played.bill()
        return self

    def judged(self, more: int = 0) -> list[Finding]:
        """With the debits that our own ledger has, and some more."""
        account = self.account()
        paid = [each.id for each in account.attempts.values() if each.state is AttemptState.PAID]
        debits = [Debit(id, ID, id, 450, "GBP") for id in paid] + [Debit("t", ID, "t", 450, "GBP")] * more
        return judge_catch_up(self.outage, [account], Evidence({ID: debits}, {}, {}, [], []))


@pytest.mark.parametrize(
    ("catch_up", "place", "bills", "forgiven"),
    [
        (CatchUp.BILL_EACH, UNTOUCHED, [4, 5], [3]),
        (CatchUp.BILL_LATEST, UNTOUCHED, [5], [3, 4]),
        (CatchUp.FORGIVE, UNTOUCHED, [], [3, 4, 5]),
        (CatchUp.BILL_EACH, PAUSES_AND_RESUMES, [3, 4], []),
        (CatchUp.FORGIVE, PAUSES_AND_RESUMES, [], [3, 4]),
        (CatchUp.BILL_EACH, PAUSES, [], []),
        (CatchUp.BILL_EACH, CANCELS, [], []),
    ],
)
def test_the_product_catches_up_as_the_drill_expects(
    catch_up: CatchUp, place: int, bills: list[int], forgiven: list[int]
) -> None:
    drilled = Drilled(catch_up, place)
    if place not in (PAUSES, CANCELS):
        drilled.caught_up()

    assert expected(drilled.outage, drilled.subscriber, drilled.account()) == (bills, forgiven)
    assert drilled.judged() == []


def test_a_bill_that_was_not_caught_up_is_seen() -> None:
    (bills, debits, given_up) = Drilled(CatchUp.BILL_EACH).judged()

    assert bills.what == "periods [] were billed, and not [4, 5]"
    assert debits.what == "0 debits in the provider's ledger, and not 2"
    assert given_up.what == "periods [] were given up, and not [3]"


def test_more_bills_than_the_cap_allows_are_seen() -> None:
    findings = Drilled(CatchUp.BILL_EACH, cap=3).caught_up().judged()

    assert findings[0].what == "periods [3, 4, 5] were billed, and not [4, 5]"


def test_a_debit_too_many_is_seen() -> None:
    (finding,) = Drilled(CatchUp.BILL_LATEST).caught_up().judged(more=1)

    assert finding.what == "2 debits in the provider's ledger, and not 1"


def test_the_busiest_second_is_counted_wherever_it_begins() -> None:
    drilled = Drilled(CatchUp.BILL_LATEST)
    on_at = drilled.played.now
    moments = [on_at + timedelta(milliseconds=ms) for ms in (0, 900, 1100, 1800, 1899, 5000)]
    calls = [Call(ID, at, None, "billed", 200, None) for at in (on_at - DAY, *moments)]

    assert busiest(drilled.outage, Evidence({}, {ID: calls}, {}, [], []))[PHONE] == (6, 4)
