"""The worker's adapter: whom it wakes when, what comes again, what gets a new time, and that no call is cut off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, override

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Allotment, Pace
from pinbill.domain.subscription import Subscription
from pinbill.entrypoints.billing import billing_handler
from pinbill.entrypoints.group_runner import GroupRunner
from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.entrypoints.work_queue import WorkMessage
from pinbill.errors import OutOfTime, StoreUnavailable
from pinbill.usecases.bill_worker import BillWorker
from pinbill.usecases.call_times import CallTimes
from pinbill.usecases.ports.billing import Turn, Work
from pinbill.usecases.run_book import RunBook
from pinbill.usecases.turns import AT_ONCE
from tests.fakes import samples
from tests.fakes.clock import FakeClock
from tests.fakes.indexes import InMemoryBookings
from tests.fakes.queue import FakeQueue
from tests.fakes.runs import InMemoryRuns
from tests.unit.entrypoints.rest_api import FakeContext, Log

NUMBER = "+447700900123"
THREADS = 4
LONGEST_CALL = 5.0
RAIL = RailName.INFOMEDIA
PACE = Pace(50)

type Does = Callable[[str, Turn], object]


class ScriptedWorker(BillWorker):
    """Does for each subscription what the test says, and remembers whom it woke."""

    __setattr__ = object.__setattr__  # the base is frozen

    def __init__(self, does: Does) -> None:
        self.woken: list[tuple[str, str]] = []
        self.expected: list[tuple[str, str]] = []
        self._does = does
        self._lock = threading.Lock()

    @override
    def expect(self, places: Sequence[tuple[str, str]]) -> None:
        assert not self.woken
        self.expected += places

    @override
    def wake(self, partner: str, subscription_id: str, turns: Turn = AT_ONCE) -> Subscription:
        with self._lock:
            self.woken.append((partner, subscription_id))
        self._does(subscription_id, turns)
        return samples.pending()[0]


class Worker:
    """The handler over a scripted worker; its business clock stands still."""

    def __init__(self, does: Does = lambda id, turns: None, pace: Pace = PACE) -> None:
        self.log, self.clock, self.queue = Log(), FakeClock(), FakeQueue()
        logger = self.log.logger()
        self.script = ScriptedWorker(does)
        self.call_times = CallTimes(InMemoryBookings(), self.queue, self.clock, dict.fromkeys(RailName, pace))
        runner = GroupRunner(self.script, logger, THREADS)
        self.runs, telemetry = InMemoryRuns(), LogTelemetry(logger)
        self.run_book = RunBook(self.runs, telemetry)
        self._handler = billing_handler(runner, self.call_times, self.run_book, logger, telemetry, LONGEST_CALL)

    def group(self, *ids: str, starts_in: float = 0.0, lasts: float = 60.0) -> str:
        """A group whose calls have times of their own from then on."""
        first = self.clock.now() + timedelta(seconds=starts_in)
        times = Allotment(first, len(ids), timedelta(milliseconds=2), first + timedelta(seconds=lasts))
        return WorkMessage.of(Work(RAIL, [("acme", id) for id in ids], times)).model_dump_json()

    def ask(self, *bodies: str, seconds: float = 120) -> list[str]:
        """The ids of the messages that must come again; messages are m0, m1, …"""
        records = [{"messageId": f"m{at}", "body": body} for at, body in enumerate(bodies)]
        answer = self._handler({"Records": records}, FakeContext(seconds))
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def plain(*ids: str, **changes: Any) -> str:
    return json.dumps({"v": 1, "rail": RAIL, "subscriptions": [["acme", id] for id in ids], **changes})


def needs_a_turn(id: str, turns: Turn) -> None:
    if not turns.wait():
        raise OutOfTime


def failing(wrong: str, error: Exception) -> Does:
    def does(id: str, turns: Turn) -> None:
        if id == wrong:
            raise error

    return does


def test_every_member_of_every_group_is_woken_and_nothing_comes_again() -> None:
    worker = Worker()

    assert worker.ask(worker.group("A", "B"), worker.group("C")) == []
    assert sorted(worker.script.woken) == [("acme", "A"), ("acme", "B"), ("acme", "C")]
    assert worker.queue.sent == []


def test_the_keys_of_all_groups_are_read_at_once_and_ahead_but_of_quiet_ones() -> None:
    worker = Worker()
    worker.ask(worker.group("A", "B"), worker.group("C"), plain("Q", quiet=True))
    assert worker.script.expected == [("acme", "A"), ("acme", "B"), ("acme", "C")]


@pytest.mark.parametrize("error", [StoreUnavailable(), ValueError(NUMBER), AssertionError(NUMBER)])
def test_the_group_of_a_failed_wake_comes_again_and_the_others_do_not(error: Exception) -> None:
    worker = Worker(failing("B", error))

    assert worker.ask(worker.group("A"), worker.group("B", "C"), worker.group("D")) == ["m1"]
    assert len(worker.script.woken) == 4
    assert [(line["partner"], line["subscription"]) for line in worker.log.lines] == [("acme", "B")]


def test_a_defect_is_logged_by_its_place_without_its_message() -> None:
    worker = Worker(failing("A", ValueError(NUMBER)))

    worker.ask(worker.group("A"))

    [line] = worker.log.lines
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "wake_crashed", "ValueError")
    assert (line["partner"], line["subscription"]) == ("acme", "A")
    assert any("in does" in frame for frame in line["where"])
    assert "447700900123" not in worker.log.text


@pytest.mark.parametrize("body", ["", "not json", "[]", "{}", plain("A", v=2), plain("A", more=NUMBER)])
def test_a_message_that_is_not_ours_wakes_nobody_and_comes_again_until_it_is_a_dead_letter(
    body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = Worker()

    assert worker.ask(body, worker.group("A")) == ["m0"]
    assert worker.script.woken == [("acme", "A")]
    assert [line["message"] for line in worker.log.lines] == ["MessageNotOurs"]
    [metric] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert metric["MessageNotOurs"] == 1  # which an alarm watches
    assert "447700900123" not in worker.log.text


def test_calls_are_made_at_their_times() -> None:
    called: list[float] = []

    def does(id: str, turns: Turn) -> None:
        assert turns.wait()
        called.append(time.monotonic())

    worker = Worker(does, Pace(20))
    (work,) = worker.call_times.timed(RAIL, [("acme", f"S{n}") for n in range(10)])
    worker.clock.advance(timedelta(seconds=3))
    began = time.monotonic()

    worker.ask(WorkMessage.of(work).model_dump_json())

    assert work.times is not None
    every = work.times.every.total_seconds()
    assert all(at - began >= n * every for n, at in enumerate(called))


def test_as_many_wakes_run_at_once_as_there_are_threads() -> None:
    together = threading.Barrier(THREADS)
    worker = Worker(lambda id, turns: together.wait(timeout=30))

    assert worker.ask(worker.group("A", "B"), worker.group("C", "D")) == []


# --- new times


def test_who_is_due_after_the_groups_times_gets_new_ones_by_a_message_of_its_own() -> None:
    worker = Worker(lambda id, turns: needs_a_turn(id, turns) if id != "B" else None)

    assert worker.ask(worker.group("A", "B", "C", starts_in=-10, lasts=5)) == []

    [(work, delay)] = worker.queue.sent
    assert work.subscriptions == [("acme", "A"), ("acme", "C")]
    assert work.times is not None
    assert work.times.first > worker.clock.now() + timedelta(seconds=delay)


def test_no_call_is_begun_when_the_function_may_end_before_it_is_answered() -> None:
    worker = Worker(needs_a_turn)

    assert worker.ask(worker.group("A"), seconds=LONGEST_CALL - 0.1) == []
    assert [work.subscriptions for work, _ in worker.queue.sent] == [[("acme", "A")]]


def test_new_times_that_cannot_be_queued_let_the_message_come_again() -> None:
    worker = Worker(needs_a_turn)
    worker.queue.error = StoreUnavailable()

    assert worker.ask(worker.group("A", starts_in=-10, lasts=5)) == ["m0"]


def test_a_group_that_comes_much_too_early_goes_back_until_its_time() -> None:
    worker = Worker()

    assert worker.ask(worker.group("A", starts_in=600)) == []

    assert worker.script.woken == []
    [(work, delay)] = worker.queue.sent
    assert work.times is not None
    assert work.times.first == worker.clock.now() + timedelta(seconds=600)
    assert 590 <= delay < 600


def test_a_group_without_times_is_given_some_and_billed() -> None:
    worker = Worker(lambda id, turns: None)

    assert worker.ask(plain("A", "B")) == []

    assert sorted(worker.script.woken) == [("acme", "A"), ("acme", "B")]
    assert worker.call_times.bookings.free_from(RAIL) is not None


def test_a_group_without_times_waits_in_the_queue_when_all_near_ones_are_given_away() -> None:
    worker = Worker(pace=Pace(1))
    worker.call_times.timed(RAIL, [("acme", f"S{n}") for n in range(100)])

    assert worker.ask(plain("A")) == []

    assert worker.script.woken == []
    assert [work.subscriptions for work, _ in worker.queue.sent] == [[("acme", "A")]]


def test_a_quiet_group_calls_nobody_and_books_nothing() -> None:
    asked: list[bool] = []
    worker = Worker(lambda id, turns: asked.append(turns.is_open()))

    assert worker.ask(plain("A", quiet=True)) == []

    assert asked == [False]
    assert worker.call_times.bookings.free_from(RAIL) is None


def test_who_needs_a_call_in_a_quiet_group_gets_a_time_for_it() -> None:
    worker = Worker(needs_a_turn)

    assert worker.ask(plain("A", quiet=True)) == []

    [(work, _)] = worker.queue.sent
    assert (work.is_quiet, work.times is not None) == (False, True)
