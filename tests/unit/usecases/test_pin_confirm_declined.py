"""Confirm: a first bill that was declined, never asked, or has no known outcome yet."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import ActivityOrder
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity
from pinbill.errors import (
    AttemptOpen,
    ProviderBusy,
    ProviderRefused,
    ProviderUnreachable,
    SecretUnreadable,
)
from tests.fakes.rails import NOT_LISTED
from tests.unit.domain.samples import BANK, NOT_CHARGED, NOT_SENT, PAID, PENDING, PHONE, UNKNOWN, declined
from tests.unit.usecases.confirming import AFTER, BEFORE, ORDERS, calls, pending
from tests.unit.usecases.world import World


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("failure", [f for f in FailureClass if f not in (FailureClass.PIN, FailureClass.REFUSED)])
def test_a_declined_first_bill_is_an_answer_and_not_an_error(failure: FailureClass, order: ActivityOrder) -> None:
    world = pending(order)
    world.phone.will_bill(declined(failure))

    confirmed = world.confirm()

    hard = failure is FailureClass.HARD
    assert confirmed.attempt is not None
    assert confirmed.attempt.state is AttemptState.DECLINED
    assert confirmed.subscription.state is (State.ENDED if hard else State.PENDING)
    logged = Activity.CLOSED if hard else Activity.LOGGED
    assert confirmed.subscription.activity is (logged if order is BEFORE else Activity.NONE)
    assert (
        calls(world) == (["log_activity", "close_activity"] if hard else ["log_activity"])[: 0 if order is AFTER else 2]
    )
    world.check()


def test_after_a_soft_decline_the_same_user_can_try_again() -> None:
    world = pending()
    world.phone.will_bill(declined())
    world.confirm()

    assert world.confirm().subscription.state is State.ACTIVE

    assert world.debits == ["period 1"]
    assert calls(world) == ["log_activity"]


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (NOT_SENT, ProviderUnreachable),
        (replace(NOT_SENT, code="secret_unreadable"), SecretUnreadable),
        (declined(FailureClass.REFUSED), ProviderRefused),
        (replace(declined(FailureClass.REFUSED), retry_after=9), ProviderBusy),
    ],
)
@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_a_first_bill_that_was_never_asked_is_an_error_and_may_be_repeated(
    result: BillResult, error: type[Exception], rail: str
) -> None:
    world = World(BANK if rail == BANK else PHONE)
    world.subscribe()
    world.bills.will_bill(result)

    with pytest.raises(error):
        world.confirm()
    assert world.confirm().subscription.state is State.ACTIVE

    assert world.debits == ["period 1"]
    world.check()


@pytest.mark.parametrize("debits", [True, False])
@pytest.mark.parametrize("result", [UNKNOWN, PENDING], ids=["unknown", "pending"])
@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_an_answer_that_is_not_known_yet_is_said_so_and_never_guessed(
    rail: str, result: BillResult, debits: bool
) -> None:
    world = World(BANK if rail == BANK else PHONE)
    world.subscribe()
    world.bills.will_bill(result, debits=debits)

    confirmed = world.confirm()

    assert confirmed.subscription.state is State.PENDING
    assert not confirmed.subscription.access
    assert confirmed.attempt is not None
    assert confirmed.attempt.is_open
    with pytest.raises(AttemptOpen):
        world.confirm()
    world.after(hours=30)
    world.wake()
    assert world.subscription.open_attempt is not None
    assert len(world.bills.orders) == 1
    world.check()


@pytest.mark.parametrize(
    ("found", "state"), [(PAID, State.ACTIVE), (declined(), State.EXPIRED), (NOT_CHARGED, State.EXPIRED)]
)
def test_a_pending_first_debit_is_followed_to_its_end(found: BillResult, state: State) -> None:
    world = World(BANK)
    world.subscribe()
    asked_at = world.now
    world.bank.will_bill(PENDING, debits=found is PAID)
    world.confirm()
    world.bank.will_find(NOT_LISTED, NOT_LISTED, found)

    for _ in range(3):
        due = world.subscription.due
        assert due is not None
        world.clock.set(due[0])
        world.wake()

    assert world.subscription.state is state
    if found is PAID:
        assert world.subscription.schedule is not None
        assert world.subscription.schedule.start(1) == asked_at
    world.check()
