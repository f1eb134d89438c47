"""What renews is handed out when its slot comes up: once, in the order of time, to every partner its share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, Obligation
from pinbill.domain.money import Money
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer
from pinbill.usecases.due_streams import CLOCKS_DIFFER, Mark
from pinbill.usecases.ports.due import Reading
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import NOW, PHONE
from tests.unit.usecases.dispatching import ID, MINUTE, Dispatcher

SECOND = timedelta(seconds=1)
COHORT = "acme#monthly-infomedia#UTC#day1"
CHARGE = Attempt(
    id="S1-1",
    kind=AttemptKind.CHARGE,
    obligation=Obligation(charge="ab"),
    number=1,
    owner="owner-1",
    amount=Money(120, "GBP"),
    claimed_at=NOW,
    state=AttemptState.PENDING,
)


def dispatcher(rate: float = 5.0, interval: timedelta = 5 * MINUTE) -> Dispatcher:
    """One whose runs have been going on for a day."""
    made = Dispatcher(rate=rate, interval=interval)
    made.put_renewing([999], made.world.now - timedelta(hours=25))
    made.dispatcher.run()
    made.billed(999)
    made.queue.take()
    return made


def test_a_renewal_is_handed_out_when_its_period_begins_and_not_before() -> None:
    schedule = dispatcher()
    schedule.put_renewing([1], schedule.world.now + 10 * MINUTE)

    schedule.world.after(minutes=9, seconds=59)
    schedule.dispatcher.run()
    assert schedule.taken() == []
    schedule.world.after(seconds=1)
    schedule.dispatcher.run()

    assert schedule.taken() == [1]


def test_a_renewal_is_handed_out_once() -> None:
    schedule = dispatcher()
    schedule.put_renewing([1, 2, 3], schedule.world.now + MINUTE)
    schedule.world.after(minutes=1)
    schedule.dispatcher.run()
    schedule.queue.take()

    for _ in range(3):
        schedule.dispatcher.run()
        schedule.world.after(minutes=5)

    assert schedule.taken() == []


def test_many_who_renew_in_the_same_second_are_handed_out_over_several_runs() -> None:
    schedule = dispatcher(rate=0.5, interval=MINUTE)
    schedule.put_renewing(range(100), schedule.world.now + MINUTE)
    schedule.world.after(minutes=1)

    runs: list[list[int]] = []
    while len(runs) < 4:
        room = schedule.room()
        schedule.dispatcher.run()
        runs.append(schedule.taken())
        assert len(runs[-1]) in (room, 100 - sum(len(run) for run in runs[:-1]))
        schedule.world.after(minutes=1)

    assert sorted(n for run in runs for n in run) == list(range(100))


@pytest.mark.parametrize("days", [1, 3, 40])
def test_after_an_outage_everybody_is_handed_out_once(days: int) -> None:
    schedule = dispatcher()
    for n in range(48):
        schedule.put_renewing([n], schedule.world.now + n * 30 * MINUTE)
    schedule.world.after(days=days)

    schedule.dispatcher.run()

    assert schedule.taken() == [*range(48), 999]


def test_the_oldest_come_first_wherever_they_are_found() -> None:
    schedule = dispatcher(rate=10 / 60, interval=MINUTE)
    start = schedule.world.now
    for n in range(60):
        if n % 2:
            schedule.put_renewing([n], start + n * SECOND)
        else:
            schedule.put_due([n], -n * SECOND)
    schedule.world.after(minutes=30)
    room = schedule.room()

    schedule.dispatcher.run()

    assert 10 < room < 30
    assert schedule.taken() == list(range(room))


def test_who_is_found_by_a_slot_and_by_a_due_row_is_handed_out_once_a_run() -> None:
    schedule = dispatcher()
    schedule.put_renewing([1], schedule.world.now + MINUTE)
    stored = schedule.world.store.subscriptions["acme", ID.format(1)]
    retried = replace(stored, timers={Timer.BILL: stored.timers[Timer.BILL] + SECOND})
    schedule.put(retried)
    schedule.world.after(minutes=2)

    schedule.dispatcher.run()

    assert schedule.taken() == [1]


def test_a_partner_with_few_waits_for_nobody_who_has_many() -> None:
    schedule = dispatcher(rate=0.5, interval=MINUTE)
    schedule.put_renewing(range(1000), schedule.world.now + MINUTE)
    schedule.put_renewing(range(1000, 1005), schedule.world.now + 2 * MINUTE, partner="bravo")
    schedule.world.after(minutes=3)
    room = schedule.room()

    schedule.dispatcher.run()

    taken = schedule.taken()
    assert len(taken) == room < 100
    assert [n for n in taken if n >= 1000] == list(range(1000, 1005))


def test_what_is_paused_cancelled_or_over_has_no_slot() -> None:
    schedule = dispatcher()
    schedule.put_renewing(range(4), schedule.world.now + MINUTE)
    over: list[dict[str, Any]] = [
        {"state": State.PAUSED},
        {"cancel_at": schedule.world.now},
        {"state": State.ENDED},
        {"state": State.CANCELLED},
    ]
    for n, changes in enumerate(over):
        schedule.put(replace(schedule.world.store.subscriptions["acme", ID.format(n)], timers={}, **changes))
    schedule.world.after(minutes=5)

    schedule.dispatcher.run()

    assert schedule.taken() == []


# --- bookmarks


def test_a_cohort_that_nobody_was_taken_from_is_marked_once_an_hour() -> None:
    schedule = dispatcher()
    marks = set()
    for _ in range(24):
        schedule.dispatcher.run()
        marks.add(schedule.marks()[COHORT])
        schedule.world.after(minutes=5)

    assert len(marks) == 2


def test_a_bookmark_of_a_clock_that_had_leapt_is_not_believed() -> None:
    schedule = dispatcher()
    ahead = Mark.behind_all(schedule.world.now + CLOCKS_DIFFER + timedelta(days=3))
    schedule.indexes.bookmarks.save(Reading.RUN, PHONE, COHORT, str(ahead))
    schedule.put_renewing([1], schedule.world.now + MINUTE)
    schedule.world.after(minutes=2)

    schedule.dispatcher.run()

    assert 1 in schedule.taken()


def test_a_run_that_stops_between_two_who_renew_together_goes_on_between_them() -> None:
    schedule = dispatcher(rate=10 / 60, interval=MINUTE)
    schedule.put_renewing(range(60), schedule.world.now + MINUTE)
    schedule.world.after(minutes=1)
    room = schedule.room()
    schedule.dispatcher.run()

    assert schedule.taken() == list(range(room))
    assert schedule.marks()[COHORT] == str(Mark(schedule.world.now, ID.format(room - 1)))


# --- the audit


def lose_a_message(schedule: Dispatcher, *numbers: int) -> datetime:
    """These are handed out, and their messages are lost; returns when their period began."""
    at = schedule.world.now + MINUTE
    schedule.put_renewing(numbers, at)
    schedule.world.after(minutes=1)
    schedule.dispatcher.run()
    assert set(schedule.taken()) >= set(numbers)
    return at


def sweeps(schedule: Dispatcher, minutes: int) -> list[int]:
    """Run and sweep every ten minutes for so long; who was handed out."""
    for _ in range(0, minutes, 10):
        schedule.world.after(minutes=10)
        schedule.dispatcher.run()
        schedule.dispatcher.sweep()
    return schedule.taken()


def test_a_renewal_whose_message_was_lost_is_found_within_two_hours() -> None:
    schedule = dispatcher()
    lose_a_message(schedule, 1)

    assert sweeps(schedule, 30) == []
    assert set(sweeps(schedule, 90)) == {1}


def test_what_an_audit_has_found_is_handed_out_until_it_is_billed() -> None:
    schedule = dispatcher()
    lose_a_message(schedule, 1)
    sweeps(schedule, 120)

    assert set(sweeps(schedule, 600)) == {1}
    schedule.billed(1)

    assert sweeps(schedule, 120) == []


def test_an_audit_leaves_what_was_billed_and_what_is_not_handed_out_yet() -> None:
    schedule = dispatcher(rate=10 / 600, interval=5 * MINUTE)
    schedule.put_renewing(range(100), schedule.world.now + MINUTE)
    schedule.world.after(minutes=1)
    billed: list[int] = []
    for _ in range(12):
        schedule.dispatcher.run()
        taken = schedule.taken()
        schedule.billed(*taken)
        billed += taken
        schedule.world.after(minutes=10)
        schedule.dispatcher.sweep()
        assert schedule.taken() == []

    assert sorted(billed) == sorted(set(billed))
    assert len(billed) == 100
    assert schedule.world.telemetry.count(Observation.BILL_RECALLED) == 0


def test_a_bill_behind_an_open_charge_is_found_when_the_charge_is_known() -> None:
    schedule = dispatcher()
    lose_a_message(schedule, 1)
    place = ("acme", ID.format(1))
    charged = schedule.world.store.subscriptions[place]
    schedule.put(
        replace(charged, open_attempt=CHARGE, attempts=1, timers={**charged.timers, Timer.FOLLOW_UP: CHARGE.claimed_at})
    )
    sweeps(schedule, 120)

    known = schedule.world.store.subscriptions[place]
    schedule.put(replace(known, open_attempt=None, timers={Timer.BILL: known.timers[Timer.BILL]}))

    assert set(sweeps(schedule, 30)) == {1}


def test_an_audit_that_dies_goes_on_where_it_was() -> None:
    schedule = dispatcher()
    lose_a_message(schedule, *range(5))
    sweeps(schedule, 40)
    schedule.world.store.faults.extend(["", "", "lost"])
    schedule.world.after(minutes=60)
    with pytest.raises(Exception, match=r"."):
        schedule.dispatcher.sweep()

    assert set(sweeps(schedule, 120)) == set(range(5))


def test_a_subscription_that_cannot_be_read_hides_nobody_from_the_audit_or_the_sweep() -> None:
    schedule = dispatcher()
    lose_a_message(schedule, 1, 2, 3)
    schedule.put_due([4], ago=60 * MINUTE)
    schedule.world.store.unreadable.add(ID.format(2))

    assert set(sweeps(schedule, 120)) == {1, 3, 4}
    assert schedule.world.telemetry.count(Observation.BILL_NOT_AUDITED) == 1


def test_times_of_the_samples_are_whole_seconds() -> None:
    """Schedules begin at whole seconds; a sample that did not would never meet its slot."""
    assert Dispatcher().world.now == datetime.fromtimestamp(int(Dispatcher().world.now.timestamp()), UTC)
