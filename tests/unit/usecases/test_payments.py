"""Claim, call, settle: with every write failing before and after, and with others acting in between."""

import pytest

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, BillResult
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.journal import EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from pinbill.errors import AlreadySettled, AttemptOpen, ConcurrentChange, StoreUnavailable, WrongState
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.payments import Taken
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import NOT_CHARGED, PAID, UNKNOWN, declined
from tests.unit.usecases.world import World


def take(world: World, kind: AttemptKind = AttemptKind.RENEWAL) -> Taken:
    return world.payments.take(
        world.store.subscription(world.plan.partner, world.id),
        lambda current, owner, now: claim_period(current, kind, owner, now),
        world.plan,
        world.service,
        "Acme News",
    )


def open_state(subscription: Subscription) -> AttemptState | None:
    return subscription.open_attempt.state if subscription.open_attempt else None


def due() -> World:
    world = World()
    world.due()
    return world


def test_a_bill_is_claimed_before_it_is_asked_for_and_travels_with_its_reference() -> None:
    world = due()
    seen: list[tuple[str, Attempt | None]] = []
    world.phone.before_debit = lambda order: seen.append((order.reference, world.subscription.open_attempt))

    taken = take(world)

    ((reference, attempt),) = seen
    assert attempt is not None
    assert (attempt.id, attempt.state) == (reference, AttemptState.IN_FLIGHT)
    assert taken.attempt.id == reference
    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_a_claim_that_could_not_be_written_asks_nobody() -> None:
    world = due()
    world.store.faults.append("lost")

    with pytest.raises(StoreUnavailable):
        take(world)

    assert world.debits == ["period 1"]
    assert world.subscription.open_attempt is None
    world.check()


def test_a_claim_whose_writing_is_uncertain_asks_nobody_and_is_followed_up() -> None:
    world = due()
    world.store.faults.append("applied")

    with pytest.raises(StoreUnavailable):
        take(world)

    assert world.debits == ["period 1"]
    assert world.subscription.open_attempt is not None
    world.check()


def test_a_claim_that_comes_back_as_somebody_elses_write_is_known_by_its_owner() -> None:
    world = due()
    world.store.faults.append("own")

    take(world)

    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_a_claim_that_comes_back_beneath_a_cancel_is_withdrawn_unasked() -> None:
    world = due()
    world.store.faults.append("own")
    world.store.after_own = world.cancel

    taken = take(world)

    assert taken.attempt.state is AttemptState.NOT_SENT
    assert world.debits == ["period 1"]
    assert (world.subscription.state, world.subscription.open_attempt) == (State.CANCELLED, None)
    world.check()


@pytest.mark.parametrize("result", [PAID, UNKNOWN, declined()], ids=lambda result: str(result.state))
def test_an_outcome_that_could_not_be_written_leaves_the_attempt_open_and_watched(result: BillResult) -> None:
    world = due()
    world.phone.will_bill(result)
    world.store.faults.extend(["", "lost"])

    taken = take(world)
    with pytest.raises(AttemptOpen):
        take(world)

    assert (taken.attempt.state, taken.result.state) == (AttemptState.IN_FLIGHT, result.state)
    assert len(world.bills.orders) == 2
    assert world.subscription.open_attempt is not None
    assert world.subscription.due is not None
    world.check()


def test_an_outcome_whose_writing_is_uncertain_is_not_asked_for_again() -> None:
    world = due()
    world.store.faults.extend(["", "applied"])

    take(world)
    with pytest.raises(AlreadySettled):
        take(world)

    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_a_process_killed_during_the_call_leaves_an_attempt_that_nobody_repeats() -> None:
    world = due()

    def kill(order: BillOrder) -> None:
        raise KeyboardInterrupt

    world.phone.before_debit = kill
    with pytest.raises(KeyboardInterrupt):
        take(world)
    world.phone.before_debit = lambda order: None

    assert open_state(world.wake()) is AttemptState.IN_FLIGHT
    world.after(minutes=5)
    assert open_state(world.wake()) is AttemptState.UNKNOWN

    assert world.debits == ["period 1"]
    world.check()


