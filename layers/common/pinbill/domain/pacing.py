"""A provider's quota as call times: each is given away once, so that nobody has to count calls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil, floor
from zoneinfo import ZoneInfo

# Of a provider's quota, what is used: the rest is room for calls that come a moment late.
SHARE = 0.985
# Of the quota, what late calls may use when they follow each other: the rest is room for the network's own delays.
LATE_SHARE = 0.9925
# Calls a second that one worker keeps up with, by its threads and its processor. A faster quota is shared by lanes:
# groups that are billed at the same time, their calls in turns.
LANE = 50.0
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
    def every(self) -> timedelta:
        """Between two calls as planned, of all lanes together."""
        return timedelta(seconds=1 / (self.rate * SHARE))

    @property
    def lanes(self) -> int:
        """Groups that are billed at the same time."""
        return ceil(self.rate / LANE)

    @property
    def calls(self) -> int:
        """Of one group."""
        return max(1, min(MOST_CALLS, floor(SPAN / (self.every * self.lanes))))

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
    """The call times of one group: `count` calls from `first` on, one `every`; the next group of its lane
    begins at `end`."""

    first: datetime
    count: int
    every: timedelta
    end: datetime

    @property
    def shortest(self) -> timedelta:
        """Between two calls that are late."""
        return self.every * (SHARE / LATE_SHARE)


def room(pace: Pace, start: datetime, now: datetime, ahead: timedelta) -> int:
    """How many calls there are times for from `start` to `ahead` of `now`.

    In whole groups, but for the last before a window closes: behind a group that is not full time is left free, and
    what is left over now, the next run gives away. That needs an `ahead` in which a whole group has its time.
    """
    whole, end = pace.lanes * pace.calls, now + ahead
    span = _span(pace, whole)
    found = 0
    for begin, closes in pace.openings(start):
        time = max(ZERO, min(closes, end) - begin)
        groups, rest = divmod(time, span)
        found += groups * whole
        if closes < end or ahead < span:
            found += _fitting(pace, rest)
        if closes >= end:
            break
    return found


def allot(pace: Pace, start: datetime, wanted: int) -> list[Allotment]:
    """The first times for so many calls, from `start` on: a group for each lane, then the groups that follow them."""
    whole = pace.lanes * pace.calls
    given: list[Allotment] = []
    for begin, closes in pace.openings(start):
        at = begin
        while wanted > 0:
            count = min(whole, wanted, _fitting(pace, closes - at))
            if count < 1:
                break
            behind = at + max(_span(pace, count), pace.every * count + (LAST_GAP if count < whole else ZERO))
            given += _in_lanes(pace, at, count, min(behind, closes))
            wanted, at = wanted - count, behind
        if wanted == 0:
            break
    return given


def _in_lanes(pace: Pace, at: datetime, count: int, end: datetime) -> Iterator[Allotment]:
    lanes, every = pace.lanes, pace.every
    for lane in range(min(lanes, count)):
        later = lane * every
        yield Allotment(at + later, ceil((count - lane) / lanes), lanes * every, end + later)


def _span(pace: Pace, count: int) -> timedelta:
    """Of so many calls, with the gap behind them."""
    return pace.every * count * (1 + GAP)


def _fitting(pace: Pace, time: timedelta) -> int:
    """How many calls there is time for, as many in each lane."""
    return floor(time / _span(pace, pace.lanes)) * pace.lanes
