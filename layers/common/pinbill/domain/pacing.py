"""A provider's quota as call times: each is given away once, so that nobody has to count calls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import floor
from zoneinfo import ZoneInfo

# Of a provider's quota, what is used: the rest is room for calls that come a moment late.
SHARE = 0.985
# Of a group's time, what is left free behind it, for its last calls to come late without meeting the next group's.
GAP = 0.01
# Behind a group that is not full nobody waits: its one worker may start cold.
LAST_GAP = timedelta(seconds=1)
SPAN = timedelta(seconds=20)  # of a group at most: its worker waits for the last of its calls
MOST_CALLS = 500  # of a group
DAY, ZERO = timedelta(days=1), timedelta()


@dataclass(frozen=True, slots=True)
class Window:
    """Local times of day, the second not included; a window that ends before it begins runs over midnight."""

    begin: time
    end: time


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate` is the calls a second that a provider allows. Bills are asked for in `windows` of `zone`, or, without
    windows, at any time."""

    rate: float
    windows: tuple[Window, ...] = ()
    zone: str = "UTC"

    @property
    def shortest(self) -> timedelta:
        """Between two calls of which no quota is passed."""
        return timedelta(seconds=1 / self.rate)

    @property
    def every(self) -> timedelta:
        """Between two calls as planned."""
        return timedelta(seconds=1 / (self.rate * SHARE))

    @property
    def calls(self) -> int:
        """Of one group."""
        return max(1, min(MOST_CALLS, floor(SPAN / self.every)))

    def without_windows(self) -> "Pace":
        return Pace(self.rate)

    def openings(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """From `start` on, the times between which bills are asked for, in UTC; without end."""
        if not self.windows:
            yield start, datetime.max.replace(tzinfo=UTC)
            return
        day = start.astimezone(ZoneInfo(self.zone)).date() - DAY
        while True:
            for window in sorted(self.windows, key=lambda window: window.begin):
                ends_on = day if window.begin < window.end else day + DAY
                begin, end = (
                    datetime.combine(on, at, ZoneInfo(self.zone)).astimezone(UTC)
                    for on, at in ((day, window.begin), (ends_on, window.end))
                )
                if start < end and begin < end:
                    yield max(begin, start), end
            day += DAY


@dataclass(frozen=True, slots=True)
class Allotment:
    """The call times of one group: `count` calls from `first` on, one `every`; the next group begins at `end`."""

    first: datetime
    count: int
    every: timedelta
    end: datetime


def room(pace: Pace, start: datetime, end: datetime) -> int:
    """How many calls there are times for from `start` to `end`."""
    every, calls = pace.every, pace.calls
    found = 0
    for begin, closes in pace.openings(start):
        groups, rest = divmod(max(ZERO, min(closes, end) - begin), _span(every, calls))
        found += groups * calls + floor(rest / (every * (1 + GAP)))
        if closes >= end:
            break
    return found


def allot(pace: Pace, start: datetime, wanted: int) -> list[Allotment]:
    """The first times for so many calls, group by group, from `start` on."""
    every, calls = pace.every, pace.calls
    given: list[Allotment] = []
    for begin, closes in pace.openings(start):
        at = begin
        while wanted > 0:
            count = min(calls, wanted, floor((closes - at) / (every * (1 + GAP))))
            if count < 1:
                break
            behind = at + max(_span(every, count), every * count + (LAST_GAP if count < calls else ZERO))
            given.append(Allotment(at, count, every, min(behind, closes)))
            wanted, at = wanted - count, behind
        if wanted == 0:
            break
    return given


def _span(every: timedelta, count: int) -> timedelta:
    """Of a group of so many calls, with the gap behind it."""
    return every * count * (1 + GAP)
