"""Cancel: once it has answered, nothing is claimed any more, whatever was under way."""

import itertools

import pytest

from pinbill.domain.attempts import BillResult, FailureClass
from pinbill.domain.ending import When
from pinbill.domain.journal import EntryKind
from pinbill.domain.states import FINAL, State
from pinbill.domain.subscription import Activity, Timer
from pinbill.errors import PinbillError, StoreUnavailable, SubscriptionNotFound
from pinbill.usecases.calls import Answer, BillOrder, CallResult
from tests.unit.domain.samples import BANK, NOT_CHARGED, NOT_SENT, PAID, PENDING, PHONE, UNKNOWN, declined
from tests.unit.usecases.world import Fault, World

FAILED = [CallResult(answer) for answer in Answer if answer is not Answer.DONE]


def live_a_year(world: World) -> None:
    """Wake whenever something is due, and once a day besides."""
    end = world.now.replace(year=world.now.year + 1)
    while world.now < end:
        due = world.subscription.due
        world.clock.set(max(world.now, min(due[0], end)) if due else end)
        world.wake()
        world.after(hours=1)


@pytest.mark.parametrize("rail", [PHONE, BANK])
@pytest.mark.parametrize(("state", "when"), list(itertools.product(State, When)))
def test_after_a_cancel_from_any_state_nothing_is_ever_debited(state: State, when: When, rail: str) -> None:
    world = World(BANK if rail == BANK else PHONE)
    if state is State.EXPIRED and rail == BANK:
        world.subscribe()
        world.after(hours=1)
        world.wake()
    else:
        world.in_state(state)
    before = len(world.bills.orders)

    answered = world.cancel(when)
    live_a_year(world)

    assert len(world.bills.orders) == before
    assert not world.subscription.is_live
    assert world.subscription.state is (state if state in FINAL else State.CANCELLED)
    assert (answered.cancel_at is not None) or state in FINAL
    world.check()


@pytest.mark.parametrize("when", list(When))
def test_a_second_cancel_is_success_and_tells_nobody_twice(when: When) -> None:
    world = World()
    world.active()
    first = world.cancel(when)

    second = world.cancel(when)

    assert second == first
    assert world.phone.called("close_activity") == (when is When.NOW)
    assert world.kinds.count(EntryKind.CANCELLED) == (when is When.NOW)


def test_a_cancel_frees_the_number_at_once() -> None:
    world = World()
    first = world.active()
    world.cancel()

    assert world.subscribe().id != first.id


def test_what_was_paid_is_kept_to_its_end() -> None:
    world = World()
    subscription = world.active()
    assert subscription.schedule is not None

    cancelled = world.cancel(When.PERIOD_END)

    assert cancelled.cancel_at == subscription.schedule.start(2)
    world.clock.set(subscription.schedule.start(2))
    world.after(seconds=-1)
    assert world.wake().access
    world.after(seconds=1)
    assert world.wake().state is State.CANCELLED
    assert world.debits == ["period 1"]
    world.check()


OUTCOMES = [PAID, declined(), declined(FailureClass.HARD), declined(FailureClass.REFUSED), NOT_SENT, UNKNOWN, PENDING]


def name(value: object) -> str:
    return f"{value.state}-{value.failure}" if isinstance(value, BillResult) else str(value)


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("result", OUTCOMES, ids=name)
@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_a_cancel_during_a_renewal_names_it_and_lets_nothing_follow(rail: str, result: BillResult, when: When) -> None:
    world = World(BANK if rail == BANK else PHONE)
    world.due()
    named: list[str | None] = []

    def cancelled(order: BillOrder) -> None:
        world.bills.before_debit = lambda order: None
        answer = world.cancel(when)
        named.append(answer.open_attempt.id if answer.open_attempt else None)

    world.bills.before_debit = cancelled
    world.bills.will_bill(result)
    world.wake()
    live_a_year(world)

    assert named == [world.bills.orders[1].reference]
    assert len(world.bills.orders) == 2
    assert not world.subscription.is_live or world.subscription.open_attempt
    world.check()


@pytest.mark.parametrize("found", [PAID, declined(), NOT_CHARGED], ids=name)
def test_a_cancel_at_period_end_follows_the_outcome_of_an_open_renewal(found: BillResult) -> None:
    world = World(BANK)
    subscription = world.due()
    world.bank.will_bill(PENDING, debits=found is PAID)
    world.wake()
    world.cancel(When.PERIOD_END)
    world.bank.will_find(found)
    world.after(minutes=10)

    after = world.wake()

    assert subscription.schedule is not None
    if found is PAID:
        assert after.state is State.ACTIVE
        assert after.cancel_at == subscription.schedule.start(3)
        world.clock.set(subscription.schedule.start(3))
        after = world.wake()
    assert after.state is State.CANCELLED
    assert len(world.bank.orders) == 2
    world.check()


