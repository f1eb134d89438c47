"""The store of a story in memory: the Store port over an InMemoryStore, with a fault possible at every call."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, override

from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.repeats import Remembered
from pinbill.domain.stops import Stop
from pinbill.domain.subscription import Subscription
from pinbill.errors import PinbillError, StoreUnavailable
from pinbill.usecases.calls import Identity
from pinbill.usecases.ports.billing import Bookings, Runs, Stops
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.due import Bookmarks, Indexes, OpenOutcomes
from pinbill.usecases.ports.store import AlreadyRemembered, ChargeExists, Page, StaleVersion, Store
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.indexes import InMemoryBookings, InMemoryBookmarks, InMemoryDueIndex, InMemorySlotIndex
from tests.fakes.open_outcomes import InMemoryOpenOutcomes
from tests.fakes.runs import InMemoryRuns
from tests.fakes.stops import InMemoryStops
from tests.fakes.store import InMemoryStore
from tests.simulation.faults import Fault, Port
from tests.simulation.faulty_control import FaultyRuns, FaultyStops
from tests.simulation.faulty_dispatch import FaultyBookings, faulty
from tests.simulation.faulty_readings import FaultyCatalog, FaultyOpenOutcomes, fail_or_go_on
from tests.simulation.scheduler import Crash, Scheduler

SHARDS = 1
STEPS_UNTIL_LATE_WRITE = 2


class Applied(Protocol):
    """Who is told of every write that took effect, and of every look at what is stopped."""

    def applied(self, before: Subscription | None, after: Subscription, entries: Sequence[Entry]) -> None: ...

    def told_of_stops(self, as_of: int) -> None: ...


class FaultyStore(Store):
    """The Store port. `inner` holds the rows; the judge reads them there, without steps."""

    def __init__(self, inner: Store, scheduler: Scheduler, judge: Applied) -> None:
        self.inner = inner
        self._scheduler = scheduler
        self._judge = judge

    @override
    def subscription(self, partner: str, id: str) -> Subscription:
        self._read("read subscription")
        return self._shown(self.inner.subscription(partner, id))

    @override
    def charge(self, partner: str, id: str, key: str) -> Charge | None:
        self._read("read charge")
        return self.inner.charge(partner, id, key)

    @override
    def remembered(self, partner: str, id: str | None, key: str) -> Remembered | None:
        self._read("read request")
        return self.inner.remembered(partner, id, key)

    @override
    def journal(self, partner: str, id: str, limit: int, cursor: str | None, money_only: bool) -> Page[Entry]:
        self._read("read journal")
        return self.inner.journal(partner, id, limit, cursor, money_only)

    @override
    def with_number(self, partner: str, msisdn: Msisdn) -> Sequence[str]:
        self._read("read number")
        return self.inner.with_number(partner, msisdn)

    @override
    def with_mandate(self, partner: str, reference: str) -> str | None:
        self._read("read mandate")
        return self.inner.with_mandate(partner, reference)

    @override
    def identity(self, subscription: Subscription) -> Identity:
        return self.inner.identity(subscription)

    @override
    def expect(self, places: Sequence[tuple[str, str]]) -> None:
        self.inner.expect(places)

    @override
    def create(self, subscription: Subscription, entry: Entry, remembered: Remembered | None = None) -> Subscription:
        def write() -> Subscription:
            created = self.inner.create(subscription, entry, remembered)
            self._judge.applied(None, created, (entry,))
            return created

        return self._write(Port.CREATE, f"create {subscription.id}", write)

    @override
    def commit(self, change: Change) -> None:
        def write() -> None:
            self.inner.commit(change)
            self._judge.applied(change.before, change.after, change.entries)

        port = Port.COMMIT if change.entries else Port.CLAIM
        try:
            self._write(port, "commit", write)
        except _Own:
            stored = self.inner.subscription(change.after.partner, change.after.id)
            raise StaleVersion(self._shown(stored)) from None
        except StaleVersion as stale:
            self._shown(stale.current)
            raise

    def _shown(self, subscription: Subscription) -> Subscription:
        """What an actor has read to be cancelled, or paid by an earlier attempt, it knows."""
        if subscription.cancel_at is not None:
            self._scheduler.running().knows_cancelled.add(subscription.id)
        attempt = subscription.open_attempt
        if attempt is not None and attempt.covered_by is not None:
            self._scheduler.running().knows_covered.add(attempt.id)
        return subscription

    def _read(self, what: str) -> None:
        fail_or_go_on(self._scheduler.step(Port.READ, what))

    def _write[T](self, port: Port, what: str, write: Callable[[], T]) -> T:
        scheduler = self._scheduler
        match fault := scheduler.step(port, what):
            case None:
                return write()
            case Fault.AMBIGUOUS:
                write()
                raise StoreUnavailable
            case Fault.CRASH_AFTER:
                write()
                raise Crash
            case Fault.SLOW:
                written = write()
                scheduler.let_others_go_on()
                return written
            case Fault.OWN:
                write()
                scheduler.let_others_go_on()
                raise _Own
            case Fault.LATE_WRITE | Fault.LATE_WRITE_SOON:
                soon = fault is Fault.LATE_WRITE_SOON
                scheduler.later(lambda: _if_it_still_holds(write), STEPS_UNTIL_LATE_WRITE if soon else None)
                raise StoreUnavailable
            case _:
                fail_or_go_on(fault)
                raise AssertionError("no such fault of a write")


class _Own(Exception):
    """The write was applied; its answer was lost, and its repeat met its own trace or what came above it."""


def _if_it_still_holds(write: Callable[[], object]) -> None:
    try:
        write()
    except (StaleVersion, ChargeExists, AlreadyRemembered, PinbillError):
        return


class MemoryBackend:
    """All rows of a story in memory, and the ports over them."""

    def __init__(self, scheduler: Scheduler, judge: Applied) -> None:
        self._rows = InMemoryStore()
        self._bookmarks, self._bookings = InMemoryBookmarks(), InMemoryBookings()
        self._stops, self._runs = InMemoryStops(), InMemoryRuns()
        due, slots = InMemoryDueIndex(self._rows, SHARDS), InMemorySlotIndex(self._rows)
        self.writer = InMemoryCatalog()
        self.rows: Store = self._rows
        self.store: Store = FaultyStore(self._rows, scheduler, judge)
        self.bookmarks: Bookmarks = self._bookmarks
        self.indexes = faulty(Indexes(due, slots, self._bookmarks), scheduler)
        self.stops: Stops = FaultyStops(self._stops, scheduler, judge.told_of_stops)
        self.operator: Stops = self.stops
        self.runs: Runs = FaultyRuns(self._runs, scheduler)
        self.bookings: Bookings = FaultyBookings(self._bookings, scheduler)
        self.outcomes: OpenOutcomes = FaultyOpenOutcomes(InMemoryOpenOutcomes(self._rows), scheduler)
        self.catalog: Catalog = FaultyCatalog(self.writer, scheduler)

    def stopped(self) -> Sequence[Stop]:
        return self._stops.standing()

    def new_processes(self) -> None:
        """No process keeps anything to itself."""

    def subscriptions(self) -> Iterator[Subscription]:
        yield from self._rows.subscriptions.values()

    def journal(self, subscription: Subscription) -> Sequence[Entry]:
        """All entries, oldest first."""
        return self._rows.entries[subscription.partner, subscription.id]

    def snapshot(self) -> object:
        """The rows as they are; they are immutable, so that only their containers are copied."""
        rows = self._rows
        return (
            dict(rows.subscriptions),
            {place: list(entries) for place, entries in rows.entries.items()},
            dict(rows._charges),
            dict(rows._requests),
            {number: dict(plans) for number, plans in rows._numbers.items()},
            dict(rows._mandates),
            {reading: dict(marks) for reading, marks in self._bookmarks.positions.items()},
            dict(self._bookings.free),
            dict(self._stops._standing),
            dict(self._runs.rows),
            {day: set(places) for day, places in self._runs._days.items()},
        )

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        subscriptions, entries, charges, requests, numbers, mandates, positions, free, stops, *progress = snapshot
        rows = self._rows
        rows.subscriptions = dict(subscriptions)
        rows.entries = {place: list(of_one) for place, of_one in entries.items()}
        rows._charges = dict(charges)
        rows._requests = dict(requests)
        rows._numbers = {number: dict(plans) for number, plans in numbers.items()}
        rows._mandates = dict(mandates)
        self._bookmarks.positions = {reading: dict(marks) for reading, marks in positions.items()}
        self._bookings.free = dict(free)
        self._stops._standing = dict(stops)
        rows_of_runs, days = progress
        self._runs.rows = dict(rows_of_runs)
        self._runs._days = defaultdict(set, {day: set(places) for day, places in days.items()})
