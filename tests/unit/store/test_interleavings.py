"""Two processes, or two threads of one, at one subscription: in every order, with whatever may befall each request.

No journal entry is lost, doubled or changed; what took effect is reported as done or as unavailable, never as stale.
"""

from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from tests.unit.store.interleaved import Choices, Play, every_row, some_rows
from tests.unit.store.rivals import Beginning, Found, Kind, World, begin

type Kinds = tuple[Kind, ...]

SETTLING = (Kind.ALONE, Kind.ENTRY)  # a claim, and what came of it: what nearly every renewal is
PAIRS: dict[str, tuple[Kinds, Kinds]] = {
    "two settlements": ((Kind.ENTRY,), (Kind.OPEN,)),
    "a renewal and a settlement": (SETTLING, (Kind.ENTRY,)),
    "a settlement and a transaction": ((Kind.OPEN,), (Kind.TWO,)),
    "a settlement and a charge": ((Kind.ENTRY,), (Kind.CHARGE,)),
    "a settlement and an end": ((Kind.OPEN,), (Kind.END,)),
    "two entries and a claim": ((Kind.ENTRY, Kind.OPEN), (Kind.ALONE,)),
}
EVERY_PAIR = pytest.mark.parametrize("pair", PAIRS.values(), ids=list(PAIRS))
EVERY_WAY = pytest.mark.parametrize("shared", [False, True], ids=["processes", "threads"])
# What one fault can do to a pair shows in thousands of plays: these pairs have all requests that there are.
WITH_A_FAULT = [
    (Found.CREATED, "two settlements", 1),
    (Found.CREATED, "two settlements", 2),
    (Found.CREATED, "a settlement and a transaction", 2),
    (Found.CARRYING, "a settlement and a transaction", 1),
]


@pytest.fixture(params=list(Found))
def beginning(request: pytest.FixtureRequest) -> Beginning:
    return begin(request.param)


@EVERY_WAY
@EVERY_PAIR
def test_no_order_of_requests_loses_an_entry(beginning: Beginning, pair: tuple[Kinds, Kinds], *, shared: bool) -> None:
    _play_all(beginning, every_row(), pair, tries=1, faults=0, shared=shared)


@EVERY_WAY
@pytest.mark.parametrize(("beginning", "pair", "tries"), WITH_A_FAULT, indirect=["beginning"])
def test_no_order_of_requests_loses_an_entry_whatever_befalls_one_of_them(
    beginning: Beginning, pair: str, tries: int, *, shared: bool
) -> None:
    _play_all(beginning, every_row(), PAIRS[pair], tries=tries, faults=1, shared=shared)


@EVERY_WAY
@EVERY_PAIR
def test_no_entry_is_lost_whatever_befalls_several_requests_by_chance(
    beginning: Beginning, pair: tuple[Kinds, Kinds], *, shared: bool
) -> None:
    _play_all(beginning, some_rows(1, 50), pair, tries=2, faults=4, shared=shared)


@pytest.mark.parametrize("kinds", [(Kind.ENTRY, Kind.OPEN), (Kind.OPEN, Kind.TWO)], ids=["entries", "transaction"])
@pytest.mark.parametrize(
    ("limit", "money_only"), [(1, False), (2, True), (50, False)], ids=["single", "money by two", "whole"]
)
def test_a_listing_shows_every_entry_once_while_others_are_written(
    beginning: Beginning, kinds: Kinds, limit: int, *, money_only: bool
) -> None:
    seen: set[Hashable] = set()
    for choices in every_row():
        world = beginning.world(tries=1)
        play = Play(world.engine, choices, 1, world.look, world.shared, world.told, seen)
        writes = world.commits("A", world.store(), kinds)
        with _traced(play):
            play.run(A=writes, B=world.reads(world.store(), limit, money_only=money_only))


def _play_all(
    beginning: Beginning, rows: Iterable[Choices], pair: tuple[Kinds, Kinds], *, tries: int, faults: int, shared: bool
) -> None:
    seen: set[Hashable] = set()
    judged: set[Hashable] = set()
    for choices in rows:
        world = beginning.world(tries)
        play = Play(world.engine, choices, faults, world.look, world.shared, world.told, seen)
        with _traced(play):
            if _play(world, play, pair, shared=shared):
                world.judge(judged)


def _play(world: World, play: Play, pair: tuple[Kinds, Kinds], *, shared: bool) -> bool:
    one, other = pair
    store = world.store()
    if shared:
        a, b = world.commits("A", store, one, play.pause), world.commits("B", store, other, play.pause)
    else:
        a, b = world.commits("A", store, one), world.commits("B", world.store(), other)
    return play.run(A=a, B=b)


@contextmanager
def _traced(play: Play) -> Iterator[None]:
    """A failure tells what had happened."""
    try:
        yield
    except AssertionError as error:
        error.add_note("\n".join(play.trace))
        raise