@pytest.mark.parametrize("failure", FAILED, ids=lambda result: str(result.answer))
def test_the_provider_is_told_of_the_end_until_it_acknowledges(failure: CallResult) -> None:
    world = World()
    world.active()
    world.phone.will_answer("close_activity", *[failure] * 5)

    answered = world.cancel()
    assert answered.state is State.CANCELLED
    assert answered.activity is Activity.CLOSE_DUE
    live_a_year(world)

    assert world.phone.called("close_activity") == 6
    assert world.subscription.activity is Activity.CLOSED
    assert world.subscription.due is None


def test_a_crash_after_the_cancel_was_written_is_told_later() -> None:
    world = World()
    world.active()

    def kill() -> None:
        raise KeyboardInterrupt

    world.phone.during["close_activity"] = kill
    with pytest.raises(KeyboardInterrupt):
        world.cancel()

    world.check()
    live_a_year(world)
    assert world.subscription.activity is Activity.CLOSED


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_cancel_whose_write_fails_is_repeated_to_success(fault: Fault) -> None:
    world = World()
    world.active()
    world.store.faults.append(fault)
    with pytest.raises(StoreUnavailable):
        world.cancel()

    assert world.cancel().state is State.CANCELLED

    live_a_year(world)
    assert world.debits == ["period 1"]
    assert world.subscription.activity is Activity.CLOSED
    world.check()


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_cancel_has_succeeded_although_the_acknowledged_activity_could_not_be_written(fault: Fault) -> None:
    world = World()
    world.active()
    world.store.faults.extend(["", fault])

    assert world.cancel().state is State.CANCELLED

    live_a_year(world)
    assert world.debits == ["period 1"]
    assert world.subscription.activity is Activity.CLOSED
    world.check()


def test_a_renewal_that_claims_first_is_named_by_the_cancel_and_one_that_comes_later_is_refused() -> None:
    world = World()
    world.due()
    world.store.before_commit = world.wake

    cancelled = world.cancel()

    assert cancelled.state is State.CANCELLED
    assert world.debits == ["period 1", "period 2"]
    world.after(days=40)
    world.wake()
    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_another_partner_cannot_cancel() -> None:
    world = World()
    world.active()

    with pytest.raises(SubscriptionNotFound):
        world.canceller("other", world.id, When.NOW, "test")

    assert world.subscription.state is State.ACTIVE


def test_a_cancel_during_the_confirm_leaves_nothing_to_bill_and_nothing_logged() -> None:
    world = World()
    world.subscribe()
    world.phone.before_debit = lambda order: None
    world.store.before_commit = world.cancel

    with pytest.raises(PinbillError):
        world.confirm()

    live_a_year(world)
    assert world.debits == []
    assert world.subscription.activity in (Activity.NONE, Activity.CLOSED)
    world.check()


def test_a_cancel_at_period_end_takes_effect_although_a_charge_is_unknown_for_ever() -> None:
    world = World()
    world.active()
    world.phone.will_bill(UNKNOWN, debits=False)
    world.charge()
    world.cancel(When.PERIOD_END)

    live_a_year(world)

    assert not world.subscription.access


@pytest.mark.parametrize("state", [State.TRIALING, State.ACTIVE])
def test_the_timers_of_a_cancel_at_period_end_are_its_end_and_nothing_else(state: State) -> None:
    world = World()
    world.in_state(state)

    cancelled = world.cancel(When.PERIOD_END)

    assert set(cancelled.timers) == {Timer.END}


@pytest.mark.parametrize("when", list(When))
def test_the_receipt_of_a_cancel_is_that_of_the_first_request_however_often_it_is_repeated(when: When) -> None:
    world = World(PHONE)
    world.active()
    world.after(days=1)
    asked = world.now
    first = world.canceller.receipt(world.cancel(when))
    world.after(days=2)

    again = world.canceller.receipt(world.cancel(when))

    assert first is not None
    assert first == again
    assert first.at == asked


def test_who_never_confirmed_has_no_receipt_of_a_cancel() -> None:
    world = World(PHONE)
    expired = world.in_state(State.EXPIRED)

    assert world.canceller.receipt(expired) is None
