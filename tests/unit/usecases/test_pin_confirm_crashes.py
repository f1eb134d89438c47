"""Confirm: processes that die and writes that fail between any two steps."""

from datetime import timedelta

import pytest

from pinbill.domain.catalog import ActivityOrder
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity
from pinbill.errors import (
    AttemptOpen,
    PinbillError,
    StoreUnavailable,
    WrongState,
)
from tests.unit.usecases.confirming import BEFORE, ORDERS, pending


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("fault", ["lost", "applied"])
@pytest.mark.parametrize("step", range(4))
def test_a_confirm_whose_write_fails_at_any_step_debits_once_in_the_end(
    step: int, fault: str, order: ActivityOrder
) -> None:
    world = pending(order)
    world.store.faults.extend([*[""] * step, fault])  # type: ignore[list-item]

    for _ in range(3):
        try:
            world.confirm()
        except (StoreUnavailable, AttemptOpen, WrongState):
            world.check()

    debited = list(world.debits)
    assert len(debited) <= 1
    if world.subscription.state is not State.ACTIVE:
        assert world.subscription.open_attempt is not None, "neither paid nor followed"
    world.check()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("at", ["log_activity", "bill"])
def test_a_process_killed_in_a_call_of_the_confirm_leaves_a_state_that_comes_to_an_end(
    at: str, order: ActivityOrder
) -> None:
    world = pending(order)

    def kill(*_: object) -> None:
        world.phone.before_debit = lambda order: None
        raise KeyboardInterrupt

    if at == "bill":
        world.phone.before_debit = kill
    else:
        world.phone.during[at] = kill
    with pytest.raises(KeyboardInterrupt):
        world.confirm()
    world.check()

    for _ in range(20):
        due = world.subscription.due
        if due is None:
            break
        world.clock.set(max(world.now, due[0]))
        world.wake()
        if world.now > world.subscription.created_at + timedelta(days=20):
            break
    subscription = world.subscription
    if at == "bill":
        assert subscription.open_attempt is not None
        assert subscription.open_attempt.follow_ups >= 3
    elif order is BEFORE:
        assert (subscription.state, subscription.activity) == (State.EXPIRED, Activity.CLOSED)
    else:
        assert subscription.activity is Activity.LOGGED
    world.check()


def test_a_first_bill_whose_outcome_could_not_be_written_is_not_reported_as_nothing_taken() -> None:
    world = pending(BEFORE)
    world.store.faults.extend(["", "", "", "lost"])  # admit, log, claim, settle

    said = ""
    try:
        world.confirm()
    except PinbillError as error:
        said = error.message

    assert world.debits == ["period 1"]
    assert "nothing was taken" not in said
    assert "no payment was started" not in said
