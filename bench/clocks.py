"""The real time, in the form in which the benchmarks also play a virtual one."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, override

from pinbill.usecases.ports.time_and_ids import Clock


class Time(Clock, Protocol):
    def steady(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    def start(self, work: Callable[[], object], after: float = 0.0) -> None:
        """Let a thread do this so many seconds from now."""
        ...


class RealTime(Time):
    @override
    def now(self) -> datetime:
        return datetime.now(UTC)

    @override
    def steady(self) -> float:
        return time.monotonic()

    @override
    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    @override
    def start(self, work: Callable[[], object], after: float = 0.0) -> None:
        timer = threading.Timer(after, work)
        timer.daemon = True  # a call that hangs must not keep the benchmark from ending
        timer.start()
