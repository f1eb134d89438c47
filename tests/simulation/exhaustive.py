"""Every schedule of one and of two deviations over every step of a situation's operations and of their repair."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from tests.simulation.faults import CALLBACK_FAULTS, FAULTS, LOOKS, PAUSES, Fault
from tests.simulation.player import MakeWorld, make_world
from tests.simulation.settling import settle
from tests.simulation.situations import Situation
from tests.simulation.stage import Stage
from tests.simulation.steps import Seen
from tests.simulation.story import Act, Deviation, Story
from tests.simulation.violation import Violation

JUMPS = ("+1h", "-1h")
PAUSING = frozenset(map(str, PAUSES))
CALLBACK_KINDS = frozenset(map(str, CALLBACK_FAULTS))


@dataclass(slots=True)
class Searched:
    """What a search did; `violations` are stories with what they violate."""

    schedules: int = 0
    cycles: int = 0
    injected: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[Story, Violation]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps of one act, and how often our clock had been asked at its end."""

    steps: Sequence[Seen]
    asked: int


class Search:
    """Searches one situation. `go_on` is asked after each schedule."""

    def __init__(
        self,
        situation: Situation,
        make: MakeWorld = make_world,
        depth: int = 2,
        go_on: Callable[[Searched], bool] = lambda searched: True,
    ) -> None:
        self._situation = situation
        self._depth = min(depth, situation.most_deviations)
        self._go_on = go_on
        self.searched = Searched()
        self._world = make(Story(situation.configuration))
        self._stage = Stage(self._world)

    def run(self) -> Searched:
        with suppress(_Enough):
            self._all()
        self.searched.injected = self._world.scheduler.injected
        return self.searched

    def _all(self) -> None:
        situation = self._situation
        try:
            for act in situation.before:
                self._stage.play(act)
        except Violation as violation:
            self.searched.violations.append((Story(situation.configuration, situation.before), violation))
            return
        self._world.scheduler.injected.clear()
        start = self._world.snapshot()
        seen = self._try(start, (situation.focus, *situation.recovery), looks=self._depth > 0)
        if self._depth == 0 or seen is None:
            return
        pair = situation.is_pair
        for first in deviations(seen[0]):
            # What a fault does to one operation is found with that operation alone.
            if pair and not first.kind.startswith("to") and first.kind not in PAUSING:
                continue
            self._after_first(start, first, pair)

    def _after_first(self, start: tuple[object, ...], first: Deviation, pair: bool) -> None:
        situation = self._situation
        given = situation.focus.deviations
        focus = replace(situation.focus, deviations=(*given, first))
        seen = self._try(start, (focus, *situation.recovery), looks=self._depth > 1)
        if self._depth < 2 or seen is None:
            return
        for second in deviations(seen[0]):
            if _can_follow(first, second):
                both = replace(situation.focus, deviations=(*given, first, second))
                self._try(start, (both, *situation.recovery))
        if not pair:
            self._in_repair(start, focus, seen[1:])

    def _in_repair(self, start: tuple[object, ...], focus: Act, seen: Sequence[Walk]) -> None:
        """The second deviation in one of the acts that repair the first."""
        recovery = self._situation.recovery
        self._world.restore(start)
        self._stage.play(focus)
        for at, walk in enumerate(seen):
            here = self._world.snapshot()
            for second in deviations(walk):
                rest = (replace(recovery[at], deviations=(second,)), *recovery[at + 1 :])
                self._try(here, rest, (focus, *recovery[:at]))
            self._world.restore(here)
            self._stage.play(recovery[at])

    def _try(
        self, start: tuple[object, ...], acts: Sequence[Act], played: Sequence[Act] = (), *, looks: bool = False
    ) -> list[Walk] | None:
        """Play the acts from `start`, settle and check. The steps of each act (if it `looks`), or None after a
        violation."""
        scheduler = self._world.scheduler
        self._world.restore(start)
        walks: list[Walk] = []
        self.searched.schedules += 1
        try:
            for act in acts:
                scheduler.seen = [] if looks else None
                self._stage.play(act)
                walks.append(Walk(scheduler.seen or (), self._world.clock.asked))
            scheduler.seen = None
            self.searched.cycles += settle(self._stage)
        except Violation as violation:
            scheduler.seen = None
            story = Story(self._situation.configuration, (*self._situation.before, *played, *acts))
            self.searched.violations.append((story, violation))
            return None
        finally:
            if not self._go_on(self.searched):
                raise _Enough
        return walks


class _Enough(Exception):
    """Nobody wants to know more."""


def deviations(walk: Walk) -> Iterator[Deviation]:
    """Everything that can happen at these steps, once each: of what comes to the same at the next step, only that."""
    for step, following in zip_longest(walk.steps, walk.steps[1:]):
        for fault in FAULTS[step.port]:
            if fault is not Fault.CRASH or not _dies_as_well(step, following):
                yield Deviation(step.at, fault.value)
        for other in step.others:
            yield Deviation(step.at, f"to{other}")
        # Where nobody looks at our clock before the next step, it might as well leap there.
        for jump in JUMPS if (following.asked if following else walk.asked) > step.asked else ():
            yield Deviation(step.at, jump)


def _dies_as_well(step: Seen, following: Seen | None) -> bool:
    """Whether who dies before this step might as well die before the next one: nothing has come of this one then."""
    return (
        following is not None
        and step.port in LOOKS
        and following.actor == step.actor
        and Fault.CRASH in FAULTS[following.port]
    )


def _can_follow(first: Deviation, second: Deviation) -> bool:
    """Later steps only, and at the same step what does not stand in each other's way: a bill and its callback, or a
    leap of the clock and what happens after it."""
    if second.at != first.at:
        return second.at > first.at
    if first.kind in JUMPS:
        return second.kind not in JUMPS and not second.kind.startswith("to")
    return (second.kind in CALLBACK_KINDS) is not (first.kind in CALLBACK_KINDS) and not (
        first.kind.startswith(("to", "+", "-")) or second.kind.startswith(("to", "+", "-"))
    )
