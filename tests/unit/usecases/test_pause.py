"""Pause and resume: whatever happens at the same time, nothing is debited in between, and then as much as before."""

from datetime import datetime, timedelta

import pytest

from pinbill.domain.journal import EntryKind
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Timer
from pinbill.errors import (
    AttemptOpen,
    PaymentOwed,
    ResumeAtInvalid,
    StoreUnavailable,
    SubscriptionExists,
    SubscriptionNotFound,
    WrongState,
)
from pinbill.usecases.callback import Stopped
from pinbill.usecases.calls import BillOrder
from tests.unit.domain.samples import BANK, NUMBER, UNKNOWN
from tests.unit.usecases.unknowns import opened, prove, wrongly_denied
from tests.unit.usecases.waking import RAILS, due, next_timer
from tests.unit.usecases.world import Fault, World

LEFT = timedelta(days=4)


def running(rail: str, left: timedelta = LEFT) -> World:
    """Its second period begins in so much time."""
    world = due(rail)
    world.clock.set(world.now - left)
    return world


def wake_daily(world: World, days: int) -> None:
    for _ in range(days):
        world.after(days=1)
        world.wake()


def started(world: World, period: int) -> datetime:
    assert world.subscription.schedule is not None
    return world.subscription.schedule.start(period)


@pytest.mark.parametrize("rail", RAILS)
def test_a_pause_without_an_end_bills_nothing_until_it_is_resumed_and_then_what_was_left_later(rail: str) -> None:
    world = running(rail)

    world.pause()
    wake_daily(world, 500)
    assert (world.debits, world.subscription.due, world.subscription.access) == (["period 1"], None, False)
    resumed = world.resume()

    assert resumed.access
    world.after(seconds=LEFT.total_seconds() - 1)
    world.wake()
    assert world.debits == ["period 1"]
    world.after(seconds=1)
    world.wake()
    assert world.debits == ["period 1", "period 2"]
    assert world.kinds[-3:] == [EntryKind.PAUSED, EntryKind.RESUMED, EntryKind.ATTEMPT_PAID]
    world.check()


@pytest.mark.parametrize("rail", RAILS)
def test_a_pause_with_an_end_is_ended_by_the_worker(rail: str) -> None:
    world = running(rail)
    resume_at = world.now + timedelta(days=30)

    world.pause(resume_at)
    world.clock.set(resume_at - timedelta(microseconds=1))
    assert world.wake().state is State.PAUSED
    next_timer(world)

    assert world.now == resume_at
    assert world.wake().state is State.ACTIVE
    next_timer(world)
    assert world.now == resume_at + LEFT
    world.wake()
    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_an_outage_at_the_end_of_a_pause_takes_no_paid_time_away() -> None:
    world = running(BANK)
    world.pause(world.now + timedelta(days=30))
    world.after(days=33)

    world.wake()

    assert started(world, 2) == world.now + LEFT
    assert world.debits == ["period 1"]


def test_a_pause_that_began_with_a_bill_due_ends_with_it() -> None:
    world = running(BANK, timedelta())
    world.pause(world.now + timedelta(days=30))
    next_timer(world)

    world.wake()

    assert world.debits == ["period 1", "period 2"]
    assert started(world, 2) == world.now
    world.check()


def test_a_free_period_is_paused_and_goes_on_free() -> None:
    world = World(BANK)
    world.in_state(State.TRIALING)
    world.clock.set(world.now - LEFT)

    world.pause()
    wake_daily(world, 60)

    assert world.resume().state is State.TRIALING
    next_timer(world)
    assert world.debits == []
    assert world.wake().state is State.ACTIVE
    assert world.debits == ["period 1"]
    world.check()


def test_pausing_and_resuming_twice_is_success_and_is_written_once() -> None:
    world = running(BANK)

    first = world.pause()
    world.after(days=1)
    assert world.pause(world.now + timedelta(days=1)) == first
    resumed = world.resume()
    world.after(days=1)
    assert world.resume() == resumed

    assert world.kinds.count(EntryKind.PAUSED) == world.kinds.count(EntryKind.RESUMED) == 1


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_pause_or_resume_whose_write_fails_is_repeated_to_success(fault: Fault) -> None:
    world = running(BANK)
    for ask, state in ((world.pause, State.PAUSED), (world.resume, State.ACTIVE)):
        world.store.faults.append(fault)
        with pytest.raises(StoreUnavailable):
            ask()

        assert ask().state is state

    assert world.kinds[-2:] == [EntryKind.PAUSED, EntryKind.RESUMED]
    assert started(world, 2) == world.now + LEFT


def test_what_is_not_there_is_not_found() -> None:
    world = World()
    world.id = "nobodys"

    for ask in (world.pause, world.resume):
        with pytest.raises(SubscriptionNotFound):
            ask()


