"""Debits that come to light when their attempt is closed without one: what is owed they pay, else they are excess.

The judge is the provider's ledger: every debit is in ours once, and what is paid is not asked for again.
"""

from collections.abc import Callable

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.states import State
from pinbill.usecases.callback import BillReported
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import BANK, NOT_SENT, PHONE, PRICE, declined
from tests.unit.usecases.unknowns import (
    check_books,
    counted,
    last,
    opened,
    opened_charge,
    opened_first_bill,
    prove,
    wrongly_denied,
)
from tests.unit.usecases.world import World

RAILS = [PHONE, BANK]


def fail_for_good(world: World) -> None:
    world.bills.will_bill(declined(FailureClass.HARD))
    world.wake()


ENDS: list[tuple[Callable[[], World], Callable[[World], object]]] = [
    (opened, lambda world: world.cancel()),
    (opened, fail_for_good),
    (opened_first_bill, lambda world: world.cancel()),
    (opened_first_bill, lambda world: world.wake()),  # nobody confirmed it again in time
]


# --- what is still owed is paid by it


@pytest.mark.parametrize("amount", [PRICE, None])
def test_a_denied_debit_that_is_reported_pays_its_period_and_it_is_not_billed_again(amount: Money | None) -> None:
    world = opened()
    reference = wrongly_denied(world)

    prove(world, reference, amount)
    world.wake()

    assert world.debits == ["period 1", "period 2"]
    assert world.subscription.next_period == 3
    assert counted(world, Observation.OUTCOME_CONTRADICTED, Observation.EXCESS_DEBIT) == [1, 0]
    check_books(world)


@pytest.mark.parametrize("result", [declined(), NOT_SENT, declined(FailureClass.REFUSED)], ids=lambda r: str(r.state))
def test_an_answer_that_denied_a_debit_is_corrected_by_the_report_of_it(result: BillResult) -> None:
    world = opened(result)

    prove(world, last(world))
    world.wake()

    assert world.subscription.state is State.ACTIVE
    assert world.debits == ["period 1", "period 2"]
    check_books(world)


def test_a_first_bill_that_was_denied_makes_the_subscription_active_when_it_is_proved() -> None:
    world = opened_first_bill()
    reference = wrongly_denied(world)

    prove(world, reference)

    assert (world.subscription.state, world.subscription.next_period) == (State.ACTIVE, 2)
    check_books(world)


def test_a_charge_that_was_denied_is_paid_when_it_is_proved_and_its_key_charges_nothing() -> None:
    world = opened_charge()
    reference = wrongly_denied(world)

    prove(world, reference)

    assert world.charge().charge.attempt.state is AttemptState.PAID
    assert len(world.bills.orders) == 2
    check_books(world)


@pytest.mark.parametrize("minor", [449, 451, 45_000])
def test_a_report_of_another_amount_proves_nothing(minor: int) -> None:
    world = opened(declined(), debits=False)
    before, entries = world.subscription, list(world.entries)

    prove(world, last(world), Money(minor, "GBP"))

    assert (world.subscription, world.entries) == (before, entries)
    assert counted(world, Observation.CALLBACK_UNMATCHED) == [1]


# --- what is not owed any more is excess


def test_a_denied_debit_that_is_proved_after_its_period_was_billed_again_is_excess_once() -> None:
    world = opened()
    reference = wrongly_denied(world)
    world.wake()
    before = world.subscription

    for _ in range(4):
        prove(world, reference)

    assert world.kinds.count(EntryKind.EXCESS_DEBIT) == 1
    assert counted(world, Observation.EXCESS_DEBIT) == [1]
    assert world.subscription.next_period == before.next_period
    assert world.subscription.timers == before.timers
    check_books(world)


@pytest.mark.parametrize(("opens", "ends"), ENDS)
def test_a_denied_debit_that_is_proved_after_the_end_is_for_a_person_to_give_back(
    opens: Callable[[], World], ends: Callable[[World], object]
) -> None:
    world = opens()
    reference = wrongly_denied(world)
    ends(world)
    assert not world.subscription.is_live

    prove(world, reference)
    prove(world, reference)

    assert world.kinds.count(EntryKind.EXCESS_DEBIT) == 1
    assert counted(world, Observation.EXCESS_DEBIT) == [1]
    check_books(world)


def test_a_denied_debit_of_a_period_that_was_given_up_is_excess() -> None:
    world = opened()
    reference = wrongly_denied(world)
    world.after(days=40)
    world.wake()

    prove(world, reference)

    assert EntryKind.PERIODS_WRITTEN_OFF in world.kinds
    assert world.kinds[-1] is EntryKind.EXCESS_DEBIT
    check_books(world)


def test_reports_of_no_debit_do_not_touch_what_is_closed() -> None:
    world = opened(declined(), debits=False)
    before = world.subscription

    world.report(BillReported(last(world), PRICE, declined(FailureClass.HARD)))

    assert world.subscription == before
    assert counted(world, Observation.CALLBACK_RECEIVED) == [1]
