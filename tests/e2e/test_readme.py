"""The README's tour, run as it is printed: every answer must hold what the comment under its call says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from local.seed import seed
from local.world import World
from local.world.environment import ROOT
from tests.e2e.pages import assert_works_as_printed, calls_of


def test_the_tour_works_line_by_line_as_printed(world: World) -> None:
    section = (ROOT / "README.md").read_text().split("## A five-minute tour")[1].split("\n## ")[0]
    calls = list(calls_of(section))
    key = seed(world).key

    assert len(calls) > 12
    with billing_every_second(world):
        assert_works_as_printed(calls, world, key)


@contextmanager
def billing_every_second(world: World) -> Iterator[None]:
    """Stands in for the schedule, which is off in the world of the tests."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(1):
            world.invoke("RecurringBillFunction", {"mode": "run"})

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
