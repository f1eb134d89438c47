"""The call times of one group, taken in turn by the threads that bill it."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import override

from pinbill.domain.pacing import Allotment
from pinbill.usecases.ports.billing import Turn


class Pacer(Turn):
    """Lets the group's calls through at their times, and late ones no faster than the quota, until the next group's.

    A call's moment is settled when it is let go: after the process has stood still, the calls whose times have passed
    do not go all at once. `now` is the business clock's time at this moment: from it on, times are told by the
    process's own steady clock. `until` is the steady time after which no call may begin, because the function would
    not hear its answer.
    """

    def __init__(
        self,
        allotment: Allotment,
        now: datetime,
        until: float,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        lock: Callable[[], AbstractContextManager[object]] = threading.Lock,
    ) -> None:
        self._steady, self._sleep = steady, sleep
        self._first = steady() + (allotment.first - now).total_seconds()
        self._every = allotment.every.total_seconds()
        self._shortest = allotment.shortest.total_seconds()
        self._last = min(self._first + (allotment.end - allotment.first).total_seconds() - self._shortest, until)
        self._calls = 0
        self._previous = float("-inf")
        self._gate = lock()  # held until its call is let go: whoever comes then waits behind it

    def begins(self, member: int) -> float:
        """The steady time at which this member's call is planned."""
        return self._first + member * self._every

    @override
    def is_open(self) -> bool:
        return self._next() <= self._last

    @override
    def wait(self) -> bool:
        with self._gate:
            at = self._next()
            if at > self._last:
                return False
            self._sleep(max(0.0, at - self._steady()))
            let_go = self._steady()
            if let_go > self._last:
                return False
            self._calls, self._previous = self._calls + 1, let_go
            return True

    def _next(self) -> float:
        return max(self.begins(self._calls), self._previous + self._shortest, self._steady())
