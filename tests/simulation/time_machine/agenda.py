"""What is to happen at which time."""

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush
from itertools import count


class Agenda[What]:
    """In the order of time, and of adding where times are equal."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, What]] = []
        self._numbers = count()

    def add(self, at: datetime, what: What) -> None:
        heappush(self._waiting, (at, next(self._numbers), what))

    def until(self, moment: datetime) -> Iterator[tuple[datetime, What]]:
        """What comes up to `moment`, also what is added meanwhile."""
        while self._waiting and self._waiting[0][0] <= moment:
            at, _, what = heappop(self._waiting)
            yield at, what
