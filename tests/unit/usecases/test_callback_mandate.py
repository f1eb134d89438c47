"""Callbacks of a mandate: it is read again at the provider before anything changes."""

import pytest

from pinbill.domain.attempts import AttemptState
from pinbill.domain.states import State
from pinbill.usecases.callback import MandateMoved
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import BANK, PAID, PENDING, declined, service
from tests.unit.usecases.world import World


def matched(world: World) -> tuple[int, int]:
    return (
        world.telemetry.count(Observation.CALLBACK_RECEIVED),
        world.telemetry.count(Observation.CALLBACK_UNMATCHED),
    )


def bank(debits: bool = True) -> World:
    world = World(BANK)
    world.due()
    world.bank.will_bill(PENDING, debits=debits)
    world.wake()
    return world


def test_a_moved_mandate_is_read_again_at_the_provider_before_anything_changes() -> None:
    world = bank()
    before = world.subscription
    world.report(MandateMoved("mandate-1", revoked=False))
    assert world.subscription == before

    world.bank.will_find(PAID)
    world.report(MandateMoved("mandate-1", revoked=False))

    assert world.subscription.open_attempt is None
    assert len(world.bank.queries) == 2
    world.check()


def test_many_callbacks_do_not_use_up_the_looks_that_would_find_a_failure() -> None:
    """Failures are not reported: after a flood of callbacks the payment is still polled to its end."""
    world = bank(debits=False)
    for _ in range(30):
        world.report(MandateMoved("mandate-1", revoked=False))
    world.bank.will_find(declined())

    world.after(minutes=10)
    world.wake()

    assert world.subscription.open_attempt is None
    assert world.subscription.state is State.PAST_DUE
    world.check()


def test_a_revoked_mandate_cancels_at_once() -> None:
    world = World(BANK)
    world.due()

    world.report(MandateMoved("mandate-1", revoked=True))
    world.wake()

    assert (world.subscription.state, world.subscription.end_reason) == (State.CANCELLED, "mandate_revoked")
    assert world.debits == ["period 1"]
    world.check()


@pytest.mark.parametrize("revoked", [True, False])
def test_a_mandate_that_is_not_ours_changes_nothing(revoked: bool) -> None:
    world = bank()
    before = world.subscription

    world.report(MandateMoved("mandate-2", revoked=revoked))
    world.callback(service(BANK, partner="other"), lambda: MandateMoved("mandate-1", revoked=revoked))
    world.callback(service(BANK, id="games"), lambda: MandateMoved("mandate-1", revoked=revoked))

    assert world.subscription == before
    assert matched(world) == (0, 3)


def test_a_callback_during_the_call_leaves_the_claim_to_its_owner() -> None:
    world = World(BANK)
    world.due()
    seen: list[AttemptState] = []

    def early(order: BillOrder) -> None:
        world.bank.before_debit = lambda order: None
        world.report(MandateMoved("mandate-1", revoked=False))
        assert world.subscription.open_attempt is not None
        seen.append(world.subscription.open_attempt.state)

    world.bank.before_debit = early
    world.wake()

    assert seen == [AttemptState.IN_FLIGHT]
    assert world.bank.queries == []
    world.check()
