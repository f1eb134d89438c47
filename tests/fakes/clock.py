"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta
from typing import override

from pinbill.usecases.ports.time_and_ids import Clock

START = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)


class FakeClock(Clock):
    def __init__(self, start: datetime = START) -> None:
        self._now = start

    @override
    def now(self) -> datetime:
        return self._now

    def set(self, at: datetime) -> None:
        self._now = at

    def advance(self, by: timedelta) -> None:
        self._now += by
