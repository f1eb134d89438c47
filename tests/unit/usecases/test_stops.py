"""Stops: what an operator has stopped is not billed, stays due, and is billed when it goes on; all else goes on."""

from datetime import timedelta

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.states import State
from pinbill.domain.stops import Scope, Stop
from pinbill.domain.subscription import Timer
from pinbill.errors import BillingStopped, ScopeInvalid
from tests.unit.domain.samples import BANK, PHONE, claimed, standing
from tests.unit.usecases.confirming import AFTER, pending
from tests.unit.usecases.dispatching import ID, MINUTE, Dispatcher
from tests.unit.usecases.waking import due
from tests.unit.usecases.world import World

OURS = ["everything", "rail/infomedia", "partner/acme", "plan/acme/monthly-infomedia"]
OTHERS = ["rail/signzy", "partner/bravo", "plan/acme/other", "plan/bravo/monthly-infomedia"]


def stop(world: World, name: str) -> Scope:
    scope = Scope.parse(name)
    world.stops.put(Stop(scope, "ann", "the price is wrong", world.now))
    return scope


@pytest.mark.parametrize("name", OURS)
def test_a_stopped_renewal_waits_and_is_billed_when_billing_goes_on(name: str) -> None:
    world = due()
    scope = stop(world, name)

    world.wake()
    assert world.debits == ["period 1"]
    assert world.subscription.open_attempt is None
    world.stops.lift(scope)
    world.wake()

    assert world.debits == ["period 1", "period 2"]


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_stopped_is_billed(name: str) -> None:
    world = due()
    stop(world, name)

    world.wake()

    assert world.debits == ["period 1", "period 2"]


def test_no_request_takes_money_that_is_stopped() -> None:
    world = due()
    stop(world, "partner/acme")

    with pytest.raises(BillingStopped):
        world.charge()
    assert world.debits == ["period 1"]


def test_a_confirm_that_is_stopped_uses_up_no_try_of_the_pin_and_may_be_repeated() -> None:
    world = pending(AFTER)
    scope = stop(world, "everything")

    with pytest.raises(BillingStopped):
        world.confirm()
    assert world.subscription.pin is not None
    assert world.subscription.pin.tries == 0
    world.stops.lift(scope)

    assert world.confirm().subscription.state is State.ACTIVE
    assert world.debits == ["period 1"]


def test_a_cancel_goes_through_a_stop() -> None:
    world = due()
    stop(world, "everything")

    world.cancel()

    assert world.subscription.state is State.CANCELLED


@pytest.mark.parametrize("name", OURS)
def test_a_run_leaves_a_stopped_cohort_where_it_is_and_goes_on_there(name: str) -> None:
    schedule = Dispatcher()
    schedule.put_renewing([1, 2], schedule.world.now + MINUTE)
    schedule.dispatcher.run()
    schedule.queue.take()
    scope = stop(schedule.world, name)
    schedule.world.after(minutes=90)

    schedule.dispatcher.run()
    schedule.dispatcher.sweep()
    assert schedule.taken() == []
    schedule.world.stops.lift(scope)
    schedule.dispatcher.run()

    assert schedule.taken() == [1, 2]


def test_a_retry_that_is_stopped_is_found_by_a_sweep_when_billing_goes_on() -> None:
    schedule = Dispatcher()
    schedule.put_due([1])
    scope = stop(schedule.world, "plan/acme/monthly-infomedia")
    schedule.dispatcher.run()
    assert schedule.taken() == []
    schedule.world.stops.lift(scope)
    schedule.world.clock.advance(timedelta(minutes=20))

    schedule.dispatcher.sweep()

    assert schedule.taken() == [1]


@pytest.mark.parametrize(
    "text", ["", "all", "rail/pigeon", "rail", "partner/", "plan/acme", "plan/acme/", "plan/a/b/c"]
)
def test_a_name_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(ScopeInvalid):
        Scope.parse(text)


@pytest.mark.parametrize("text", OURS + OTHERS)
def test_a_scope_has_the_name_that_it_was_read_from(text: str) -> None:
    assert Scope.parse(text).name == text


def test_everything_covers_both_rails() -> None:
    assert [Scope().covers(rail) for rail in RailName] == [True, True]
    assert (Scope(rail=PHONE).covers(BANK), Scope(partner="acme").covers(PHONE, "acme")) == (False, True)


def test_an_attempt_whose_process_died_is_followed_while_billing_is_stopped() -> None:
    schedule = Dispatcher()
    retry = {Timer.BILL: schedule.world.now - MINUTE}
    left = claimed(State.PAST_DUE, id=ID.format(1), timers=retry)
    stop(schedule.world, "everything")
    schedule.put(left, standing(State.PAST_DUE, id=ID.format(2), timers=retry))

    schedule.dispatcher.run()

    assert schedule.taken() == [1]
