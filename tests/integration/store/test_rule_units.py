"""What the rules cost in DynamoDB's units, and that a renewal without them costs what it always did."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.caps import Caps
from pinbill.domain.catalog import Terms
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeGiven, NoticeRules
from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.notices import Notices
from tests.fakes.units import Units
from tests.integration.store.conftest import Journey
from tests.integration.store.test_units import _woken, engine, journey, kms, table, units  # noqa: F401  # fixtures
from tests.unit.store.typical import BANK, ID, PARTNER

CAPS = Caps(Money(15_000_00, "INR"), Money(20_000_00, "INR"))


def _under(journey: Journey, terms: Terms, **changes: object) -> Subscription:  # noqa: F811
    journey.catalog.put_plan(replace(BANK.plan, terms=terms))
    active = replace(BANK.active(), **changes)  # type: ignore[arg-type]
    return journey.store.create(active, Entry(1, active.created_at, EntryKind.SUBSCRIBED, active.state))


def _due(journey: Journey, subscription: Subscription) -> None:  # noqa: F811
    journey.clock.set(subscription.timers[Timer.BILL] + timedelta(seconds=1))


@pytest.mark.parametrize("receipt", [False, True], ids=["others' receipt", "the partner's receipt"])
def test_a_renewal_under_caps_costs_no_unit_more(journey: Journey, units: Units, receipt: bool) -> None:  # noqa: F811
    subscription = _under(journey, Terms(CAPS))
    if receipt:
        journey.catalog.put_service(replace(BANK.service, receipt_owed_by="partner"))
    _due(journey, subscription)
    journey.bank.will_bill(BANK.paid)

    spent = _woken(journey, units, subscription)

    assert journey.store.subscription(PARTNER, ID).spent is not None
    assert spent.writes == {"SUB": 2, "J": 1}
    assert spent.reads["SUB"] == 1


def test_a_renewal_with_its_notice_costs_the_announcement_and_the_report_more(
    journey: Journey,  # noqa: F811
    units: Units,  # noqa: F811
) -> None:
    rules = NoticeRules()
    bill = BANK.active().timers[Timer.BILL]
    timers = {Timer.BILL: bill, Timer.NOTICE: bill - rules.lead}
    subscription = _under(journey, Terms(notice=rules), notice_lead=rules.lead, timers=timers)
    journey.clock.set(bill - rules.lead + timedelta(seconds=1))
    announced = _woken(journey, units, subscription)
    notice = journey.store.subscription(PARTNER, ID).notice
    assert notice is not None
    units.spent()
    report = NoticeGiven(notice.period, notice.amount, notice.bills_at, journey.clock.now())
    Notices(journey.store, journey.catalog, journey.clock).given(PARTNER, ID, report)
    reported = units.spent()
    _due(journey, subscription)
    journey.bank.will_bill(BANK.paid)
    billed = _woken(journey, units, subscription)

    assert announced.writes == {"SUB": 1, "J": 1, "index due": 1}
    assert reported.writes == {"SUB": 1, "J": 1}
    assert billed.writes == {"SUB": 2, "J": 1, "index due": 1}  # the time of the next announcement
