"""Confirm: LogActivity in both orders and with every answer, and the free period."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import PinVerdict
from pinbill.domain.catalog import ActivityOrder
from pinbill.domain.journal import EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity
from pinbill.errors import (
    NumberRejected,
    PinExpired,
    ProviderUnclear,
    ProviderUnreachable,
    Unavailable,
    WrongState,
)
from pinbill.usecases.calls import Answer, CallResult
from tests.unit.domain.samples import BANK
from tests.unit.usecases.confirming import AFTER, BEFORE, FAILED, ORDERS, UNCLEAR, UNSENT, calls, pending
from tests.unit.usecases.world import World

# --- LogActivity fails


@pytest.mark.parametrize(("answer", "error"), FAILED)
def test_without_an_acknowledged_log_nothing_is_billed(answer: CallResult, error: type[Exception]) -> None:
    world = pending(BEFORE)
    world.phone.will_answer("log_activity", answer)

    with pytest.raises(error):
        world.confirm()

    assert world.bills.orders == []
    assert world.subscription.state is State.PENDING
    assert world.subscription.activity is (Activity.LOG_DUE if answer is UNCLEAR else Activity.NONE)
    world.check()
    assert world.confirm().subscription.state is State.ACTIVE
    assert world.debits == ["period 1"]


@pytest.mark.parametrize("second", [UNCLEAR, UNSENT, CallResult(Answer.BUSY)])
def test_a_log_that_may_have_arrived_is_closed_although_its_repeat_did_not(second: CallResult) -> None:
    world = pending(BEFORE)
    world.phone.will_answer("log_activity", UNCLEAR, second)
    for _ in range(2):
        with pytest.raises(Unavailable):
            world.confirm()

    world.after(hours=1)
    assert world.wake().state is State.EXPIRED
    for _ in range(2):
        world.after(minutes=6)
        world.wake()

    assert world.phone.called("close_activity") == 2
    assert world.subscription.activity is Activity.CLOSED
    world.check()


@pytest.mark.parametrize(("answer", "_error"), FAILED)
def test_a_log_after_the_bill_is_told_again_until_it_is_acknowledged(
    answer: CallResult, _error: type[Exception]
) -> None:
    world = pending(AFTER)
    world.phone.will_answer("log_activity", *[answer] * 4)

    confirmed = world.confirm()

    assert confirmed.subscription.state is State.ACTIVE
    while world.subscription.activity is Activity.LOG_DUE:
        due = world.subscription.due
        assert due is not None
        world.clock.set(due[0])
        world.wake()
    assert world.phone.called("log_activity") == 5
    assert world.debits == ["period 1"]
    world.check()


def test_a_cancel_during_the_log_is_closed_although_the_log_arrives_after_the_close() -> None:
    world = pending(BEFORE)
    world.phone.during["log_activity"] = world.cancel

    with pytest.raises(WrongState):
        world.confirm()
    world.after(minutes=6)
    world.wake()

    assert [kind for kind, _ in world.phone.calls][-1] == "close_activity"
    assert world.phone.called("close_activity") == 2
    assert world.subscription.activity is Activity.CLOSED
    assert world.debits == []
    world.check()


# --- the free period


@pytest.mark.parametrize("order", ORDERS)
def test_a_free_period_checks_the_pin_and_takes_no_money(order: ActivityOrder) -> None:
    world = pending(order, trial_days=7)

    confirmed = world.confirm()

    assert confirmed.attempt is None
    assert confirmed.subscription.state is State.TRIALING
    assert calls(world) == (["log_activity", "check_pin"] if order is BEFORE else ["check_pin", "log_activity"])
    assert world.debits == []
    world.check()
    world.after(days=6, hours=23)
    world.wake()
    assert world.debits == []
    world.after(hours=1)
    world.wake()
    assert world.debits == ["period 1"]
    assert world.subscription.state is State.ACTIVE
    world.check()


def test_a_free_period_by_mandate_starts_without_a_call() -> None:
    world = World(BANK, trial_days=7)
    world.subscribe()

    assert world.confirm().subscription.state is State.TRIALING

    assert world.bank.orders == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (CallResult(Answer.REJECTED, pin=PinVerdict.EXPIRED), PinExpired),
        (CallResult(Answer.REJECTED), NumberRejected),
        (UNSENT, ProviderUnreachable),
        (UNCLEAR, ProviderUnclear),
    ],
)
def test_a_pin_that_was_not_proved_right_starts_no_free_period(answer: CallResult, error: type[Exception]) -> None:
    world = pending(trial_days=7)
    world.phone.will_answer("check_pin", answer)

    with pytest.raises(error):
        world.confirm()

    assert world.subscription.state is State.PENDING
    world.check()


def test_two_confirms_of_a_free_period_start_it_once() -> None:
    world = pending(trial_days=7)

    def second() -> None:
        world.confirm()

    world.phone.during["check_pin"] = second
    with pytest.raises(WrongState):
        world.confirm()

    assert world.kinds.count(EntryKind.TRIAL_STARTED) == 1
    world.check()


def test_a_free_period_that_was_promised_is_given_although_the_plan_changed_before_the_confirm() -> None:
    world = pending(trial_days=7)
    world.catalog.put_plan(replace(world.plan, trial_days=0))

    world.confirm()

    assert world.debits == []
