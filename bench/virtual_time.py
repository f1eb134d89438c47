"""Virtual time: shipped code that sleeps, waits and bills in threads, played in the order of its own clock.

Each thread is a greenlet. One that sleeps lets the others go on, and time is moved to whoever wakes next: an hour of
billing passes in the seconds that its code needs, and every run with a seed is the same.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any, Self, override

from greenlet import getcurrent, greenlet

from pinbill.usecases.ports.time_and_ids import Clock


class VirtualTime(Clock):
    """`steady` and `sleep` are in seconds since the beginning, which is the moment `began`."""

    def __init__(self, began: datetime) -> None:
        self.began = began
        self._seconds = 0.0
        self._waking: list[tuple[float, int, greenlet]] = []
        self._turn = count()
        self._main = getcurrent()

    @override
    def now(self) -> datetime:
        return self.began + timedelta(seconds=self._seconds)

    def steady(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Of the thread that calls it."""
        self._wake(getcurrent(), seconds)
        self._main.switch()

    def start(self, work: Callable[[], object], after: float = 0.0) -> None:
        """A thread that begins so many seconds from now. What it raises ends the play."""
        self._wake(greenlet(work, self._main), after)

    def park(self) -> None:
        """Until somebody unparks this thread."""
        self._main.switch()

    def unpark(self, parked: greenlet) -> None:
        self._wake(parked, 0.0)

    def play(self, until: datetime | None = None) -> None:
        """Let everything happen until this moment, or until nothing is left to happen."""
        end = (until - self.began).total_seconds() if until else float("inf")
        while self._waking and self._waking[0][0] <= end:
            self._seconds, _, thread = heappop(self._waking)
            thread.switch()
        if until:
            self._seconds = max(self._seconds, end)

    def _wake(self, thread: greenlet, after: float) -> None:
        heappush(self._waking, (self._seconds + max(0.0, after), next(self._turn), thread))


class VirtualLock:
    """What the pacer uses of a threading.Lock; who has waited longest has it next."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._is_held = False
        self._waiting: deque[greenlet] = deque()

    def __enter__(self) -> Self:
        if self._is_held:
            self._waiting.append(getcurrent())
            self._time.park()
        self._is_held = True
        return self

    def __exit__(self, *raised: object) -> None:
        if self._waiting:
            self._time.unpark(self._waiting.popleft())  # and stays held: nobody comes in between
        else:
            self._is_held = False


class VirtualPool:
    """What the worker uses of a ThreadPoolExecutor."""

    def __init__(self, time: VirtualTime, threads: int) -> None:
        self._time = time
        self._idle = threads
        self._tasks: deque[Callable[[], None]] = deque()
        self._running = 0
        self._waiter: greenlet | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        while self._running:
            self._waiter = getcurrent()
            self._time.park()

    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        result: Future[Any] = Future()

        def task() -> None:
            try:
                result.set_result(work(*given))
            except Exception as error:  # as an executor does: whoever asks for the result gets it
                result.set_exception(error)

        self._tasks.append(task)
        if self._idle:
            self._idle -= 1
            self._running += 1
            self._time.start(self._thread)
        return result

    def _thread(self) -> None:
        while self._tasks:
            self._tasks.popleft()()
        self._idle += 1
        self._running -= 1
        if not self._running and self._waiter is not None:
            waiter, self._waiter = self._waiter, None
            self._time.unpark(waiter)
