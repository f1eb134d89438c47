"""Forecast: when the last of the calls that become due will be made, by the rules that give away call times."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.pacing import Pace, allot, room


@dataclass(frozen=True, slots=True)
class Dispatching:
    """How calls are handed out: in a run every `interval`, for the time until `ahead` beyond `lead`."""

    pace: Pace
    interval: timedelta
    lead: timedelta
    ahead: timedelta


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of `calls`, the `first` and the `last` begin at these times; None without any. They are handed out by so many
    `runs`, in so many `groups`.

    `late` calls come in a later window than the one that was open, or the next to open, when they became due.
    """

    calls: int
    first: datetime | None
    last: datetime | None
    late: int
    runs: int = 0
    groups: int = 0


def forecast(dispatching: Dispatching, due: Sequence[datetime], free: datetime | None, now: datetime) -> Forecast:
    """What becomes of the calls that are `due` at these times, in their order; call times are free from `free` on."""
    pace = dispatching.pace
    arriving, waiting = deque(due), deque[datetime]()  # until when each should be called, of those that wait
    first: datetime | None = None
    last: datetime | None = None
    late, runs, groups, run = 0, 0, 0, now
    while arriving or waiting:
        if not waiting:
            run += max(0, -((run - arriving[0]) // dispatching.interval)) * dispatching.interval
        run = max(run, next(pace.openings(run))[0])
        while arriving and arriving[0] <= run:
            waiting.append(next(pace.openings(arriving.popleft()))[1])
        start = max(free or now, run + dispatching.lead)
        fits = min(len(waiting), room(pace, start, run + dispatching.lead, dispatching.ahead))
        allotments = allot(pace, start, fits) if fits else []
        runs, groups = runs + bool(allotments), groups + len(allotments)
        for times in allotments:
            first, free = first or times.first, times.end
            last = max(last or first, times.first + times.every * (times.count - 1))
            late += sum(waiting.popleft() <= times.first for _ in range(times.count))
        run += dispatching.interval
    return Forecast(len(due), first, last, late, runs, groups)
