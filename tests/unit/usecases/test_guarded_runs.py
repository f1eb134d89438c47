"""Canaries, bounds and halts as the runs of a day meet them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, override

import pytest

from pinbill.domain.attempts import Attempt, FailureClass
from pinbill.domain.catalog import Limits
from pinbill.domain.progress import Outcome, Place, Progress, Tried
from pinbill.domain.stops import Scope
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.run_book import RunBook, record
from tests.fakes.clock import START
from tests.fakes.runs import InMemoryRuns
from tests.fakes.telemetry import RecordingTelemetry
from tests.unit.domain.samples import PHONE, declined
from tests.unit.usecases.dispatching import MINUTE, Dispatcher
from tests.unit.usecases.waking import due, next_timer
from tests.unit.usecases.world import World

PLAN = "monthly-infomedia"
HOUR = timedelta(hours=1)
MANY = 600  # a day so large that its first go alone; CANARIES of them
CANARIES = 20


def dispatcher(**limits: Any) -> Dispatcher:
    """One whose runs have been going on for a day."""
    made = Dispatcher(rate=100.0)
    made.put_renewing([9_999], made.world.now - 25 * HOUR)
    made.dispatcher.run()
    made.world.store.subscriptions.clear()
    made.queue.take()
    made.world.runs.rows.clear()  # as if the day began now
    made.world.catalog.put_plan(replace(made.world.plan, limits=Limits(**limits)))
    return made


def place(schedule: Dispatcher) -> Place:
    return Place(PHONE, schedule.world.now.date(), "acme", PLAN)


def progress(schedule: Dispatcher) -> Progress:
    return schedule.world.runs.progress(place(schedule))


def came_back(schedule: Dispatcher, **outcomes: int) -> None:
    tried = Tried({Outcome(name): n for name, n in outcomes.items()}, 450 * sum(outcomes.values()))
    record(schedule.world.runs, place(schedule), lambda at: at.with_tries(tried, Tried()))


def run(schedule: Dispatcher) -> int:
    """How many were handed out a minute later."""
    schedule.world.after(minutes=1)
    schedule.dispatcher.run()
    return len(schedule.taken())


def many(schedule: Dispatcher, count: int = MANY) -> None:
    """So many renew within the next minute."""
    schedule.put_renewing(range(count), schedule.world.now + MINUTE)


def halts(schedule: Dispatcher) -> list[str]:
    return [stop.because for stop in schedule.world.stops.standing()]


def test_of_a_large_day_the_first_go_alone_and_the_others_follow_when_these_were_billed() -> None:
    schedule = dispatcher()
    many(schedule)

    assert run(schedule) == CANARIES
    assert (progress(schedule).expected, progress(schedule).handed) == (MANY, CANARIES)
    assert run(schedule) == 0
    came_back(schedule, paid=12, declined=8)
    assert run(schedule) == MANY - CANARIES
    assert run(schedule) == 0
    assert progress(schedule).handed == MANY


def test_a_small_day_needs_no_canary() -> None:
    schedule = dispatcher()
    many(schedule, 100)

    assert run(schedule) == 100
    assert (progress(schedule).expected, progress(schedule).handed) == (100, 100)


def test_a_canary_that_fails_halts_its_plan_and_says_why() -> None:
    schedule = dispatcher()
    many(schedule)
    run(schedule)
    came_back(schedule, failed=15, paid=5)

    assert run(schedule) == 0
    assert halts(schedule) == ["75% of 20 first tries failed; the plan allows 50%"]
    assert [stop.scope for stop in schedule.world.stops.standing()] == [Scope(partner="acme", plan=PLAN)]
    assert schedule.world.telemetry.count(Observation.BILLING_HALTED) == 1
    assert run(schedule) == 0
    assert schedule.world.telemetry.count(Observation.BILLING_HALTED) == 1


def test_what_was_halted_is_handed_out_when_an_operator_accepts_the_day() -> None:
    schedule = dispatcher()
    many(schedule)
    run(schedule)
    came_back(schedule, failed=15, paid=5)
    run(schedule)

    record(schedule.world.runs, place(schedule), lambda at: replace(at, accepted=True))
    schedule.world.stops.lift(Scope(partner="acme", plan=PLAN))

    assert run(schedule) == MANY - CANARIES
    assert halts(schedule) == []


def test_canaries_that_nobody_answers_for_halt_the_plan() -> None:
    schedule = dispatcher()
    many(schedule)
    run(schedule)
    schedule.world.after(minutes=15)

    assert run(schedule) == 0
    assert halts(schedule) == ["nothing was heard of 20 of the first 20 renewals in 0:15:00"]


def test_a_run_over_its_bounds_stops_and_says_why() -> None:
    schedule = dispatcher(most_bills_a_day=70)
    many(schedule, 100)

    assert run(schedule) == 70
    assert halts(schedule) == []  # or those 70 would be refused by their workers
    came_back(schedule, paid=30)
    assert run(schedule) == 0
    assert halts(schedule) == []
    came_back(schedule, paid=40)
    assert run(schedule) == 0
    assert halts(schedule) == ["70 bills of 315.00 GBP today and more are due; the plan allows 70 bills"]
    assert run(schedule) == 0


def test_a_run_over_its_bounds_of_which_nothing_is_heard_stops_too() -> None:
    schedule = dispatcher(most_bills_a_day=70)
    many(schedule, 100)
    run(schedule)
    schedule.world.after(minutes=14)

    assert run(schedule) == 0
    assert len(halts(schedule)) == 1


def test_a_day_that_just_fits_its_bounds_is_not_halted() -> None:
    schedule = dispatcher(most_bills_a_day=100)
    many(schedule, 100)

    assert run(schedule) == 100
    assert run(schedule) == 0
    assert halts(schedule) == []


def test_the_next_day_begins_anew() -> None:
    schedule = dispatcher(most_bills_a_day=70)
    many(schedule, 100)
    run(schedule)
    schedule.world.after(days=1)

    assert run(schedule) == 70


def test_a_plan_that_is_held_back_holds_back_no_other() -> None:
    schedule = dispatcher()
    many(schedule)
    schedule.put_renewing(range(1_000, 1_010), schedule.world.now + MINUTE, partner="bravo")

    assert run(schedule) == CANARIES + 10


def test_a_plan_that_is_in_no_catalog_keeps_nothing_from_being_handed_out() -> None:
    schedule = dispatcher()
    schedule.put_renewing(range(5), schedule.world.now + MINUTE, partner="bravo")

    assert run(schedule) == 5


# --- what the workers count


def test_a_worker_counts_first_tries_and_retries_by_what_came_of_them() -> None:
    world = due()
    world.phone.will_bill(declined(FailureClass.SOFT))
    world.wake()
    next_timer(world)
    world.wake()
    world.run_book.flush()

    first, again = (world.runs.rows[at] for at in sorted(world.runs.rows))
    assert (first.first, first.again) == (Tried({Outcome.DECLINED: 1}, 450), Tried())
    assert (again.first, again.again) == (Tried(), Tried({Outcome.PAID: 1}, 450, 450))
    assert again.place.day == world.now.date()


def settled(world: World) -> Attempt:
    """The newest attempt as it is in the ledger."""
    attempt = world.entries[-1].attempt
    assert attempt is not None
    return attempt


class LostRuns(InMemoryRuns):
    """Is written by others at the same moment, `conflicts` times."""

    def __init__(self, conflicts: int) -> None:
        super().__init__()
        self.conflicts = conflicts

    @override
    def put(self, progress: Progress) -> bool:
        if self.conflicts:
            self.conflicts -= 1
            super().put(self.progress(progress.place).with_handed(1, START))
        return super().put(progress)


@pytest.mark.parametrize("conflicts", [0, 1, 7])
def test_counts_of_processes_that_write_at_the_same_moment_add_up(conflicts: int) -> None:
    runs, world = LostRuns(conflicts), due()
    book = RunBook(runs, RecordingTelemetry())
    world.wake()
    book.count(world.subscription, settled(world))
    book.flush()

    [row] = runs.rows.values()
    assert (row.handed, row.first.count) == (conflicts, 1)


def test_counts_that_could_not_be_written_are_written_the_next_time() -> None:
    runs, world, telemetry = LostRuns(50), due(), RecordingTelemetry()
    book = RunBook(runs, telemetry)
    world.wake()
    book.count(world.subscription, settled(world))

    book.flush()
    assert telemetry.count(Observation.PROGRESS_NOT_WRITTEN) == 1
    book.flush()

    [row] = runs.rows.values()
    assert row.first.count == 1
