"""Time: the true time, by which providers and the operator live, and our clock, which may be wrong for an act."""

from datetime import datetime, timedelta
from typing import override

from pinbill.usecases.ports.time_and_ids import Clock


class VirtualClock(Clock):
    """`latest` is the latest time that our clock has ever shown; `was_wrong` is whether it ever leapt. `asked` counts
    every look, also those of the simulation itself."""

    def __init__(self, start: datetime) -> None:
        self.true = start
        self.skew = timedelta()
        self.latest = start
        self.was_wrong = False
        self.asked = 0  # how often

    @override
    def now(self) -> datetime:
        self.asked += 1
        return self.true + self.skew

    def move(self, by: timedelta) -> None:
        """Time goes on (or, for tests of what cannot be, back)."""
        self.set(self.true + by)

    def set(self, at: datetime) -> None:
        self.true = at
        self.latest = max(self.latest, at + self.skew)

    def jump(self, by: timedelta) -> None:
        """Our clock leaps; the true time does not."""
        self.skew += by
        self.was_wrong = True
        self.latest = max(self.latest, self.now())

    def repair(self) -> None:
        self.skew = timedelta()

    def snapshot(self) -> object:
        return self.true, self.skew, self.latest, self.was_wrong

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        self.true, self.skew, self.latest, self.was_wrong = snapshot