def test_a_time_that_has_passed_is_refused_and_nothing_is_changed() -> None:
    world = running(BANK)
    before = world.subscription

    with pytest.raises(ResumeAtInvalid):
        world.pause(world.now)

    assert world.subscription == before


@pytest.mark.parametrize("state", [State.PAST_DUE, State.SUSPENDED])
def test_who_owes_a_bill_is_not_paused(state: State) -> None:
    world = World(BANK)
    world.in_state(state)

    with pytest.raises(PaymentOwed):
        world.pause()

    assert world.subscription.state is state


# --- beside other operations


@pytest.mark.parametrize("rail", RAILS)
def test_a_pause_waits_for_a_bill_that_is_under_way(rail: str) -> None:
    world = due(rail)
    refused: list[bool] = []

    def pausing(order: BillOrder) -> None:
        with pytest.raises(AttemptOpen):
            world.pause()
        refused.append(True)

    world.bills.before_debit = pausing
    world.wake()

    assert refused == [True]
    assert world.debits == ["period 1", "period 2"]
    world.check()


@pytest.mark.parametrize("where", ["after_read", "before_commit"])
@pytest.mark.parametrize("rail", RAILS)
def test_a_worker_that_had_read_before_the_pause_bills_nothing_after_it(rail: str, where: str) -> None:
    world = due(rail)
    setattr(world.store, where, world.pause)

    world.wake()

    assert world.subscription.state is State.PAUSED
    assert world.debits == ["period 1"]
    world.check()


def test_a_pause_that_had_read_before_a_bill_was_claimed_is_refused() -> None:
    world = due(BANK)
    world.bank.will_bill(UNKNOWN)
    world.store.before_commit = world.wake

    with pytest.raises(AttemptOpen):
        world.pause()

    assert world.subscription.open_attempt is not None


@pytest.mark.parametrize("where", ["after_read", "before_commit"])
def test_a_cancel_at_the_end_of_the_pause_wins_over_it(where: str) -> None:
    world = running(BANK)
    world.pause(world.now + timedelta(days=1))
    next_timer(world)
    setattr(world.store, where, world.cancel)

    world.wake()

    assert world.subscription.state is State.CANCELLED
    assert world.subscription.due is None


def test_two_workers_end_a_pause_once() -> None:
    world = running(BANK)
    world.pause(world.now + timedelta(days=1))
    next_timer(world)
    world.store.before_commit = world.wake

    world.wake()

    assert world.kinds.count(EntryKind.RESUMED) == 1
    assert started(world, 2) == world.now + LEFT


def test_a_resume_by_the_partner_stops_the_one_by_time() -> None:
    world = running(BANK)
    world.pause(world.now + timedelta(days=10))
    world.after(days=2)

    world.resume()

    assert set(world.subscription.timers) == {Timer.BILL}
    assert started(world, 2) == world.now + LEFT


def test_a_charge_is_refused_in_a_pause_and_an_earlier_one_still_answers() -> None:
    world = running(BANK)
    paid = world.charge("earlier").charge
    world.pause()

    with pytest.raises(WrongState, match="paused takes no charge"):
        world.charge("new")

    assert world.charge("earlier").charge == paid
    assert len(world.bills.orders) == 2


def test_a_paused_subscription_is_confirmed_by_nobody_and_keeps_its_number() -> None:
    world = running("infomedia")
    world.pause()

    with pytest.raises(WrongState):
        world.confirm()
    with pytest.raises(WrongState):
        world.resend()
    with pytest.raises(SubscriptionExists):
        world.subscribe()


def test_a_stop_ends_a_paused_subscription_and_the_provider_is_told() -> None:
    world = running("infomedia")
    world.pause(world.now + timedelta(days=10))

    world.report(Stopped(Msisdn(NUMBER), 92))

    assert world.subscription.state is State.CANCELLED
    assert world.subscription.activity is Activity.CLOSED
    wake_daily(world, 60)
    assert world.debits == ["period 1"]


def test_a_debit_that_is_reported_in_a_pause_pays_its_period_and_is_not_asked_for_again() -> None:
    world = opened()
    reference = wrongly_denied(world)
    world.pause()
    left = started(world, 3) - world.now
    world.after(days=40)

    prove(world, reference, None)
    wake_daily(world, 40)
    assert (world.subscription.state, world.subscription.due) == (State.PAUSED, None)
    world.resume()

    assert started(world, 3) == world.now + left
    assert world.wake().timers[Timer.BILL] == world.now + left
    assert world.debits == ["period 1", "period 2"]
    next_timer(world)
    world.wake()
    assert world.debits == ["period 1", "period 2", "period 3"]
