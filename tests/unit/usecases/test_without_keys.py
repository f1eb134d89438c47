"""While the keys of numbers cannot be had: what needs a number fails before anything is done, the rest goes on."""

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.ending import When
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Timer
from pinbill.errors import IdentityUnreadable, PinbillError, StoreUnavailable, SubscriberErased
from tests.unit.usecases.unknowns import opened
from tests.unit.usecases.world import World

WHY = [StoreUnavailable(), IdentityUnreadable(), SubscriberErased()]
every_reason = pytest.mark.parametrize("why", WHY, ids=lambda why: why.code)


def _nothing_done(world: World, before: object) -> None:
    assert world.subscription == before
    assert (world.phone.orders, world.phone.ledger) == ([], [])


@every_reason
def test_a_renewal_is_not_claimed_and_stays_due(why: PinbillError) -> None:
    world = World()
    world.due()
    billed = len(world.phone.orders)
    world.store.without_keys, before = why, world.subscription
    with pytest.raises(type(why)):
        world.wake()
    assert world.subscription == before
    assert len(world.phone.orders) == billed
    world.store.without_keys = None
    world.wake()
    assert len(world.phone.orders) == billed + 1


@every_reason
def test_a_pin_is_neither_counted_nor_checked(why: PinbillError) -> None:
    world = World()
    world.subscribe()
    world.store.without_keys, before = why, world.subscription
    with pytest.raises(type(why)):
        world.confirm()
    _nothing_done(world, before)


@every_reason
def test_no_other_pin_is_sent_nor_counted(why: PinbillError) -> None:
    world = World()
    world.subscribe()
    sent = world.phone.called("send_pin")
    world.store.without_keys, before = why, world.subscription
    with pytest.raises(type(why)):
        world.resend()
    assert (world.subscription, world.phone.called("send_pin")) == (before, sent)


@every_reason
def test_a_cancel_is_final_and_its_provider_is_told_later(why: PinbillError) -> None:
    world = World()
    world.active()
    world.store.without_keys = why
    world.cancel(When.NOW)
    ended = world.subscription
    assert (ended.state, ended.activity) == (State.CANCELLED, Activity.CLOSE_DUE)
    assert Timer.ACTIVITY in ended.timers
    world.store.without_keys = None
    world.clock.set(ended.timers[Timer.ACTIVITY])
    world.wake()
    assert world.subscription.activity is Activity.CLOSED


def test_a_bank_is_not_asked_and_no_look_is_counted() -> None:
    world = opened(rail=RailName.SIGNZY)
    world.store.without_keys, before = StoreUnavailable(), world.subscription
    with pytest.raises(StoreUnavailable):
        world.follow_up.look(world.subscription, world.plan, world.service)
    assert world.subscription == before