def test_the_same_period_is_billed_once_however_old_the_reading_is_that_it_is_decided_on() -> None:
    """Two workers read the same due subscription; the second goes on after the first has been paid."""
    world = due()
    old = world.subscription
    world.wake()

    with pytest.raises(AlreadySettled):
        world.payments.take(
            old,
            lambda current, owner, now: claim_period(current, AttemptKind.RENEWAL, owner, now),
            world.plan,
            world.service,
            "Acme News",
        )

    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_a_claim_by_somebody_else_in_the_last_moment_wins() -> None:
    world = due()
    world.store.before_commit = world.wake

    with pytest.raises(AlreadySettled):
        take(world)

    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_a_cancel_in_the_last_moment_wins() -> None:
    world = due()
    world.store.before_commit = world.cancel

    with pytest.raises(WrongState):
        take(world)

    assert world.debits == ["period 1"]
    world.check()


def test_a_bill_that_others_keep_overtaking_is_given_up_before_the_call() -> None:
    world = due()

    def touch() -> None:
        world.store.commit(Change.of(world.subscription))
        world.store.before_commit = touch

    world.store.before_commit = touch
    with pytest.raises(ConcurrentChange):
        take(world)

    assert world.debits == ["period 1"]


def test_a_result_after_somebody_else_settled_changes_nothing() -> None:
    world = due()
    open_attempt: list[Attempt] = []

    def answer_early(order: BillOrder) -> None:
        attempt = world.subscription.open_attempt
        assert attempt is not None
        open_attempt.append(attempt)
        world.settling(world.subscription, attempt, PAID, world.plan)

    world.phone.before_debit = answer_early
    take(world)

    assert world.subscription.next_period == 3
    assert world.kinds.count(EntryKind.ATTEMPT_PAID) == 2
    world.phone.before_debit = lambda order: None
    world.settling(world.subscription, open_attempt[0], NOT_CHARGED, world.plan)
    assert EntryKind.ATTEMPT_NOT_CHARGED not in world.kinds
    world.check()


def test_a_late_answer_of_an_abandoned_attempt_is_still_its_outcome() -> None:
    world = due()

    def hang(order: BillOrder) -> None:
        world.phone.before_debit = lambda order: None
        world.after(minutes=6)
        world.wake()

    world.phone.before_debit = hang
    take(world)

    assert world.kinds[-2:] == [EntryKind.ATTEMPT_UNKNOWN, EntryKind.ATTEMPT_PAID]
    assert world.subscription.state is State.ACTIVE
    assert world.debits == ["period 1", "period 2"]
    world.check()


@pytest.mark.parametrize("result", [PAID, UNKNOWN], ids=lambda result: str(result.state))
def test_every_outcome_is_counted_and_an_unknown_one_twice(result: BillResult) -> None:
    world = due()
    world.telemetry.observed.clear()
    world.phone.will_bill(result)

    take(world)

    assert world.telemetry.count(Observation.ATTEMPT_SETTLED) == 1
    assert world.telemetry.count(Observation.ATTEMPT_UNKNOWN) == (result is UNKNOWN)


def test_the_answer_of_a_take_is_what_the_ledger_says() -> None:
    """A callback settles the attempt as paid while the call itself runs into its timeout."""
    world = due()
    world.phone.will_bill(UNKNOWN, debits=True)

    def callback(order: BillOrder) -> None:
        attempt = world.subscription.open_attempt
        assert attempt is not None
        world.settling(world.subscription, attempt, PAID, world.plan)

    world.phone.before_debit = callback
    taken = take(world)

    assert taken.subscription.open_attempt is None
    assert taken.attempt.state is AttemptState.PAID
