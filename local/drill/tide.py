"""Time and rest: let what is due be done, move on to what comes next, wait until nothing more will be learnt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from local.drill.arena import Arena
from local.drill.errors import DrillError

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 7 * 86400
# What stayed due so long is taken up by the sweep; by then a claim whose process died is taken for abandoned, too.
SWEEP_AFTER = 11 * MINUTE
_QUEUE_SECONDS = 180.0
# A lost message is missed by the second audit, a hundred minutes or ten passes later at most; in a storm, twice.
_MOST_PASSES = 24
_MOST_STEPS = 80
_STRIDE = 6 * HOUR


def drain(arena: Arena) -> None:
    """Dispatch and sweep until what is due now is done; moves the clock by minutes where only the sweep can help.

    What becomes due on the way is left to the next time: after a storm there may be something every minute for days.
    Raises DrillError when something stays due whatever is done: the billing would hang there for ever.
    """
    begun = arena.clock.now()
    _drain(arena, begun)
    arena.drained_at = begun


def _drain(arena: Arena, begun: datetime) -> None:
    for _ in range(_MOST_PASSES):
        arena.dispatch("run")
        arena.wait_for_queue(_QUEUE_SECONDS)
        if not arena.is_due(begun):
            return
        arena.move(SWEEP_AFTER)
        arena.dispatch("sweep")
        arena.wait_for_queue(_QUEUE_SECONDS)
        if not arena.is_due(begun):
            return
    raise DrillError("something stays due however often it is handed out")


def pass_by(arena: Arena, seconds: float) -> None:
    """Let time pass, and do what has become due in it."""
    arena.move(seconds)
    drain(arena)


def rest(arena: Arena, is_quiet: Callable[[], bool]) -> None:
    """Go on to what comes next, in strides, until `is_quiet`; raises DrillError when it never gets so."""
    for _ in range(_MOST_STEPS):
        drain(arena)
        if is_quiet():
            return
        following = arena.next_due()
        wait = (following - arena.clock.now()).total_seconds() if following else DAY
        arena.move(min(max(wait, _STRIDE), DAY))
    raise DrillError("outcomes stay open that are looked at again and again")
