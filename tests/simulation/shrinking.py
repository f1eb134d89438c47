"""Shrinking: the shortest and plainest story that still violates the same invariant."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace

from tests.simulation.player import MakeWorld, make_world, play
from tests.simulation.story import Act, Configuration, Operation, Story

MOST_PLAYS = 3000

type Fails = Callable[[Story], bool]


def shrink(story: Story, invariant: str, make: MakeWorld = make_world) -> Story:
    """Acts first, then what is left of each, then the configuration; over and over until nothing can go."""
    plays = 0

    def fails(candidate: Story) -> bool:
        nonlocal plays
        plays += 1
        if plays > MOST_PLAYS:
            return False
        violation = play(candidate, make).violation
        return violation is not None and violation.invariant == invariant

    while True:
        smaller = _simplest(_fewest(story, fails), fails)
        if smaller == story:
            return story
        story = smaller


def _fewest(story: Story, fails: Fails) -> Story:
    """Drop acts: halves, then quarters, down to single ones (ddmin)."""
    acts = list(story.acts)
    size = max(1, len(acts) // 2)
    while True:
        at = 0
        while at < len(acts):
            fewer = [*acts[:at], *acts[at + size :]]
            if fails(replace(story, acts=tuple(fewer))):
                acts = fewer
            else:
                at += size
        if size == 1:
            return replace(story, acts=tuple(acts))
        size = max(1, size // 2)


def _simplest(story: Story, fails: Fails) -> Story:
    """Take the first plainer form that still fails, until there is none."""
    progress = True
    while progress:
        progress = False
        for candidate in _plainer(story):
            if fails(candidate):
                story, progress = candidate, True
                break
    return story


def _plainer(story: Story) -> Iterator[Story]:
    for at, act in enumerate(story.acts):
        for plainer in _plainer_acts(act):
            yield replace(story, acts=(*story.acts[:at], plainer, *story.acts[at + 1 :]))
    for configuration in _plainer_configurations(story.configuration):
        yield replace(story, configuration=configuration)


def _plainer_acts(act: Act) -> Iterator[Act]:
    for fewer in _without_one(act.deviations):
        yield replace(act, deviations=tuple(fewer))
    if len(act.operations) > 1:
        for operations in _without_one(act.operations):
            yield replace(act, operations=tuple(operations))
    if any(operation.user != 1 for operation in act.operations):
        yield replace(act, operations=tuple(replace(operation, user=1) for operation in act.operations))
    for at, deviation in enumerate(act.deviations):
        if deviation.at > 1:  # the earliest step at which it can happen
            earliest = replace(deviation, at=1)
            yield replace(act, deviations=(*act.deviations[:at], earliest, *act.deviations[at + 1 :]))
    for at, operation in enumerate(act.operations):
        for plainer in _plainer_operations(operation):
            yield replace(act, operations=(*act.operations[:at], plainer, *act.operations[at + 1 :]))


def _plainer_operations(operation: Operation) -> Iterator[Operation]:
    if operation.name == "charge" and operation.argument != "k1":
        yield replace(operation, argument="k1")
    if operation.name == "outage":
        yield Operation("due")
    if operation.name == "run":
        yield Operation("wake")


def _without_one[T](items: Sequence[T]) -> Iterator[Sequence[T]]:
    for at in range(len(items)):
        yield [*items[:at], *items[at + 1 :]]


def _plainer_configurations(configuration: Configuration) -> Iterator[Configuration]:
    """Each setting at its default; the rail and the store stay."""
    plain = Configuration(rail=configuration.rail, store=configuration.store)
    for setting in fields(configuration):
        usual = getattr(plain, setting.name)
        if getattr(configuration, setting.name) != usual:
            yield replace(configuration, **{setting.name: usual})
