"""Give away call times, so that all processes together keep each provider's quota without counting calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Allotment, Pace, allot, room
from pinbill.errors import ConcurrentChange
from pinbill.usecases.ports.billing import Bookings, Queue, Work
from pinbill.usecases.ports.time_and_ids import Clock

# Until a group has come to its worker: reading, queueing, a cold start.
LEAD = timedelta(seconds=3)
# So long before its first call a group leaves the queue; its worker waits for the rest.
ARRIVES = timedelta(seconds=2)
# No group's times are further ahead, but for a window that is closed: beyond stands what a clock booked that had leapt.
FURTHEST = timedelta(minutes=45)
LONGEST_DELAY = 900  # seconds, of SQS
ROUNDS = 50  # of dispatchers and workers that book at the same moment


@dataclass(frozen=True, slots=True)
class CallTimes:
    bookings: Bookings
    queue: Queue
    clock: Clock
    paces: Mapping[RailName, Pace]

    def is_open(self, rail: RailName) -> bool:
        """Whether bills may be asked for now."""
        now = self.clock.now()
        opens, _ = next(self.paces[rail].openings(now))
        return opens == now

    def room(self, rail: RailName, ahead: timedelta) -> int:
        """How many calls there are times for from now on, so far ahead."""
        now = self.clock.now()
        start = self._start(rail, self.bookings.free_from(rail), now)
        return room(self.paces[rail], start, now + LEAD, ahead)

    def timed(self, rail: RailName, members: Sequence[tuple[str, str]]) -> list[Work]:
        """Groups of these members at the next free times. Raises StoreUnavailable, or ConcurrentChange when too many
        book at this moment."""
        waiting = iter(members)
        return [Work(rail, list(islice(waiting, times.count)), times) for times in self._book(rail, len(members))]

    def send(self, works: Sequence[Work]) -> None:
        """Queue groups so that each leaves the queue shortly before its first call. Raises StoreUnavailable."""
        now = self.clock.now()
        self.queue.send([(work, _delay(work, now)) for work in works])

    def _book(self, rail: RailName, wanted: int) -> list[Allotment]:
        if not wanted:
            return []
        for _ in range(ROUNDS):
            free = self.bookings.free_from(rail)
            allotments = allot(self.paces[rail], self._start(rail, free, self.clock.now()), wanted)
            if self.bookings.book(rail, free, allotments[-1].end):
                return allotments
        raise ConcurrentChange

    def _start(self, rail: RailName, free: datetime | None, now: datetime) -> datetime:
        earliest = now + LEAD
        if free is None or free < earliest:
            return earliest
        opens, _ = next(self.paces[rail].openings(earliest))
        return free if free <= opens + FURTHEST else earliest


def _delay(work: Work, now: datetime) -> int:
    """Seconds for which the queue holds the group back."""
    if work.times is None:
        return 0
    return max(0, min(LONGEST_DELAY, int((work.times.first - ARRIVES - now).total_seconds())))
