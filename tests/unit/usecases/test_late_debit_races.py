"""A debit that comes to light while somebody else claims, asks, decides or cancels: no order of them takes it twice."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.ending import When
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import LEASE
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer
from pinbill.errors import PinbillError
from pinbill.usecases.calls import BillOrder
from tests.unit.domain.samples import BANK, NOT_SENT, PAID, PENDING, PHONE, UNKNOWN, declined
from tests.unit.usecases.unknowns import (
    booked,
    check_books,
    decide,
    during_the_next_bill,
    last,
    look,
    open_attempt,
    opened,
    opened_charge,
    prove,
    wait_to_decide,
    wrongly_denied,
)
from tests.unit.usecases.world import World

RAILS = [PHONE, BANK]


def later_bills(world: World, days: float = 40) -> None:
    """Everything that falls due in the next days, woken at its time."""
    end = world.now.timestamp() + days * 86_400
    for _ in range(60):
        due = world.subscription.due
        if due is None or due[0].timestamp() > end:
            return
        world.clock.set(max(world.now, due[0]))
        world.wake()
    raise AssertionError("something is always due")


@pytest.mark.parametrize(
    "result",
    [PAID, declined(), declined(FailureClass.HARD), NOT_SENT, UNKNOWN, PENDING],
    ids=lambda result: f"{result.state}-{result.failure}",
)
@pytest.mark.parametrize("rail", RAILS)
def test_a_debit_that_is_proved_during_the_next_bill_pays_the_period_whatever_that_comes_to(
    rail: RailName, result: BillResult
) -> None:
    world = opened(UNKNOWN, rail)
    reference = wrongly_denied(world)
    world.bills.will_bill(result, debits=result is PAID)
    during_the_next_bill(world, lambda: prove(world, reference))

    world.wake()
    if world.subscription.open_attempt:
        wait_to_decide(world)
        world.after(days=7)
        for _ in range(12):
            look(world)
        decide(world)

    assert world.subscription.next_period == 3
    assert world.subscription.state is State.ACTIVE
    assert world.kinds.count(EntryKind.EXCESS_DEBIT) == (result is PAID)
    check_books(world)


@pytest.mark.parametrize("where", ["after_read", "before_commit"])
@pytest.mark.parametrize("denied_by", ["a person", "the provider"])
def test_a_charge_that_is_proved_paid_while_its_key_is_repeated_is_not_charged_again(
    denied_by: str, where: str
) -> None:
    """The repeat still holds the reading in which the charge may be tried again."""
    if denied_by == "a person":
        world = opened_charge()
        reference = wrongly_denied(world)
    else:
        world = World()
        world.active()
        world.bills.will_bill(declined(FailureClass.REFUSED), debits=True)
        with pytest.raises(PinbillError):
            world.charge()
        reference = last(world)
    setattr(world.store, where, lambda: prove(world, reference))

    charged = world.charge()

    assert charged.charge.attempt.state is AttemptState.PAID
    assert [debit.startswith("charge") for debit in world.debits] == [False, True]
    check_books(world)


@pytest.mark.parametrize("where", ["after_read", "before_commit"])
def test_a_period_that_is_proved_paid_while_a_worker_claims_it_is_not_billed_again(where: str) -> None:
    world = opened()
    reference = wrongly_denied(world)
    setattr(world.store, where, lambda: prove(world, reference))

    world.wake()

    assert world.debits == ["period 1", "period 2"]
    check_books(world)


def test_a_claim_found_again_beneath_the_proof_that_its_period_is_paid_is_withdrawn_unasked() -> None:
    """The answer of the claim's write was lost; the store shows it again, covered by the debit of an earlier bill."""
    world = opened()
    reference = wrongly_denied(world)
    world.store.faults.append("own")
    world.store.after_own = lambda: prove(world, reference)

    world.wake()

    assert world.debits == ["period 1", "period 2"]
    check_books(world)


@pytest.mark.parametrize("where", ["after_read", "before_commit"])
def test_two_reports_of_one_debit_at_once_book_it_once(where: str) -> None:
    world = opened()
    reference = wrongly_denied(world)
    setattr(world.store, where, lambda: prove(world, reference))

    prove(world, reference)

    assert booked(world).count(reference) == 1
    check_books(world)


def test_a_worker_that_answers_after_its_attempt_was_denied_and_billed_again_adds_an_excess_debit() -> None:
    world = World()
    world.due()

    def hang(order: BillOrder) -> None:
        world.bills.before_debit = lambda order: None
        world.clock.advance(LEASE)
        world.wake()
        wait_to_decide(world)
        decide(world, reference=order.reference)
        world.wake()

    world.bills.before_debit = hang
    world.wake()

    assert world.debits == ["period 1", "period 2", "period 2"]
    assert world.kinds.count(EntryKind.EXCESS_DEBIT) == 1
    assert world.subscription.next_period == 3
    check_books(world)


@pytest.mark.parametrize("result", [PAID, declined(), NOT_SENT], ids=lambda result: str(result.state))
def test_the_answer_of_a_charge_that_was_given_up_is_still_its_outcome(result: BillResult) -> None:
    """The charge's record was written when it was given up: its process holds an older reading."""
    world = World()
    world.active()
    world.bills.will_bill(result)

    def given_up() -> None:
        world.clock.advance(LEASE)
        world.wake()
        assert open_attempt(world).state is AttemptState.UNKNOWN

    during_the_next_bill(world, given_up)
    with suppress(PinbillError):
        world.charge()

    assert world.subscription.open_attempt is None
    assert world.charge().charge.attempt.state is (AttemptState.DECLINED if result == declined() else AttemptState.PAID)
    check_books(world)


def test_a_look_that_finds_the_debit_while_a_person_denies_it_pays_the_period() -> None:
    world = opened(UNKNOWN, BANK)
    wait_to_decide(world)
    world.bank.will_find(PAID)
    world.store.before_commit = lambda: decide(world)

    world.wake()

    assert world.debits == ["period 1", "period 2"]
    assert world.subscription.next_period == 3
    check_books(world)


@pytest.mark.parametrize("when", When)
def test_a_cancel_while_a_debit_is_proved_bills_nothing_more(when: When) -> None:
    world = opened()
    reference = wrongly_denied(world)
    world.store.before_commit = lambda: world.cancel(when)

    prove(world, reference)
    later_bills(world)

    assert len(world.bills.orders) == 2
    assert world.subscription.state is State.CANCELLED
    check_books(world)


@pytest.mark.parametrize("open_", [opened, opened_charge])
def test_an_open_charge_beside_a_late_debit_is_found_again_when_its_process_dies(open_: Callable[[], World]) -> None:
    """The charge was claimed while a bill was due, and relied on that to be found; the late debit pays the bill."""
    world = open_()
    reference = wrongly_denied(world)

    def die(order: BillOrder) -> None:
        prove(world, reference)
        raise KeyboardInterrupt

    world.bills.before_debit = die
    with pytest.raises(KeyboardInterrupt):
        world.charge("key-2")
    world.bills.before_debit = lambda order: None

    due = world.subscription.due
    assert due is not None
    assert due[0] <= world.now + LEASE
    world.clock.advance(LEASE)
    world.wake()
    assert open_attempt(world).state is AttemptState.UNKNOWN
    assert Timer.FOLLOW_UP in world.subscription.timers
