"""The dispatcher: everything that is due is handed out, at the pace of its rail, again after every failure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports import Observation, Reading, Work
from pinbill.usecases.recurring_bill import GROUP, LONGEST_DELAY, OVERLAP, SWEEP_AFTER, RecurringBill
from tests.fakes.due_index import InMemoryDueIndex
from tests.fakes.queue import FakeQueue
from tests.unit.domain.outcomes import on_the_list
from tests.unit.domain.samples import BANK, PHONE, standing
from tests.unit.usecases.world import World

MINUTE = timedelta(minutes=1)
ID = "S{:025d}"


class Schedule:
    """A dispatcher over an index into which a test puts subscriptions as they are."""

    def __init__(self, shards: int = 1, rate: float = 5.0, interval: timedelta = 5 * MINUTE) -> None:
        self.world = World()
        self.index = InMemoryDueIndex(self.world.store, shards)
        self.queue = FakeQueue()
        rates = dict.fromkeys(RailName, rate)
        self.dispatcher = RecurringBill(self.index, self.queue, self.world.clock, self.world.telemetry, rates, interval)

    def put(self, *subscriptions: Subscription) -> None:
        for subscription in subscriptions:
            place = (subscription.partner, subscription.id)
            self.world.store.subscriptions[place] = subscription
            seqs = range(1, subscription.seq + 1)
            told = [Entry(seq, self.world.now, EntryKind.SUBSCRIBED, State.PENDING) for seq in seqs]
            self.world.store.entries[place] = told

    def put_due(self, numbers: Iterable[int], ago: timedelta = timedelta(), rail: RailName = PHONE) -> None:
        at = self.world.now - ago
        for n in numbers:
            self.put(replace(standing(State.ACTIVE, rail), id=ID.format(n), timers={Timer.BILL: at}))

    def billed(self, *numbers: int) -> None:
        """These subscriptions are not due any more."""
        for n in numbers:
            place = ("acme", ID.format(n))
            later = self.world.now + timedelta(days=30)
            stored = self.world.store.subscriptions[place]
            self.world.store.subscriptions[place] = replace(stored, timers={Timer.BILL: later})

    def taken(self) -> list[int]:
        return sorted(int(id[1:]) for work in self.queue.take() for _, id in work.subscriptions)


def test_what_is_due_is_handed_out_and_what_is_not_is_not() -> None:
    schedule = Schedule()
    schedule.put_due([1, 2], timedelta(hours=3))
    schedule.put_due([3], -timedelta(seconds=1))

    handed = schedule.dispatcher.run()

    assert (handed.subscriptions, schedule.taken()) == (2, [1, 2])
    schedule.world.after(seconds=1)
    assert schedule.dispatcher.run().subscriptions >= 1
    assert 3 in schedule.taken()


def test_every_rail_has_its_own_groups() -> None:
    schedule = Schedule()
    schedule.put_due([1, 3], rail=PHONE)
    schedule.put_due([2], rail=BANK)

    schedule.dispatcher.run()

    assert {(work.rail, len(work.subscriptions)) for work in schedule.queue.take()} == {(PHONE, 2), (BANK, 1)}


@pytest.mark.parametrize("shards", [1, 4])
def test_a_run_hands_out_no_more_than_the_rail_takes_until_the_next_one(shards: int) -> None:
    schedule = Schedule(shards, rate=0.5, interval=2 * MINUTE)
    schedule.put_due(range(300), timedelta(hours=1))

    runs: list[list[int]] = []
    while len({n for run in runs for n in run}) < 300:
        schedule.dispatcher.run()
        taken = schedule.taken()
        assert 0 < len(taken) <= 60 + shards
        schedule.billed(*taken)
        runs.append(taken)
        schedule.world.after(minutes=2)
        assert len(runs) < 30, "rows that no run reaches"

    assert sorted(n for run in runs for n in run) == list(range(300))


def test_the_oldest_come_first() -> None:
    schedule = Schedule(rate=10 / 60, interval=MINUTE)
    for n in range(20):
        schedule.put_due([n], timedelta(hours=20 - n))

    schedule.dispatcher.run()

    assert schedule.taken() == list(range(10))


@pytest.mark.parametrize("rate", [0.5, 2.0, 5.0, 50.0])
def test_groups_are_spread_over_time_at_the_pace_of_the_rail(rate: float) -> None:
    schedule = Schedule(rate=rate, interval=15 * MINUTE)
    schedule.put_due(range(200))

    schedule.dispatcher.run()

    sent = [(delay, len(work.subscriptions)) for work, delay in schedule.queue.sent]
    assert all(0 <= delay <= LONGEST_DELAY for delay, _ in sent)
    for until in range(0, 401, 20):
        started = sum(size for delay, size in sent if delay <= until)
        assert started <= rate * (until + 1) + GROUP, "faster than the rail allows"


def test_a_delay_is_never_longer_than_the_queue_allows() -> None:
    schedule = Schedule(rate=0.01, interval=15 * MINUTE)
    schedule.put_due(range(10))

    schedule.dispatcher.run()

    assert all(delay <= LONGEST_DELAY for _, delay in schedule.queue.sent)


# --- the cursor


def test_a_run_goes_on_after_its_cursor_and_reads_the_last_minute_again() -> None:
    """The index follows the table with a delay: a row may appear behind one that was read already."""
    schedule = Schedule()
    schedule.put_due([2])
    schedule.dispatcher.run()
    schedule.queue.take()
    schedule.put_due([1], OVERLAP - timedelta(seconds=5))

    schedule.world.after(seconds=4)
    schedule.dispatcher.run()

    assert schedule.taken() == [1, 2]


def test_what_was_handed_out_longer_ago_is_not_handed_out_again_by_a_run() -> None:
    schedule = Schedule()
    schedule.put_due([1])
    schedule.dispatcher.run()
    schedule.queue.take()
    schedule.world.after(minutes=5)
    schedule.put_due([2])
    schedule.dispatcher.run()
    assert schedule.taken() == [1, 2]

    schedule.world.after(minutes=5)
    schedule.dispatcher.run()

    assert schedule.taken() == [2]


def test_a_run_that_the_queue_refuses_hands_out_the_same_again() -> None:
    schedule = Schedule()
    schedule.put_due(range(25))
    schedule.queue.error = StoreUnavailable()
    with pytest.raises(StoreUnavailable):
        schedule.dispatcher.run()

    schedule.dispatcher.run()

    assert schedule.taken() == list(range(25))


def test_two_dispatchers_at_once_lose_nothing() -> None:
    schedule = Schedule(shards=4)
    schedule.put_due(range(100), timedelta(hours=1))

    schedule.dispatcher.run()
    first = schedule.taken()
    schedule.index._cursors.clear()  # the second one had read the cursors before the first one saved them
    schedule.dispatcher.run()

    assert first == schedule.taken() == list(range(100))


def test_a_run_with_nothing_due_leaves_the_cursor_and_sends_nothing() -> None:
    schedule = Schedule()
    schedule.put_due([1])
    schedule.dispatcher.run()
    cursor = schedule.index.cursor(Reading.RUN, PHONE, 0)
    schedule.queue.take()
    schedule.billed(1)
    schedule.world.after(hours=1)

    assert schedule.dispatcher.run().groups == 0

    assert schedule.index.cursor(Reading.RUN, PHONE, 0) == cursor
    assert schedule.queue.sent == []
    assert schedule.world.telemetry.count(Observation.RUN_FINISHED) == 2


def test_the_cursor_never_goes_back_nor_beyond_what_was_read() -> None:
    schedule = Schedule(rate=10 / 60, interval=MINUTE)
    cursors: list[str] = []
    for n in range(30):
        schedule.put_due([n])
        schedule.dispatcher.run()
        cursor = schedule.index.cursor(Reading.RUN, PHONE, 0)
        assert cursor is not None
        assert cursor <= schedule.index.position(schedule.world.now - OVERLAP)
        cursors.append(cursor)
        schedule.world.after(seconds=40)

    assert cursors == sorted(cursors)


# --- the sweep


def test_a_sweep_finds_what_the_cursor_has_passed_and_leaves_what_is_fresh() -> None:
    schedule = Schedule()
    schedule.put_due([1], timedelta(days=2))
    schedule.dispatcher.run()
    schedule.world.after(hours=1)
    schedule.put_due([2], timedelta(days=3))
    schedule.put_due([3], SWEEP_AFTER - timedelta(seconds=1))
    schedule.queue.take()
    cursor = schedule.index.cursor(Reading.RUN, PHONE, 0)

    schedule.dispatcher.sweep()

    assert schedule.taken() == [1, 2]
    assert schedule.index.cursor(Reading.RUN, PHONE, 0) == cursor


@pytest.mark.parametrize("state", [State.PENDING, State.PAST_DUE, State.SUSPENDED])
def test_what_waits_for_a_person_does_not_keep_the_sweep_from_the_rest(state: State) -> None:
    """Its next look stands in the index, and each one moves it on: it does not stay at the front."""
    schedule = Schedule(rate=10 / 60, interval=MINUTE)
    listed = [on_the_list(state, id=ID.format(n)) for n in range(50)]
    schedule.put(*listed)
    schedule.world.after(days=90)
    schedule.put_due([77], timedelta(days=1))

    found = set[int]()
    for _ in range(6):
        schedule.dispatcher.sweep()
        taken = schedule.taken()
        found |= set(taken)
        for n in taken:
            schedule.world.worker.wake(schedule.world.plan.partner, ID.format(n))

    assert 77 in found
    assert len(found) == 51


def test_subscriptions_that_cannot_be_billed_at_all_do_not_keep_the_sweep_from_the_rest() -> None:
    """Their plan was removed, say: every wake fails, and they stay the oldest rows of the index."""
    schedule = Schedule(rate=10 / 60, interval=MINUTE)
    schedule.put_due(range(10), timedelta(days=30))
    schedule.put_due([77], timedelta(days=1))

    found = set[int]()
    for _ in range(24):
        schedule.dispatcher.sweep()
        found |= set(schedule.taken())
        schedule.world.after(hours=1)

    assert 77 in found


# --- dispatcher and worker together


def deliver(world: World, works: list[Work], times: int) -> None:
    for _ in range(times):
        for work in works:
            for partner, id in work.subscriptions:
                world.worker.wake(partner, id)


@pytest.mark.parametrize("duplicates", [1, 3])
def test_a_month_of_outage_heals_itself_and_bills_everybody_once(duplicates: int) -> None:
    schedule = Schedule(rate=20 / 60, interval=MINUTE)
    world = schedule.world
    users: list[str] = []
    for n in range(25):
        users.append(world.subscribe(msisdn=f"+4477009001{n:02d}").id)
        world.confirm()
        world.after(minutes=7)
    world.after(days=45)

    for _ in range(6):
        schedule.dispatcher.run()
        works = schedule.queue.take()
        deliver(world, works, duplicates)
        schedule.dispatcher.sweep()
        deliver(world, schedule.queue.take(), 1)
        world.after(minutes=1)

    assert len(world.debits) == 2 * len(users)
    for id in users:
        world.id = id
        assert world.subscription.next_period == 3
    taken = [debit.reference for debit in world.phone.ledger]
    assert len(set(taken)) == len(taken)
