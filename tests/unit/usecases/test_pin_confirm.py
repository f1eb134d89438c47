"""Confirm: the first bill, and the PIN that it needs."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pinbill.domain.attempts import PinVerdict
from pinbill.domain.catalog import ActivityOrder
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Timer
from pinbill.errors import (
    AttemptOpen,
    PinbillError,
    PinExhausted,
    PinExpired,
    PinNotAllowed,
    PinRequired,
    PinWrong,
    WrongState,
)
from pinbill.usecases.calls import Answer, BillOrder, CallResult
from tests.unit.domain.samples import BANK, PHONE
from tests.unit.usecases.confirming import BEFORE, ORDERS, calls, pending, pin_refused
from tests.unit.usecases.world import World

# --- the first bill


@pytest.mark.parametrize("order", ORDERS)
def test_a_confirm_with_the_right_pin_takes_the_first_bill_and_logs_the_activity(order: ActivityOrder) -> None:
    world = pending(order)
    told_at_the_bill: list[Activity] = []
    world.phone.before_debit = lambda order: told_at_the_bill.append(world.subscription.activity)

    confirmed = world.confirm()

    assert confirmed.subscription.state is State.ACTIVE
    assert confirmed.subscription.activity is Activity.LOGGED
    assert told_at_the_bill == [Activity.LOGGED if order is BEFORE else Activity.NONE]
    assert calls(world) == ["log_activity"]
    assert world.debits == ["period 1"]
    assert Timer.ACTIVITY not in world.subscription.timers
    world.check()


def test_a_mandate_is_confirmed_by_its_first_debit() -> None:
    world = World(BANK)
    world.subscribe()

    confirmed = world.confirm()

    assert confirmed.subscription.state is State.ACTIVE
    assert world.phone.calls == []
    assert world.debits == ["period 1"]
    world.check()


def test_a_pin_is_needed_on_the_phone_and_refused_on_a_mandate() -> None:
    phone, bank = pending(), World(BANK)
    bank.subscribe()

    with pytest.raises(PinRequired):
        phone.pin_confirm(phone.plan.partner, phone.id, None)
    with pytest.raises(PinNotAllowed):
        bank.pin_confirm(bank.plan.partner, bank.id, "1234")

    assert phone.debits == bank.debits == []


@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_a_second_confirm_takes_nothing(rail: str) -> None:
    world = World(BANK if rail == BANK else PHONE)
    world.active()

    with pytest.raises(WrongState):
        world.confirm()

    assert world.debits == ["period 1"]


@pytest.mark.parametrize("rail", [PHONE, BANK])
@pytest.mark.parametrize("where", ["after_read", "before_commit"])
def test_two_confirms_at_once_debit_once(rail: str, where: str) -> None:
    world = World(BANK if rail == BANK else PHONE)
    world.subscribe()
    setattr(world.store, where, world.confirm)

    with pytest.raises((WrongState, AttemptOpen)):
        world.confirm()

    assert world.debits == ["period 1"]
    world.check()


def test_a_confirm_during_another_ones_bill_debits_once() -> None:
    world = pending()
    refused: list[type[Exception]] = []

    def second(order: BillOrder) -> None:
        world.phone.before_debit = lambda order: None
        try:
            world.confirm()
        except PinbillError as error:
            refused.append(type(error))

    world.phone.before_debit = second
    world.confirm()

    assert refused == [AttemptOpen]
    assert world.debits == ["period 1"]


# --- the PIN


@pytest.mark.parametrize(
    ("verdict", "error"),
    [
        (None, PinWrong),
        (PinVerdict.WRONG, PinWrong),
        (PinVerdict.EXPIRED, PinExpired),
        (PinVerdict.EXHAUSTED, PinExhausted),
    ],
)
@pytest.mark.parametrize("trial", [0, 7])
def test_a_pin_that_the_provider_refuses_is_its_own_answer(
    verdict: PinVerdict | None, error: type[Exception], trial: int
) -> None:
    world = pending(trial_days=trial)
    world.phone.will_bill(replace(pin_refused, pin=verdict))
    world.phone.will_answer("check_pin", CallResult(Answer.REJECTED, pin=verdict or PinVerdict.WRONG))

    with pytest.raises(error):
        world.confirm()

    assert world.subscription.state is State.PENDING
    assert world.debits == []
    world.check()
    assert world.confirm().subscription.access


def test_the_pin_is_tried_three_times_and_then_the_provider_is_not_asked_any_more() -> None:
    world = pending()
    world.phone.will_bill(*[pin_refused] * 5)

    for _ in range(world.service.pin.tries):
        with pytest.raises(PinWrong):
            world.confirm()
    with pytest.raises(PinExhausted):
        world.confirm()

    assert len(world.bills.orders) == world.service.pin.tries
    world.check()


def test_tries_that_race_are_all_counted() -> None:
    """A guesser sends many confirms at once: each is counted before the provider is asked."""
    world = pending()
    world.phone.will_bill(*[pin_refused] * 20)

    def guess(depth: int) -> Callable[[], None]:
        def happens() -> None:
            if depth:
                world.store.after_read = guess(depth - 1)
            with pytest.raises(PinbillError):
                world.confirm()

        return happens

    guess(10)()

    assert len(world.bills.orders) <= world.service.pin.tries
    assert world.debits == []


def test_an_old_pin_is_not_tried() -> None:
    world = pending()
    world.after(minutes=10)

    with pytest.raises(PinExpired):
        world.confirm()

    assert world.bills.orders == []
