"""Plays a whole story: its acts, the settling, the final check."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.settling import settle
from tests.simulation.stage import Stage
from tests.simulation.story import Story
from tests.simulation.violation import Violation
from tests.simulation.world import World

type MakeWorld = Callable[[Story], World]


@dataclass(slots=True)
class Played:
    """What came of a story; `injected` counts its deviations by kind."""

    violation: Violation | None = None
    cycles: int = 0
    injected: Counter[str] = field(default_factory=Counter)


def make_world(story: Story) -> World:
    return World(story.configuration)


def play(story: Story, make: MakeWorld = make_world) -> Played:
    """Play a story in a fresh world, to its first violation or its end."""
    world = make(story)
    stage = Stage(world)
    try:
        for act in story.acts:
            stage.play(act)
        cycles = settle(stage)
    except Violation as violation:
        return Played(violation, 0, world.scheduler.injected)
    return Played(None, cycles, world.scheduler.injected)
