"""Wake: renewals are billed once, however often and however late somebody is woken."""

import pytest

from pinbill.domain.attempts import BillResult, FailureClass
from pinbill.domain.catalog import CatchUp
from pinbill.domain.dunning import Dunning
from pinbill.domain.journal import EntryKind
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Timer
from pinbill.usecases.calls import BillOrder
from tests.unit.domain.samples import BANK, NOT_SENT, PAID, PHONE, UNKNOWN, declined
from tests.unit.usecases.waking import RAILS, due, next_timer, period_now
from tests.unit.usecases.world import World

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


@pytest.mark.parametrize("failure", [FailureClass.SOFT, FailureClass.UNLISTED])
def test_a_decline_stops_a_backlog_until_the_next_wake(failure: FailureClass) -> None:
    world = due(catch_up=CatchUp.BILL_EACH)
    world.after(days=75)
    world.phone.will_bill(declined(failure))

    world.wake()

    assert len(world.phone.orders) == 2
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
