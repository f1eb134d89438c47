"""Late debits of a mandate: nobody reports them under a reference of ours."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.money import Money
from pinbill.domain.subscription import Mandate
from pinbill.errors import MandateInUse
from pinbill.usecases.callback import MandateMoved
from pinbill.usecases.ports.telemetry import Observation
from tests.fakes.rails import NOT_LISTED
from tests.unit.domain.samples import BANK, PAID, PENDING, UNKNOWN
from tests.unit.usecases.unknowns import (
    booked,
    check_books,
    counted,
    decide,
    last,
    look,
    opened,
    prove,
    wait_to_decide,
    wrongly_denied,
)
from tests.unit.usecases.world import World


def told(world: World) -> int:
    """How often the operators heard of a payment that the ledger denies; found by amount alone, it is not booked."""
    (times,) = counted(world, Observation.OUTCOME_CONTRADICTED)
    return times


@pytest.mark.parametrize("result", [PAID, PENDING], ids=lambda result: str(result.state))
def test_a_payment_that_shows_after_it_was_denied_is_found_by_the_callback_of_its_mandate(result: BillResult) -> None:
    world = opened(UNKNOWN, BANK)
    denied = wrongly_denied(world)
    world.bank.will_find(result)

    world.report(MandateMoved("mandate-1", revoked=False))

    assert told(world) == 1
    assert denied not in booked(world)


def test_it_is_found_while_the_bill_that_was_asked_again_is_waited_for() -> None:
    """The usual order at a bank: results take days, and the first payment's comes while the second is pending."""
    world = opened(UNKNOWN, BANK)
    denied = wrongly_denied(world)
    world.bills.will_bill(replace(PENDING, provider_reference="p-2"))
    world.wake()
    assert last(world) != denied
    world.bank.will_find(replace(PENDING, provider_reference="p-2"), replace(PAID, provider_reference="p-1"))

    world.report(MandateMoved("mandate-1", revoked=False))

    assert told(world) == 1


def test_it_is_found_although_a_later_bill_was_denied_too() -> None:
    world = opened(UNKNOWN, BANK)
    wrongly_denied(world)
    world.bills.will_bill(UNKNOWN, debits=False)
    world.wake()
    wrongly_denied(world)
    world.bank.will_find(NOT_LISTED, PAID)

    world.report(MandateMoved("mandate-1", revoked=False))

    assert told(world) == 1


def test_it_is_found_although_the_subscription_has_ended() -> None:
    world = opened(UNKNOWN, BANK)
    wrongly_denied(world)
    world.cancel()
    world.bank.will_find(PAID)

    world.report(MandateMoved("mandate-1", revoked=False))

    assert told(world) == 1


def test_what_was_denied_and_then_proved_is_not_asked_about_any_more() -> None:
    world = opened(UNKNOWN, BANK)
    prove(world, wrongly_denied(world))
    before = told(world)
    world.bank.will_find(PAID)

    world.report(MandateMoved("mandate-1", revoked=False))

    assert told(world) == before
    check_books(world)


def test_a_payment_that_a_person_has_booked_without_its_id_is_not_taken_for_an_earlier_one() -> None:
    """It is reported when the bank has debited it, days after the person knew: to the search it is nobody's."""
    world = opened(UNKNOWN, BANK, debits=False)
    wrongly_denied(world)
    world.bills.will_bill(UNKNOWN, debits=True)
    world.wake()
    decide(world, AttemptState.PAID)
    world.bank.will_find(replace(PAID, provider_reference="p-2"))

    world.report(MandateMoved("mandate-1", revoked=False))

    assert counted(world, Observation.EXCESS_DEBIT) == [0]
    check_books(world)


def test_a_payment_that_the_provider_shows_while_a_person_denies_it_is_not_forgotten() -> None:
    """The look has found it taken, not yet debited: whoever denied it must hear of it before the bank debits twice."""
    world = opened(UNKNOWN, BANK)
    wait_to_decide(world)
    world.bank.will_find(PENDING)
    world.store.before_commit = lambda: decide(world)

    look(world)

    assert counted(world, Observation.OUTCOME_CONTRADICTED) == [1]


def test_a_payment_of_another_subscription_of_the_mandate_is_not_taken_for_this_ones() -> None:
    """Cancelled with an unknown outcome; the user subscribes again under the same mandate and is billed there."""
    world = opened(UNKNOWN, BANK, debits=False)
    first = world.id
    world.cancel()
    world.after(days=3)

    with pytest.raises(MandateInUse) as refused:
        world.subscribe(mandate=Mandate("mandate-1", Money(10_000, "GBP")))

    assert refused.value.subscription_id == first
