"""A dispatcher over fakes, into whose store a test puts subscriptions as they are."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from pinbill.domain.catalog import RailName
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.pacing import Pace, Window
from pinbill.domain.periods import Recurrence, Schedule, Unit
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.audit import Audit
from pinbill.usecases.call_times import CallTimes
from pinbill.usecases.guard import Guard
from pinbill.usecases.ports.due import Reading
from pinbill.usecases.recurring_bill import INTERVALS, RecurringBill
from tests.fakes.indexes import InMemoryBookings, in_memory_indexes
from tests.fakes.queue import FakeQueue
from tests.unit.domain.samples import PHONE, standing
from tests.unit.usecases.world import World

MINUTE = timedelta(minutes=1)
DAILY = Recurrence(Unit.DAY, 1)
ID = "S{:025d}"


class Dispatcher:
    def __init__(
        self,
        shards: int = 1,
        rate: float = 5.0,
        interval: timedelta = 5 * MINUTE,
        windows: tuple[Window, ...] = (),
    ) -> None:
        self.world = World()
        self.indexes = in_memory_indexes(self.world.store, shards)
        self.queue = FakeQueue()
        world, paces = self.world, dict.fromkeys(RailName, Pace(rate, windows))
        audit = Audit(self.indexes, world.store, world.clock, world.telemetry)
        self.call_times = CallTimes(InMemoryBookings(), self.queue, world.clock, paces)
        guard = Guard(world.stops, world.runs, self.indexes.slots, world.catalog, world.clock, world.telemetry)
        self.dispatcher = RecurringBill(
            self.indexes, audit, self.call_times, guard, world.clock, world.telemetry, interval
        )

    def marks(self) -> dict[str, str]:
        """How far the run has read the phone's streams."""
        return dict(self.indexes.bookmarks.all(Reading.RUN, PHONE))

    def forget_marks(self) -> None:
        for name in self.marks():
            self.indexes.bookmarks.save(Reading.RUN, PHONE, name, None)

    def put(self, *subscriptions: Subscription) -> None:
        for subscription in subscriptions:
            place = (subscription.partner, subscription.id)
            self.world.store.subscriptions[place] = subscription
            seqs = range(1, subscription.seq + 1)
            told = [Entry(seq, self.world.now, EntryKind.SUBSCRIBED, State.PENDING) for seq in seqs]
            self.world.store.entries[place] = told

    def put_due(self, numbers: Iterable[int], ago: timedelta = timedelta(), rail: RailName = PHONE) -> None:
        """Without a schedule, and so without a slot: only the due index can bring them up."""
        at = self.world.now - ago
        for n in numbers:
            self.put(replace(standing(State.ACTIVE, rail), id=ID.format(n), schedule=None, timers={Timer.BILL: at}))

    def billed(self, *numbers: int) -> None:
        """These subscriptions are not due any more."""
        for n in numbers:
            place = ("acme", ID.format(n))
            later = self.world.now + timedelta(days=30)
            stored = self.world.store.subscriptions[place]
            self.world.store.subscriptions[place] = replace(stored, timers={Timer.BILL: later})

    def room(self) -> int:
        """How many calls the next run can give times to."""
        return self.call_times.room(PHONE, INTERVALS * self.dispatcher.interval)

    def taken(self) -> list[int]:
        return sorted(int(id[1:]) for work in self.queue.take() for _, id in work.subscriptions)

    def put_renewing(
        self, numbers: Iterable[int], at: datetime, partner: str = "acme", recurrence: Recurrence = DAILY
    ) -> None:
        """Active subscriptions whose next period begins at this time: their slots bring them up."""
        for n in numbers:
            anchor = (at - timedelta(days=30)).replace(tzinfo=None)
            schedule = Schedule(anchor, "UTC", recurrence)
            period = schedule.period_at(at)
            renewing = replace(
                standing(State.ACTIVE),
                id=ID.format(n),
                partner=partner,
                zone="UTC",
                recurrence=recurrence,
                schedule=schedule,
                next_period=period,
                created_at=at - timedelta(days=30),
                timers={Timer.BILL: schedule.start(period)},
            )
            assert renewing.due_row is None
            self.put(renewing)
