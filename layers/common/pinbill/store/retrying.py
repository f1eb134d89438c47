"""When a call to the table is made again, and when it is given up."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from pinbill.errors import StoreUnavailable


class Transient(Exception):
    """The same call may succeed if it is made again; whether this one took effect is not known."""


class Throttled(Transient):
    """It took no effect: too much is asked of the table, or of this part of it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Full jitter of at most `first` doubling to `longest` seconds; ends after `tries` calls, or `budget` seconds."""

    tries: int = 8
    budget: float = 6.0
    first: float = 0.025
    longest: float = 0.8
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    fraction: Callable[[], float] = random.random

    def run[T](self, call: Callable[[], T]) -> T:
        """The call's result. Makes it again after Transient; raises StoreUnavailable when it stays so."""
        end = self.monotonic() + self.budget
        for made in range(1, self.tries + 1):
            try:
                return call()
            except Transient as transient:
                wait = self.fraction() * min(self.longest, self.first * 2**made)
                if made == self.tries or self.monotonic() + wait > end:
                    raise StoreUnavailable from transient
                self.sleep(wait)
        raise AssertionError("a retry makes at least one call")
