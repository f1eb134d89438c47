"""The preview of a run, held to the runs themselves."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from pinbill.domain.attempts import AttemptState
from pinbill.domain.money import Money
from pinbill.domain.pacing import Pace, Window
from pinbill.domain.states import State
from pinbill.domain.stops import Scope, Stop
from pinbill.domain.subscription import Timer
from pinbill.usecases.ports.billing import Work
from pinbill.usecases.preview import Preview, RailPreview
from tests.unit.domain.samples import PHONE, claimed, standing
from tests.unit.usecases.dispatching import ID, MINUTE, Dispatcher

HOUR = timedelta(hours=1)


def preview(schedule: Dispatcher, until: datetime) -> RailPreview:
    world, call_times = schedule.world, schedule.call_times
    previewed = Preview(
        schedule.indexes,
        world.catalog,
        call_times.bookings,
        world.stops,
        world.clock,
        call_times.paces,
        schedule.dispatcher.interval,
    )
    return previewed(PHONE, until)


def running(rate: float = 1.0, windows: tuple[Window, ...] = ()) -> Dispatcher:
    """A dispatcher whose runs have been going on for a day."""
    made = Dispatcher(rate=rate, interval=MINUTE, windows=windows)
    made.put_renewing([9_999], made.world.now - 25 * HOUR)
    made.dispatcher.run()
    made.world.store.subscriptions.clear()
    made.queue.take()
    return made


def runs(schedule: Dispatcher, until: datetime) -> list[Work]:
    """All that the runs of each minute hand out; each of the subscriptions is billed at once."""
    works: list[Work] = []
    while schedule.world.now <= until:
        schedule.dispatcher.run()
        taken = schedule.queue.take()
        schedule.billed(*(int(id[1:]) for work in taken for _, id in work.subscriptions))
        works += taken
        schedule.world.after(minutes=1)
    return works


def last_call(works: Iterable[Work]) -> datetime:
    return max(w.times.first + (w.times.count - 1) * w.times.every for w in works if w.times)


@pytest.mark.parametrize("seed", range(5))
def test_the_last_call_is_made_when_the_preview_says(seed: int) -> None:
    rng = random.Random(seed)
    schedule = running(rate=rng.choice([0.2, 1.0, 7.0]))
    start, count = schedule.world.now, rng.randrange(50, 400)
    for n in range(count):
        schedule.put_renewing([n], start + rng.randrange(3600) * timedelta(seconds=1))

    said = preview(schedule, start + HOUR)
    works = runs(schedule, start + 4 * HOUR)

    assert said.forecast.calls == sum(len(work.subscriptions) for work in works) == count
    assert said.forecast.last is not None
    assert said.forecast.first == min(work.times.first for work in works if work.times)
    took, expected = last_call(works) - start, said.forecast.last - start
    assert abs(took - expected) <= 0.02 * took + MINUTE  # a run meets its renewals up to a minute late


def test_what_does_not_fit_its_window_is_counted() -> None:
    now = running().world.now  # 10:00
    schedule = running(rate=1.0, windows=(Window(time(9), time(10, 30)), Window(time(13), time(17))))
    schedule.put_renewing(range(100), now + 29 * MINUTE)

    said = preview(schedule, now + HOUR)

    assert said.forecast.last is not None
    assert said.forecast.last >= now.replace(hour=13)
    in_time = [work for work in runs(schedule, now + 4 * HOUR) if work.times and work.times.first < now + 30 * MINUTE]
    assert said.forecast.late == 100 - sum(len(work.subscriptions) for work in in_time)
    assert 0 < said.forecast.late < 100


def test_what_comes_up_while_no_window_is_open_fits_the_next_one() -> None:
    schedule = running(windows=(Window(time(13), time(17)),))
    schedule.put_renewing(range(100), schedule.world.now + MINUTE)

    said = preview(schedule, schedule.world.now + HOUR)

    assert (said.forecast.first, said.forecast.late) == (schedule.world.now.replace(hour=13, second=3), 0)


def test_renewals_retries_and_looks_are_told_apart_and_priced() -> None:
    schedule = running()
    now = schedule.world.now
    schedule.put_renewing([1, 2, 3], now + MINUTE)
    schedule.put(standing(State.PAST_DUE, id=ID.format(4), timers={Timer.BILL: now - HOUR}))
    open_one = claimed(State.ACTIVE, id=ID.format(5))
    assert open_one.open_attempt is not None
    unknown = replace(open_one.open_attempt, state=AttemptState.UNKNOWN)
    schedule.put(replace(open_one, open_attempt=unknown, timers={Timer.FOLLOW_UP: now + MINUTE}))
    schedule.put_renewing([6], now + 2 * HOUR)  # beyond what is asked about

    [plan] = preview(schedule, now + HOUR).plans

    assert (plan.renewals, plan.retries, plan.looks) == (3, 1, 1)
    assert plan.amount == Money(4 * 450, "GBP")
    assert not plan.is_stopped


def test_what_is_stopped_is_shown_and_takes_no_time() -> None:
    schedule = running()
    schedule.put_renewing([1, 2, 3], schedule.world.now + MINUTE)
    schedule.put_renewing([4], schedule.world.now + MINUTE, partner="bravo")
    schedule.world.stops.put(Stop(Scope(partner="acme"), "ann", "a test", schedule.world.now))

    said = preview(schedule, schedule.world.now + HOUR)

    assert [(plan.partner, plan.renewals, plan.is_stopped) for plan in said.plans] == [
        ("acme", 3, True),
        ("bravo", 1, False),
    ]
    assert said.forecast.calls == 1
    assert said.plans[1].amount is None  # its plan is in no catalog


def test_when_nothing_is_due_nothing_is_forecast() -> None:
    schedule = running()

    said = preview(schedule, schedule.world.now + HOUR)

    assert said.plans == []
    assert (said.forecast.calls, said.forecast.first, said.forecast.last, said.forecast.late) == (0, None, None, 0)


def test_call_times_that_are_given_away_already_are_not_given_again() -> None:
    schedule = running()
    schedule.put_renewing([1], schedule.world.now + MINUTE)
    free = schedule.world.now + HOUR
    schedule.call_times.bookings.book(PHONE, schedule.call_times.bookings.free_from(PHONE), free)

    said = preview(schedule, schedule.world.now + 10 * MINUTE)

    assert said.forecast.last is not None
    assert free <= said.forecast.last <= free + MINUTE
    assert schedule.call_times.paces[PHONE] == Pace(1.0)
