"""What the tests of the worker start from."""

from typing import Any

from pinbill.domain.subscription import Activity
from tests.unit.domain.samples import BANK, PHONE
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
