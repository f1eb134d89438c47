"""Progress lines for steps that a person waits for."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_QUIET_SECONDS = 2.0
_REPEAT_SECONDS = 5.0
_print_lock = threading.Lock()


def say(line: str) -> None:
    """Print one line at once; lines of parallel steps do not mix."""
    with _print_lock:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say how many seconds a step has taken: after two, then every five, and at its end. Shorter steps stay silent."""
    started = time.monotonic()
    over = threading.Event()

    def report() -> None:
        wait = _QUIET_SECONDS
        while not over.wait(wait):
            say(f"  {title} ... {time.monotonic() - started:.0f} s")
            wait = _REPEAT_SECONDS

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        over.set()
        reporter.join()
    elapsed = time.monotonic() - started
    if elapsed >= _QUIET_SECONDS:
        say(f"  {title}: done in {elapsed:.0f} s")
