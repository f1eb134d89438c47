"""What operators are told of an attempt: counted by rail, outcome and class of partner, and named in every log line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pinbill.domain.attempts import BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.partner_classes import PartnerClasses
from pinbill.usecases.callback import BillReported
from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.telemetry import Observation
from tests.fakes.telemetry import Observed
from tests.unit.domain.samples import NOT_SENT, PAID, PENDING, UNKNOWN, declined
from tests.unit.usecases.unknowns import last, look, opened, prove, wrongly_denied
from tests.unit.usecases.world import World

PHONE, BANK = RailName.INFOMEDIA, RailName.SIGNZY
# What is said of one attempt.
OF_AN_ATTEMPT = frozenset(
    {
        Observation.ATTEMPT_SETTLED,
        Observation.ATTEMPT_UNKNOWN,
        Observation.ATTEMPT_NEEDS_DECISION,
        Observation.DECISION_OVERDUE,
        Observation.EXCESS_DEBIT,
        Observation.OUTCOME_NOT_WRITTEN,
        Observation.OUTCOME_CONTRADICTED,
        Observation.CODE_UNLISTED,
        Observation.PROVIDER_REFUSED,
        Observation.CALLBACK_REPORTS_NO_DEBIT,
    }
)


def settled(world: World) -> list[Observed]:
    return [each for each in world.telemetry.observed if each.what is Observation.ATTEMPT_SETTLED]


@pytest.mark.parametrize("rail", [PHONE, BANK])
@pytest.mark.parametrize("result", [PAID, declined(), PENDING, UNKNOWN, NOT_SENT], ids=lambda result: str(result.state))
def test_an_attempt_is_counted_by_its_rail_its_outcome_and_the_class_of_its_partner(
    rail: RailName, result: BillResult
) -> None:
    world = opened(result, rail, debits=False)

    dimensions = settled(world)[-1].dimensions
    assert dimensions == {"rail": rail.value, "outcome": result.state.value, "partner_class": "standard"}


def test_a_partner_that_is_listed_is_counted_in_its_class() -> None:
    world = World()
    world.due()
    settling = replace(world.settling, partner_classes=PartnerClasses.parse("acme=large"))
    worker = replace(world.worker, payments=replace(world.payments, settling=settling))
    world.telemetry.observed.clear()

    worker.wake(world.plan.partner, world.id)

    [observed] = settled(world)
    assert observed.dimensions["partner_class"] == "large"


@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_what_is_paid_is_summed_in_major_units_of_its_currency(rail: RailName) -> None:
    world = opened(PAID, rail)
    paid = world.plan.price

    assert world.telemetry.values(Measure.AMOUNT_PAID, rail=rail.value, currency=paid.currency)[-1] == float(paid.major)


@pytest.mark.parametrize("result", [declined(), PENDING, UNKNOWN, NOT_SENT], ids=lambda result: str(result.state))
def test_what_is_not_paid_is_no_amount(result: BillResult) -> None:
    world = World()
    world.due()
    world.telemetry.measured.clear()
    world.bills.will_bill(result)

    world.wake()

    assert [each for each in world.telemetry.measured if each.what is Measure.AMOUNT_PAID] == []


def test_every_line_about_an_attempt_names_the_partner_the_subscription_and_the_attempt() -> None:
    seen: set[Observation] = set()
    for world in _troubled():
        told = [each for each in world.telemetry.observed if each.what in OF_AN_ATTEMPT]
        references = {order.reference for order in world.bills.orders}
        for each in told:
            assert (each.fields["partner"], each.fields["subscription"]) == (world.plan.partner, world.id)
            assert each.fields["attempt"] in references
        seen |= {each.what for each in told}

    assert seen == OF_AN_ATTEMPT


def _troubled() -> list[World]:
    """Worlds in which everything was said that is said of an attempt."""
    looked_for = opened()
    while looked_for.telemetry.count(Observation.DECISION_OVERDUE) == 0:
        look(looked_for)
    contradicted = opened(declined())
    prove(contradicted, last(contradicted))
    excess = opened()
    denied = wrongly_denied(excess)
    excess.wake()
    prove(excess, denied)
    noted = opened()
    noted.report(BillReported(last(noted), None, replace(declined(), code="AA")))
    not_written = World()
    not_written.due()
    not_written.store.faults.extend(["", "lost"])
    not_written.wake()
    failures = [opened(declined(failure)) for failure in (FailureClass.UNLISTED, FailureClass.REFUSED)]
    return [looked_for, contradicted, excess, noted, not_written, *failures]
