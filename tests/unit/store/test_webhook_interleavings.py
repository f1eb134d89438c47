"""Feed against retries, two retries, a batch that comes twice: in every order, with whatever befalls each of them.

Judged by the receiver's own book: no event is told before the one that it follows, and in the end none is missing.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.unit.store.interleaved import Choices, Play, every_row, some_rows
from tests.unit.store.webhook_rivals import Beginning, Told, begin

SINGLE = {"SUB1": (1,)}
ONE = {"SUB1": (1, 1)}
LONGER = {"SUB1": (1, 1, 1)}
SEVERAL = {"SUB1": (2, 1)}
TWO = {"SUB1": (1,), "SUB2": (1,)}

type Cast = Callable[[Told], dict[str, Callable[[], None]]]


def feed_and_retry(told: Told) -> dict[str, Callable[[], None]]:
    return {"Feed": told.feeds([["SUB1"], ["SUB1"]]), "Retry": told.retries()}


def feed_and_two_runs(told: Told) -> dict[str, Callable[[], None]]:
    return {"Feed": told.feeds([["SUB1"], ["SUB1"]]), "Retry": told.retries(2)}


def one_event_and_retry(told: Told) -> dict[str, Callable[[], None]]:
    return {"Feed": told.feeds([["SUB1"]]), "Retry": told.retries()}


def one_event_and_two_retries(told: Told) -> dict[str, Callable[[], None]]:
    return {"Feed": told.feeds([["SUB1"]]), "Retry": told.retries(), "Other": told.retries()}


def two_retries(told: Told) -> dict[str, Callable[[], None]]:
    return {"Feed": told.feeds([["SUB1"], ["SUB1"]]), "Retry": told.retries(3), "Other": told.retries(3)}


def batch_twice(told: Told) -> dict[str, Callable[[], None]]:
    return {"Feed": told.feeds([["SUB1"], ["SUB1"]]), "Again": told.feeds_once(["SUB1"])}


def batch_twice_and_retry(told: Told) -> dict[str, Callable[[], None]]:
    return {"Feed": told.feeds([["SUB1"], ["SUB1"]]), "Again": told.feeds_once(["SUB1"]), "Retry": told.retries(3)}


def two_shards(told: Told) -> dict[str, Callable[[], None]]:
    return {"Feed": told.feeds([["SUB1"]]), "Other": told.feeds([["SUB2"]]), "Retry": told.retries(4)}


def longer_story(told: Told) -> dict[str, Callable[[], None]]:
    feeds = told.feeds([["SUB1"], ["SUB1"], ["SUB1"]])
    return {"Feed": feeds, "Again": told.feeds_once(["SUB1"]), "Retry": told.retries(4), "Other": told.retries(4)}


# (what happens, who acts, refusals of the receiver, faults of requests)
EVERY_ORDER = {
    "feed and retry": (ONE, feed_and_retry, 1, 0),
    "feed and retry, two refusals": (ONE, feed_and_retry, 2, 0),
    "feed and retry, several entries at once": (SEVERAL, feed_and_retry, 1, 0),
    "one event and a retry, a fault": (SINGLE, one_event_and_retry, 1, 1),
    "feed and two runs": (ONE, feed_and_two_runs, 1, 0),
    "one event and two retries": (SINGLE, one_event_and_two_retries, 1, 0),
    "a batch twice": (ONE, batch_twice, 1, 0),
}
BY_CHANCE = {
    "feed and retry, faults": (ONE, feed_and_retry, 2, 2),
    "two retries": (ONE, two_retries, 1, 0),
    "two retries, faults": (ONE, two_retries, 1, 2),
    "a batch twice and a retry": (ONE, batch_twice_and_retry, 2, 1),
    "a longer story": (LONGER, longer_story, 3, 2),
    "two shards": (TWO, two_shards, 2, 2),
}


@pytest.mark.parametrize("case", EVERY_ORDER.values(), ids=list(EVERY_ORDER))
def test_in_every_order_nothing_is_overtaken_and_nothing_is_missing(
    case: tuple[dict[str, Sequence[int]], Cast, int, int],
) -> None:
    happenings, cast, refusals, faults = case
    _play_all(begin(happenings), every_row(), cast, refusals, faults)


@pytest.mark.parametrize("case", BY_CHANCE.values(), ids=list(BY_CHANCE))
def test_by_chance_nothing_is_overtaken_and_nothing_is_missing(
    case: tuple[dict[str, Sequence[int]], Cast, int, int],
) -> None:
    happenings, cast, refusals, faults = case
    _play_all(begin(happenings), some_rows(7, 500), cast, refusals, faults)


def _play_all(beginning: Beginning, rows: Iterable[Choices], cast: Cast, refusals: int, faults: int) -> None:
    """With `every_row`: a play that comes to what was seen before ends, since all that can follow is played anyway."""
    seen: set[Hashable] = set()
    for choices in rows:
        seen = set() if choices.is_by_chance else seen
        told = beginning.told(refusals)
        bodies = cast(told)
        play = Play(told.engine, choices, faults, told.look, told.shared, lambda: None, seen)
        told.play = play
        with _traced(play):
            if play.run(**bodies):
                told.judge()
            else:
                assert not choices.is_by_chance


@contextmanager
def _traced(play: Play) -> Iterator[None]:
    """A failure tells what had happened."""
    try:
        yield
    except AssertionError as error:
        error.add_note("\n".join(play.trace))
        raise
