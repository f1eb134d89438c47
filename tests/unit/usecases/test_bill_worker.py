"""Wake: whatever is due is done, once, however often and however late somebody is woken."""

from dataclasses import replace
from typing import Any

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import CatchUp
from pinbill.domain.dunning import Dunning
from pinbill.domain.journal import EntryKind
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Timer
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports import Answer, BillOrder, CallResult, Observation
from tests.unit.domain.samples import BANK, NOT_CHARGED, NOT_SENT, PAID, PENDING, PHONE, UNKNOWN, declined
from tests.unit.usecases.world import World

RAILS = [PHONE, BANK]


def due(rail: str = PHONE, **changes: Any) -> World:
    world = World(BANK if rail == BANK else PHONE, **changes)
    world.due()
    return world


def next_timer(world: World) -> None:
    waits = world.subscription.due
    assert waits is not None
    world.clock.set(max(world.now, waits[0]))


def activity(world: World) -> Activity:
    return world.subscription.activity


def period_now(world: World) -> int:
    assert world.subscription.schedule is not None
    return world.subscription.schedule.period_at(world.now)


# --- renewals


@pytest.mark.parametrize("rail", RAILS)
def test_a_year_of_renewals_debits_every_period_once(rail: str) -> None:
    world = World(BANK if rail == BANK else PHONE)
    world.active()
    for _ in range(12):
        next_timer(world)
        world.wake()
        world.wake()

    assert world.debits == [f"period {n}" for n in range(1, 14)]
    world.check()


@pytest.mark.parametrize("early", [{"days": -1}, {"seconds": -1}])
def test_waking_too_early_does_nothing(early: dict[str, float]) -> None:
    world = due()
    world.after(**early)
    before = world.subscription

    assert world.wake() == before
    assert world.debits == ["period 1"]


@pytest.mark.parametrize("where", ["after_read", "before_commit"])
@pytest.mark.parametrize(
    "result", [PAID, declined(), declined(FailureClass.HARD), NOT_SENT, UNKNOWN], ids=lambda result: str(result.state)
)
def test_two_workers_on_one_due_subscription_ask_once(result: BillResult, where: str) -> None:
    """The second one read before the first one's claim and goes on after its settlement."""
    world = due()
    world.phone.will_bill(result)
    setattr(world.store, where, world.wake)

    world.wake()

    assert len(world.phone.orders) == 2
    world.check()


def test_a_worker_that_wakes_during_the_call_of_another_one_leaves_it_alone() -> None:
    world = due()

    def second(order: BillOrder) -> None:
        world.phone.before_debit = lambda order: None
        world.wake()

    world.phone.before_debit = second
    world.wake()

    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_a_declined_renewal_is_tried_again_on_its_ladder_and_recovers() -> None:
    world = due()
    world.phone.will_bill(declined(), declined())

    assert world.wake().state is State.PAST_DUE
    for _ in range(2):
        next_timer(world)
        world.wake()

    assert world.subscription.state is State.ACTIVE
    assert world.debits == ["period 1", "period 2"]
    assert Timer.DUNNING not in world.subscription.timers
    world.check()


@pytest.mark.parametrize("rail", RAILS)
def test_a_renewal_that_is_never_paid_ends_the_subscription_and_closes_its_activity(rail: str) -> None:
    world = due(rail)
    world.bills.will_bill(*[declined()] * 50)
    states: list[State] = []
    while world.subscription.due:
        next_timer(world)
        states.append(world.wake().state)

    assert list(dict.fromkeys(states)) == [State.PAST_DUE, State.SUSPENDED, State.ENDED]
    assert world.subscription.activity is (Activity.CLOSED if rail == PHONE else Activity.NONE)
    assert len(world.bills.orders) == 1 + 4
    world.check()


def test_a_bill_that_was_not_sent_is_tried_again_soon_and_without_limit() -> None:
    world = due()
    world.phone.will_bill(*[NOT_SENT] * 40)
    for _ in range(40):
        assert world.wake().state is State.ACTIVE
        next_timer(world)

    assert world.wake().next_period == 3
    assert world.debits == ["period 1", "period 2"]
    world.check()


