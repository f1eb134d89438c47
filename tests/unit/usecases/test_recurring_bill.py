"""The dispatcher: everything that is due is handed out, at the pace of its rail, again after every failure."""

from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise

import pytest

from pinbill.domain.pacing import Window
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer
from pinbill.errors import StoreUnavailable
from pinbill.usecases.call_times import ARRIVES, LEAD, LONGEST_DELAY
from pinbill.usecases.ports.billing import Work
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.recurring_bill import OVERLAP, SWEEP_AFTER
from tests.unit.domain.outcomes import on_the_list
from tests.unit.domain.samples import BANK, PHONE, standing
from tests.unit.usecases.dispatching import ID, MINUTE, Dispatcher
from tests.unit.usecases.world import World


def test_what_is_due_is_handed_out_and_what_is_not_is_not() -> None:
    schedule = Dispatcher()
    schedule.put_due([1, 2], timedelta(hours=3))
    schedule.put_due([3], -timedelta(seconds=1))

    handed = schedule.dispatcher.run()

    assert (handed.subscriptions, schedule.taken()) == (2, [1, 2])
    schedule.world.after(seconds=1)
    assert schedule.dispatcher.run().subscriptions >= 1
    assert 3 in schedule.taken()


def test_every_rail_has_its_own_groups() -> None:
    schedule = Dispatcher()
    schedule.put_due([1, 3], rail=PHONE)
    schedule.put_due([2], rail=BANK)

    schedule.dispatcher.run()

    assert {(work.rail, len(work.subscriptions)) for work in schedule.queue.take()} == {(PHONE, 2), (BANK, 1)}


@pytest.mark.parametrize("shards", [1, 4])
def test_a_run_hands_out_as_much_as_there_are_call_times_for(shards: int) -> None:
    schedule = Dispatcher(shards, rate=0.5, interval=2 * MINUTE)
    schedule.put_due(range(300), timedelta(hours=1))

    runs: list[list[int]] = []
    while len({n for run in runs for n in run}) < 300:
        room = schedule.room()
        schedule.dispatcher.run()
        taken = schedule.taken()
        assert len(taken) in (room, 300 - sum(map(len, runs)))
        schedule.billed(*taken)
        runs.append(taken)
        schedule.world.after(minutes=2)
        assert len(runs) < 30, "rows that no run reaches"

    assert sorted(n for run in runs for n in run) == list(range(300))


def test_the_oldest_come_first() -> None:
    schedule = Dispatcher(rate=10 / 60, interval=MINUTE)
    for n in range(60):
        schedule.put_due([n], timedelta(hours=60 - n))
    room = schedule.room()

    schedule.dispatcher.run()

    assert schedule.taken() == list(range(room))
    assert room < 60


@pytest.mark.parametrize("rate", [0.5, 2.0, 5.0, 50.0])
def test_every_call_has_a_time_of_its_own_and_its_group_leaves_the_queue_just_before(rate: float) -> None:
    schedule = Dispatcher(rate=rate, interval=5 * MINUTE)
    schedule.put_due(range(200))
    for _ in range(2):
        schedule.dispatcher.run()
        schedule.forget_marks()

    calls = []
    for work, delay in schedule.queue.sent:
        assert work.times is not None
        assert work.times.count == len(work.subscriptions)
        leaves = schedule.world.now + timedelta(seconds=delay)
        assert work.times.first - ARRIVES - timedelta(seconds=1) < leaves <= work.times.first - ARRIVES
        calls += [work.times.first + n * work.times.every for n in range(work.times.count)]
    assert len(calls) >= 200
    assert calls[0] == schedule.world.now + LEAD
    assert all((later - earlier).total_seconds() > 1 / rate for earlier, later in pairwise(calls))


def test_a_delay_is_never_longer_than_the_queue_allows() -> None:
    schedule = Dispatcher(rate=0.01, interval=5 * MINUTE)
    schedule.put_due(range(10))

    for _ in range(20):
        schedule.dispatcher.run()
        schedule.forget_marks()

    assert all(delay <= LONGEST_DELAY for _, delay in schedule.queue.sent)


def test_when_all_call_times_are_given_away_nothing_is_read_until_there_are_new_ones() -> None:
    schedule = Dispatcher(rate=0.5, interval=MINUTE)
    schedule.put_due(range(500), timedelta(hours=1))
    schedule.dispatcher.run()
    marks = schedule.marks()
    schedule.queue.take()

    assert schedule.dispatcher.run().subscriptions == 0
    assert schedule.marks() == marks
    schedule.world.after(minutes=1)
    assert schedule.dispatcher.run().subscriptions > 20


