"""What the schedule's runs find work by and keep, with a fault possible at every call: indexes, bookmarks, bookings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.domain.slots import Cohort, Slot
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports.billing import Bookings
from pinbill.usecases.ports.due import Bookmarks, DueIndex, DueRow, Indexes, Reading, SlotIndex, SlotRow
from tests.simulation.faults import Fault, Port
from tests.simulation.faulty_readings import fail_or_go_on
from tests.simulation.scheduler import Crash, Scheduler


class FaultyDueIndex(DueIndex):
    """The DueIndex port."""

    def __init__(self, inner: DueIndex, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler
        self.shards = inner.shards

    @override
    def rows(
        self, rail: RailName, partner: str, shard: int, after: str | None, until: datetime, limit: int
    ) -> Sequence[DueRow]:
        fault = self._scheduler.step(Port.INDEX, "read due rows of", rail, partner, shard)
        if fault is Fault.INDEX_LAGS:
            return []
        fail_or_go_on(fault)
        return self._inner.rows(rail, partner, shard, after, until, limit)

    @override
    def position(self, at: datetime) -> str:
        return self._inner.position(at)


class FaultySlotIndex(SlotIndex):
    """The SlotIndex port. It never lags: a slot comes up a day after its row was written, or later."""

    def __init__(self, inner: SlotIndex, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    @override
    def cohorts(self, rail: RailName) -> Mapping[Cohort, datetime]:
        fail_or_go_on(self._scheduler.step(Port.READ, "read cohorts of", rail))
        return self._inner.cohorts(rail)

    @override
    def rows(self, cohort: Cohort, first: Slot, last: Slot, after: SlotRow | None, limit: int) -> Sequence[SlotRow]:
        # One step for the days of a month: what befalls a later one of them does no more than what befalls the first.
        if not self._scheduler.goes_on(Port.SLOTS):
            fail_or_go_on(self._scheduler.step(Port.SLOTS, "read slots of", cohort.rail, cohort.plan))
        return self._inner.rows(cohort, first, last, after, limit)

    @override
    def unbilled(self, partner: str, renewals: Mapping[str, datetime]) -> Sequence[str]:
        fail_or_go_on(self._scheduler.step(Port.READ, "read whether billed", *renewals))
        return self._inner.unbilled(partner, renewals)


class FaultyBookmarks(Bookmarks):
    """The Bookmarks port."""

    def __init__(self, inner: Bookmarks, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    @override
    def all(self, reading: Reading, rail: RailName) -> Mapping[str, str]:
        fail_or_go_on(self._scheduler.step(Port.READ, "read bookmarks of", reading, rail))
        return self._inner.all(reading, rail)

    @override
    def save(self, reading: Reading, rail: RailName, stream: str, position: str | None) -> None:
        fault = self._scheduler.step(Port.BOOKMARK, "save bookmark of", reading, stream)
        written(fault, lambda: self._inner.save(reading, rail, stream, position))


class FaultyBookings(Bookings):
    """The Bookings port."""

    def __init__(self, inner: Bookings, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    @override
    def free_from(self, rail: RailName) -> datetime | None:
        fail_or_go_on(self._scheduler.step(Port.READ, "read bookings of", rail))
        return self._inner.free_from(rail)

    @override
    def book(self, rail: RailName, free: datetime | None, then: datetime) -> bool:
        fault = self._scheduler.step(Port.BOOKMARK, "book call times of", rail)
        return written(fault, lambda: self._inner.book(rail, free, then))


def written[T](fault: Fault | None, write: Callable[[], T]) -> T:
    """What comes of a write of a row that belongs to no subscription."""
    match fault:
        case None:
            return write()
        case Fault.AMBIGUOUS | Fault.CRASH_AFTER:
            write()
            raise StoreUnavailable if fault is Fault.AMBIGUOUS else Crash
        case _:
            fail_or_go_on(fault)
            raise AssertionError("no such fault of a write")


def faulty(inner: Indexes, scheduler: Scheduler) -> Indexes:
    """The indexes and bookmarks over those that never fail."""
    return Indexes(
        FaultyDueIndex(inner.due, scheduler),
        FaultySlotIndex(inner.slots, scheduler),
        FaultyBookmarks(inner.bookmarks, scheduler),
    )
