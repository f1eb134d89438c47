"""Wake: open attempts are followed, and every other timer is done."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import CatchUp
from pinbill.domain.journal import EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Timer
from pinbill.errors import StoreUnavailable
from pinbill.usecases.calls import Answer, CallResult
from pinbill.usecases.ports.telemetry import Observation
from tests.fakes.rails import NOT_LISTED
from tests.unit.domain.samples import BANK, NOT_CHARGED, NOT_SENT, PAID, PENDING, PHONE, UNKNOWN, declined
from tests.unit.usecases.waking import RAILS, activity, due, next_timer, period_now
from tests.unit.usecases.world import World

# --- open attempts


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("debited", [True, False])
def test_an_attempt_whose_process_died_is_unknown_after_its_lease_and_never_repeated(rail: str, debited: bool) -> None:
    world = due(rail)
    world.bills.will_bill(PAID, debits=debited)
    world.store.faults.extend(["", "lost"])
    world.wake()

    for _ in range(200):
        world.after(hours=4)
        world.wake()

    assert len(world.bills.orders) == 2
    attempt = world.subscription.open_attempt
    assert attempt is not None
    assert attempt.state is AttemptState.UNKNOWN
    assert world.kinds.count(EntryKind.ATTEMPT_NEEDS_DECISION) == 1
    world.check()


@pytest.mark.parametrize("first", [PENDING, UNKNOWN], ids=lambda result: str(result.state))
@pytest.mark.parametrize("found", [PAID, declined(), NOT_CHARGED], ids=lambda result: str(result.state))
def test_a_mandate_debit_is_asked_after_until_it_is_known(first: BillResult, found: BillResult) -> None:
    world = due(BANK)
    world.bank.will_bill(first, debits=found is PAID)
    world.wake()
    world.bank.will_find(NOT_LISTED, NOT_LISTED, found)

    while world.subscription.open_attempt:
        next_timer(world)
        world.wake()
        assert world.now < world.entries[0].at.replace(year=2027)

    assert len(world.bank.queries) == 3
    assert world.debits.count("period 2") == (found.state is not AttemptState.DECLINED)
    world.check()


def test_a_look_carries_what_is_known_of_the_payment_and_of_others() -> None:
    world = World(BANK)
    world.bank.will_bill(replace(PAID, provider_reference="p-1"), UNKNOWN)
    world.due()
    world.wake()
    world.after(hours=1)

    world.wake()

    (query,) = world.bank.queries
    assert query.provider_reference is None
    assert query.known == {"p-1"}
    assert query.amount == world.plan.price


def test_two_workers_looking_at_once_settle_once() -> None:
    world = due(BANK)
    world.bank.will_bill(PENDING)
    world.wake()
    world.bank.will_find(PAID, PAID)
    world.after(hours=1)
    world.store.before_commit = world.wake

    world.wake()

    assert world.kinds.count(EntryKind.ATTEMPT_PAID) == 2
    assert world.debits == ["period 1", "period 2"]
    world.check()


@pytest.mark.parametrize("rail", RAILS)
def test_an_open_attempt_holds_up_grace_and_every_bill_until_it_is_known(rail: str) -> None:
    world = World(BANK if rail == BANK else PHONE)
    world.in_state(State.PAST_DUE)
    world.bills.will_bill(UNKNOWN, debits=False)
    world.wake()
    asked = len(world.bills.orders)

    world.after(days=100)
    world.wake()

    assert len(world.bills.orders) == asked
    assert world.subscription.state is State.PAST_DUE
    world.check()


# --- the other timers


def test_what_nobody_confirms_expires_and_is_closed() -> None:
    world = World()
    world.subscribe()
    world.phone.will_bill(declined(FailureClass.PIN))
    with pytest.raises(Exception, match="PIN"):
        world.confirm()
    assert activity(world) is Activity.LOGGED
    world.after(hours=1)

    assert world.wake().state is State.EXPIRED
    world.after(minutes=1)
    world.wake()

    assert world.subscription.activity is Activity.CLOSED
    assert world.subscription.due is None
    assert world.subscribe().state is State.PENDING


def test_a_confirm_in_the_last_moment_is_not_expired_under_its_open_bill() -> None:
    world = World(BANK)
    world.subscribe()
    world.bank.will_bill(PENDING)
    world.after(hours=1)
    world.store.before_commit = world.confirm

    assert world.wake().state is State.PENDING

    assert world.subscription.open_attempt is not None
    world.check()


def test_an_activity_that_two_workers_tell_at_once_leaves_no_timer_behind() -> None:
    """One is acknowledged, the other gets no answer and must not plan another telling."""
    world = World()
    world.phone.will_answer("log_activity", CallResult(Answer.UNCLEAR))
    world.catalog.put_service(replace(world.service, activity_order=world.service.activity_order.AFTER_BILL))
    world.active()
    assert activity(world) is Activity.LOG_DUE
    world.phone.will_answer("log_activity", CallResult(Answer.DONE), CallResult(Answer.UNCLEAR))
    next_timer(world)
    world.phone.during["log_activity"] = world.wake

    world.wake()

    assert world.subscription.activity is Activity.LOGGED
    assert Timer.ACTIVITY not in world.subscription.timers
    world.check()


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("fault", ["lost", "applied"])
@pytest.mark.parametrize("step", range(3))
@pytest.mark.parametrize("result", [PAID, declined(), NOT_SENT, UNKNOWN, PENDING], ids=lambda result: str(result.state))
def test_a_worker_whose_write_fails_at_any_step_never_debits_twice(
    result: BillResult, step: int, fault: str, rail: str
) -> None:
    world = due(rail, catch_up=CatchUp.BILL_EACH)
    world.bills.will_bill(result)
    world.store.faults.extend([*[""] * step, fault])  # type: ignore[list-item]

    for _ in range(12):
        try:
            world.wake()
        except StoreUnavailable:
            world.check()
        world.after(days=3)
    world.wake()

    if world.subscription.open_attempt is None:
        assert period_now(world) == world.subscription.next_period - 1 or not world.subscription.is_live
    world.check()


def test_periods_that_are_given_up_are_counted() -> None:
    world = due()
    assert world.subscription.schedule is not None
    world.clock.set(world.subscription.schedule.start(5))

    world.wake()

    assert world.telemetry.count(Observation.PERIODS_WRITTEN_OFF) == 3
