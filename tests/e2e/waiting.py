"""Waiting for what happens in another process: by its condition, with a bound, never by a guessed pause."""

from __future__ import annotations

import time
from collections.abc import Callable

_PAUSE_SECONDS = 0.1


def wait_until[T](what: str, condition: Callable[[], T | None], seconds: float = 30) -> T:
    """Return the condition's first true value; fails the test, saying what was awaited, when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}; last seen: {value!r}")
        time.sleep(_PAUSE_SECONDS)