def test_what_needs_no_call_waits_for_no_quota() -> None:
    schedule = Dispatcher(rate=0.01, interval=MINUTE)
    schedule.put_due(range(50), timedelta(hours=1))
    quiet = replace(standing(State.PAST_DUE), id=ID.format(77), timers={Timer.DUNNING: schedule.world.now})
    schedule.put(quiet)

    schedule.dispatcher.run()

    (first, *_) = schedule.queue.sent
    assert (first[0].is_quiet, first[0].times, first[0].subscriptions, first[1]) == (
        True,
        None,
        [("acme", ID.format(77))],
        0,
    )


def test_outside_of_the_windows_only_what_needs_no_call_is_handed_out() -> None:
    schedule = Dispatcher(interval=MINUTE, windows=(Window(time(13), time(17)),))
    schedule.put_due(range(5), timedelta(hours=1))
    schedule.put(replace(standing(State.PAST_DUE), id=ID.format(77), timers={Timer.DUNNING: schedule.world.now}))
    assert schedule.world.now.hour == 10

    schedule.dispatcher.run()
    assert schedule.taken() == [77]
    schedule.world.after(hours=3)
    schedule.dispatcher.run()

    assert set(schedule.taken()) >= set(range(5))


# --- the cursor


def test_a_run_goes_on_after_its_cursor_and_reads_the_last_moments_again() -> None:
    """The index follows the table with a delay: a row may appear behind one that was read already."""
    schedule = Dispatcher()
    schedule.put_due([2])
    schedule.dispatcher.run()
    schedule.queue.take()
    schedule.put_due([1], OVERLAP - timedelta(seconds=3))

    schedule.world.after(seconds=2)
    schedule.dispatcher.run()

    assert schedule.taken() == [1, 2]


def test_what_was_handed_out_longer_ago_is_not_handed_out_again_by_a_run() -> None:
    schedule = Dispatcher()
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
    schedule = Dispatcher()
    schedule.put_due(range(25))
    schedule.queue.error = StoreUnavailable()
    with pytest.raises(StoreUnavailable):
        schedule.dispatcher.run()

    schedule.dispatcher.run()

    assert schedule.taken() == list(range(25))


def test_two_dispatchers_at_once_lose_nothing() -> None:
    schedule = Dispatcher(shards=4)
    schedule.put_due(range(100), timedelta(hours=1))

    schedule.dispatcher.run()
    first = schedule.taken()
    schedule.forget_marks()  # the second one had read them before the first one saved them
    schedule.dispatcher.run()

    assert first == schedule.taken() == list(range(100))


def test_a_run_with_nothing_due_leaves_the_cursor_and_sends_nothing() -> None:
    schedule = Dispatcher()
    schedule.put_due([1])
    schedule.dispatcher.run()
    cursor = schedule.marks().get("acme#0")
    schedule.queue.take()
    schedule.billed(1)
    schedule.world.after(hours=1)

    assert schedule.dispatcher.run().groups == 0

    assert schedule.marks().get("acme#0") == cursor
    assert schedule.queue.sent == []
    assert schedule.world.telemetry.count(Observation.RUN_FINISHED) == 2


def test_the_cursor_never_goes_back_nor_beyond_what_was_read() -> None:
    schedule = Dispatcher(rate=10 / 60, interval=MINUTE)
    cursors: list[str] = []
    for n in range(30):
        schedule.put_due([n])
        schedule.dispatcher.run()
        cursor = schedule.marks().get("acme#0")
        assert cursor is not None
        assert cursor <= schedule.indexes.due.position(schedule.world.now - OVERLAP)
        cursors.append(cursor)
        schedule.world.after(seconds=40)

    assert cursors == sorted(cursors)


# --- the sweep


def test_a_sweep_finds_what_the_cursor_has_passed_and_leaves_what_is_fresh() -> None:
    schedule = Dispatcher()
    schedule.put_due([1], timedelta(days=2))
    schedule.dispatcher.run()
    schedule.world.after(hours=1)
    schedule.put_due([2], timedelta(days=3))
    schedule.put_due([3], SWEEP_AFTER - timedelta(seconds=1))
    schedule.queue.take()
    cursor = schedule.marks().get("acme#0")

    schedule.dispatcher.sweep()

    assert schedule.taken() == [1, 2]
    assert schedule.marks().get("acme#0") == cursor


@pytest.mark.parametrize("state", [State.PENDING, State.PAST_DUE, State.SUSPENDED])
def test_what_waits_for_a_person_does_not_keep_the_sweep_from_the_rest(state: State) -> None:
    """Its next look stands in the index, and each one moves it on: it does not stay at the front."""
    schedule = Dispatcher(rate=10 / 60, interval=MINUTE)
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
        schedule.world.after(minutes=2)

    assert 77 in found
    assert len(found) == 51


def test_subscriptions_that_cannot_be_billed_at_all_do_not_keep_the_sweep_from_the_rest() -> None:
    """Their plan was removed, say: every wake fails, and they stay the oldest rows of the index."""
    schedule = Dispatcher(rate=10 / 60, interval=MINUTE)
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
    schedule = Dispatcher(rate=20 / 60, interval=MINUTE)
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
