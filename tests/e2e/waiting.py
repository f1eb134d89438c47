"""Waiting for what happens in another process: by its condition, with a bound, never by a guessed pause."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 180.0  # seconds; only what never comes takes so long, however busy the machine is
_PAUSE_SECONDS = 0.1


def wait_until[T](what: str, condition: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """Return the condition's first true value; fails the test, saying what was awaited, when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}; last seen: {value!r}")
        time.sleep(_PAUSE_SECONDS)


def act_until[T](what: str, act: Callable[[], object], condition: Callable[[], T | None], apart: float = 2.0) -> T:
    """Act again and again, `apart` so many seconds, until the condition is true, and return its value.

    In between there is time for what follows from it: a dispatcher that ran without a pause would leave its workers no
    processor, and their bills would come too late for their call times.
    """
    acted = float("-inf")

    def look() -> T | None:
        nonlocal acted
        if time.monotonic() > acted + apart:
            act()
            acted = time.monotonic()
        return condition()

    return wait_until(what, look)
