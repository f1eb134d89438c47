"""Following an open attempt: what is learnt is settled, what is not is looked at again."""

import pytest

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import LEASE, RULES
from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import BANK, PAID, PENDING, PHONE, UNKNOWN
from tests.unit.usecases.world import World


def opened(rail: str, result: BillResult) -> World:
    world = World(BANK if rail == BANK else PHONE)
    world.due()
    world.bills.will_bill(result)
    world.wake()
    return world


def look(world: World) -> Subscription:
    return world.follow_up.look(world.subscription, world.plan, world.service)


@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_every_rung_is_looked_from_once_the_last_asks_for_a_person_and_looks_go_on(rail: str) -> None:
    world = opened(rail, UNKNOWN)
    ladder = RULES[world.rail].ladder

    for _ in range(len(ladder) + 3):
        world.clock.set(world.subscription.timers[Timer.FOLLOW_UP])
        world.wake()

    assert len(world.bank.queries) == (len(ladder) + 3 if rail == BANK else 0)
    assert world.kinds.count(EntryKind.ATTEMPT_NEEDS_DECISION) == 1
    assert world.telemetry.count(Observation.ATTEMPT_NEEDS_DECISION) == 1
    assert world.telemetry.count(Observation.DECISION_OVERDUE) == 1
    world.check()


def test_looks_out_of_turn_use_up_no_rung() -> None:
    world = opened(BANK, PENDING)
    planned = world.subscription.timers[Timer.FOLLOW_UP]

    for _ in range(50):
        look(world)

    assert world.subscription.open_attempt is not None
    assert world.subscription.open_attempt.follow_ups == 0
    assert world.subscription.timers[Timer.FOLLOW_UP] == planned
    assert len(world.bank.queries) == 50


def test_a_look_out_of_turn_settles_what_it_learns() -> None:
    world = opened(BANK, PENDING)
    world.bank.will_find(PAID)

    assert look(world).open_attempt is None
    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_a_payment_that_the_provider_found_but_has_not_ended_is_pending_from_then_on() -> None:
    world = opened(BANK, UNKNOWN)
    world.bank.will_find(PENDING)
    world.after(minutes=30)

    after = world.wake()

    assert after.open_attempt is not None
    assert (after.open_attempt.state, after.open_attempt.provider_reference) == (AttemptState.PENDING, "p-1")
    world.after(days=1)
    world.wake()
    assert world.bank.queries[-1].provider_reference == "p-1"
    world.check()


@pytest.mark.parametrize("minutes", [0, 4.9])
def test_a_fresh_claim_is_left_to_its_owner(minutes: float) -> None:
    world = World(BANK)
    world.due()

    def meanwhile(order: BillOrder) -> None:
        world.bank.before_debit = lambda order: None
        world.after(minutes=minutes)
        world.wake()
        assert look(world).open_attempt is not None
        assert world.subscription.open_attempt is not None
        assert world.subscription.open_attempt.state is AttemptState.IN_FLIGHT

    world.bank.before_debit = meanwhile
    world.wake()

    assert world.bank.queries == []
    assert world.kinds.count(EntryKind.ATTEMPT_UNKNOWN) == 0


def test_an_answer_that_came_while_its_attempt_was_given_up_is_kept() -> None:
    """The owner writes `pending` after the follow-up has read the claim and before it writes `unknown`."""
    world = World(BANK)
    world.due()

    def given_up(order: BillOrder) -> None:
        world.bank.before_debit = lambda order: None
        world.clock.advance(LEASE)
        claimed = world.subscription
        assert claimed.open_attempt is not None
        world.settling(claimed, claimed.open_attempt, PENDING, world.plan)
        world.follow_up.abandoned(claimed, world.plan)

    world.bank.before_debit = given_up
    world.bank.will_bill(PENDING)
    world.wake()

    assert world.subscription.open_attempt is not None
    assert world.subscription.open_attempt.state is AttemptState.PENDING
    assert EntryKind.ATTEMPT_UNKNOWN not in world.kinds
