"""What a client is told whose repeat was overtaken by the proof that the first try was paid."""

from contextlib import suppress
from dataclasses import replace
from typing import override

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.journal import Entry
from pinbill.domain.money import Money
from pinbill.domain.states import State
from pinbill.errors import PinbillError, StoreUnavailable
from pinbill.usecases.charge import ChargeCommand
from pinbill.usecases.ports.store import Page
from tests.unit.domain.samples import NOT_SENT, PAID, UNKNOWN, declined
from tests.unit.usecases.unknowns import (
    check_books,
    during_the_next_bill,
    opened_charge,
    opened_first_bill,
    prove,
    wrongly_denied,
)
from tests.unit.usecases.world import FaultyStore


@pytest.mark.parametrize("result", [PAID, declined(), NOT_SENT, UNKNOWN], ids=lambda result: str(result.state))
def test_a_debit_that_is_proved_during_the_repeat_of_a_charge_is_what_the_key_answers(result: BillResult) -> None:
    world = opened_charge()
    reference = wrongly_denied(world)
    world.bills.will_bill(result, debits=result is PAID)
    during_the_next_bill(world, lambda: prove(world, reference))
    try:
        world.charge()
    except PinbillError:
        assert result is NOT_SENT

    again = world.charge()

    assert (again.charge.attempt.id, again.charge.attempt.state) == (reference, AttemptState.PAID)
    assert len(world.bills.orders) == 3
    check_books(world)


@pytest.mark.parametrize("result", [declined(), NOT_SENT], ids=lambda result: str(result.state))
def test_the_client_whose_repeat_was_covered_is_told_that_the_charge_is_paid(result: BillResult) -> None:
    """The money was taken by the first try: neither "declined" nor "nothing was taken" is true of the charge."""
    world = opened_charge()
    reference = wrongly_denied(world)
    world.bills.will_bill(result, debits=False)
    during_the_next_bill(world, lambda: prove(world, reference))

    charged = world.charge()

    assert charged.charge.attempt.state is AttemptState.PAID


@pytest.mark.parametrize("result", [declined(FailureClass.PIN), NOT_SENT], ids=lambda result: str(result.state))
def test_the_user_whose_second_confirm_was_covered_is_told_that_the_first_bill_is_paid(result: BillResult) -> None:
    world = opened_first_bill()
    reference = wrongly_denied(world)
    world.resend()
    world.bills.will_bill(result, debits=False)
    during_the_next_bill(world, lambda: prove(world, reference))

    confirmed = world.confirm()

    assert confirmed.subscription.state is State.ACTIVE


class LedgerDown(FaultyStore):
    """Writes, but cannot be asked what it has written of money."""

    def __init__(self, store: FaultyStore) -> None:
        vars(self).update(vars(store))

    @override
    def journal(self, partner: str, id: str, limit: int, cursor: str | None, money_only: bool) -> Page[Entry]:
        raise StoreUnavailable


def test_a_covered_charge_whose_covering_cannot_be_read_is_not_called_declined() -> None:
    world = opened_charge()
    reference = wrongly_denied(world)
    world.bills.will_bill(declined(), debits=False)
    during_the_next_bill(world, lambda: prove(world, reference))
    settling = replace(world.settling, store=LedgerDown(world.store))
    charge_now = replace(world.charge_now, payments=replace(world.payments, settling=settling))
    command = ChargeCommand(world.plan.partner, world.id, "key-1", Money(99, "GBP"), "extra")

    told = None
    with suppress(PinbillError):
        told = charge_now(command).charge.attempt.state

    assert told is not AttemptState.DECLINED
    assert world.charge().charge.attempt.state is AttemptState.PAID