# --- outages


@pytest.mark.parametrize("missed", [0, 1, 2, 5, 11])
@pytest.mark.parametrize("catch_up", list(CatchUp))
@pytest.mark.parametrize("rail", RAILS)
def test_an_outage_is_caught_up_by_the_plans_policy_and_by_nothing_else(
    rail: str, catch_up: CatchUp, missed: int
) -> None:
    world = due(rail, catch_up=catch_up, catch_up_cap=3)
    assert world.subscription.schedule is not None
    world.clock.set(world.subscription.schedule.start(2 + missed))
    world.after(days=1)

    for _ in range(5):
        world.wake()

    current = 2 + missed
    expected = {
        CatchUp.BILL_LATEST: [current],
        CatchUp.FORGIVE: [] if missed else [current],
        CatchUp.BILL_EACH: list(range(max(2, current - 2), current + 1)),
    }[catch_up]
    assert world.debits == ["period 1", *(f"period {n}" for n in expected)]
    assert world.subscription.next_period == current + 1
    written_off = [e.detail for e in world.entries if e.kind is EntryKind.PERIODS_WRITTEN_OFF]
    assert sum(int(d["last"]) - int(d["first"]) + 1 for d in written_off) == missed + 1 - len(expected)
    world.check()


@pytest.mark.parametrize("catch_up", list(CatchUp))
def test_a_period_that_was_declined_to_its_end_does_not_cost_the_next_one(catch_up: CatchUp) -> None:
    world = due(catch_up=catch_up, recurrence=Recurrence(Unit.WEEK, 1), dunning=Dunning(hold=Dunning().hold * 3))
    world.phone.will_bill(*[declined()] * 4)

    while world.subscription.next_period < 4:
        next_timer(world)
        world.wake()

    assert world.debits == ["period 1", "period 3"]
    assert world.subscription.state is State.ACTIVE
    world.check()


def test_a_backlog_is_billed_in_bounded_steps() -> None:
    world = due(catch_up=CatchUp.BILL_EACH, catch_up_cap=100, recurrence=Recurrence(Unit.DAY, 1))
    world.after(days=30)

    world.wake()

    assert len(world.phone.orders) == 1 + 12
    while world.subscription.is_due(Timer.BILL, world.now):
        world.wake()
    assert len(set(world.debits)) == len(world.debits) == period_now(world)
    world.check()


@pytest.mark.parametrize("catch_up", [CatchUp.BILL_LATEST, CatchUp.FORGIVE])
@pytest.mark.parametrize("result", [PAID, UNKNOWN, declined()], ids=lambda result: str(result.state))
def test_a_worker_that_gives_periods_up_does_not_touch_one_that_is_being_billed(
    catch_up: CatchUp, result: BillResult
) -> None:
    """It read the subscription before the claim, and its clock is past the end of the period."""
    world = due(catch_up=catch_up)
    assert world.subscription.schedule is not None
    next_start = world.subscription.schedule.start(3)
    old = world.subscription

    def slow(order: BillOrder) -> None:
        world.phone.before_debit = lambda order: None
        world.clock.set(next_start)
        current = world.store.subscriptions[world.plan.partner, world.id]
        world.worker._write_off(old, world.plan)
        assert world.subscription == current

    world.phone.before_debit = slow
    world.phone.will_bill(result)
    world.wake()

    assert world.subscription.next_period == (4 if result is PAID else 2)
    assert world.debits == ([f"period {n}" for n in (1, 2, 3)] if result is PAID else ["period 1"])
    world.check()


# --- open attempts


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("debited", [True, False])
def test_an_attempt_whose_process_died_is_unknown_after_its_lease_and_never_repeated(rail: str, debited: bool) -> None:
    world = due(rail)
    world.bills.will_bill(PAID, debits=debited)
    world.store.faults.extend(["", "lost"])
    with pytest.raises(StoreUnavailable):
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
    world.bank.will_find(None, None, found)

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
