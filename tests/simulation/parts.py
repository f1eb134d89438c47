"""The parts of a campaign, each searched by one process in seconds: situations, and chunks of random stories."""

import gc
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from tests.simulation.exhaustive import Search, Searched
from tests.simulation.player import play
from tests.simulation.random_stories import stories
from tests.simulation.shrinking import shrink
from tests.simulation.situations import situations
from tests.simulation.story import Story
from tests.simulation.tally import Found, Tally
from tests.simulation.violation import Violation

CHUNK = 2_000  # billing cycles
MOST_FOUND = 2  # violations of one part that are shrunk and shown


@dataclass(frozen=True, slots=True)
class Part:
    """`at` is the place of a situation among all, or of a chunk among those of a seed."""

    kind: str  # exhaustive | random
    at: int
    seed: int = 0
    store: str = "memory"
    depth: int = 2

    @property
    def name(self) -> str:
        return f"{self.kind} {self.store} {self.seed} {self.at}"


def exhaustive_parts(store: str, depth: int) -> Iterator[Part]:
    for at, _ in enumerate(situations()):
        yield Part("exhaustive", at, store=store, depth=depth)


def random_parts(cycles: int, seed: int, store: str) -> Iterator[Part]:
    for at in range(-(-cycles // CHUNK)):
        yield Part("random", at, seed, store)


def search(part: Part) -> Tally:
    began = time.process_time()
    _keep_what_is_loaded()
    # Worlds are cyclic garbage; taking them away once a part instead of all the time saves a tenth.
    gc.disable()
    try:
        tally = _exhaustive(part) if part.kind == "exhaustive" else _random(part)
    finally:
        gc.enable()
        gc.collect()
    tally.cpu = time.process_time() - began
    return tally


@cache
def _keep_what_is_loaded() -> None:
    """Of all modules that this process has loaded nothing will ever be garbage: each collection would look again."""
    gc.collect()
    gc.freeze()


def _exhaustive(part: Part) -> Tally:
    situation = next(found for at, found in enumerate(situations()) if at == part.at)
    chosen = replace(situation, configuration=replace(situation.configuration, store=part.store))

    def go_on(searched: Searched) -> bool:
        return len(searched.violations) < MOST_FOUND

    searched = Search(chosen, depth=part.depth, go_on=go_on).run()
    found = [_found(story, violation) for story, violation in searched.violations]
    return Tally(searched.cycles, searched.schedules, injected=_plain(searched.injected), found=found)


def _random(part: Part) -> Tally:
    tally = Tally()
    # A seed of its own for each chunk, so that chunks can be searched in any order, and again.
    told = stories(part.seed * 1_000_003 + part.at)
    while tally.cycles < CHUNK and len(tally.found) < MOST_FOUND:
        story = next(told)
        story = replace(story, configuration=replace(story.configuration, store=part.store))
        played = play(story)
        tally.stories += 1
        tally.cycles += played.cycles
        tally.injected += _plain(played.injected)
        if played.violation:
            tally.found.append(_found(story, played.violation))
    return tally


def _found(story: Story, violation: Violation) -> Found:
    shrunk = shrink(story, violation.invariant)
    detail = (play(shrunk).violation or violation).detail
    return Found(violation.invariant, detail, str(story), str(shrunk))


def _plain(injected: Counter[str]) -> Counter[str]:
    return Counter({str(kind): times for kind, times in injected.items()})
