"""Shards played by several processes, with progress. Shards share nothing, so that any number may run at once."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import TYPE_CHECKING

from tests.simulation.time_machine.proof import Shown, prove
from tests.simulation.time_machine.shard import Shard, Spec

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

SHARD = 5_000  # subscriptions: more need more numbers than there are to test with
EVERY = 10.0  # seconds between two lines of progress

_asked: "Synchronized[int] | None" = None  # of a worker process: bills asked for by all of them


def specs(subscriptions: int, months: int, seed: int) -> list[Spec]:
    """Shards of nearly one size, each with a seed of its own."""
    shards = -(-subscriptions // SHARD)
    sizes = [subscriptions // shards + (at < subscriptions % shards) for at in range(shards)]
    return [Spec(seed * 1_000_003 + at, size, months) for at, size in enumerate(sizes)]


def play(spec: Spec) -> Shown:
    """One shard, played and judged."""
    heard = 0

    def told(asked: int) -> None:
        nonlocal heard
        if _asked is not None:
            with _asked.get_lock():
                _asked.value += asked - heard
        heard = asked

    # A world is cyclic garbage as a whole: it is taken away once, at its end.
    gc.disable()
    try:
        return prove(Shard(spec, told=told).play())
    finally:
        gc.enable()
        gc.collect()


def played(shards: Sequence[Spec], processes: int, say: Callable[[str], None]) -> Iterator[Shown]:
    """Results as they come."""
    if processes == 1:
        yield from map(play, shards)
        return
    context, began, done = get_context("spawn"), time.monotonic(), 0
    asked: Synchronized[int] = context.Value("q", 0)
    with ProcessPoolExecutor(processes, context, _begin, (asked,)) as pool:
        waiting = {pool.submit(play, spec) for spec in shards}
        try:
            while waiting:
                ready, waiting = wait(waiting, EVERY, FIRST_COMPLETED)
                yield from (each.result() for each in ready)
                done += len(ready)
                seconds = time.monotonic() - began
                rate = asked.value / seconds
                say(f"{done:>4} of {len(shards)} shards, {asked.value:>11,} bills, {rate:>7,.0f}/s, {seconds:>5,.0f} s")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin(asked: "Synchronized[int]") -> None:
    global _asked  # noqa: PLW0603 - what a worker process is given once
    _asked = asked
