"""The schedule's adapter: two modes, and a clear refusal of everything else."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import chain, count
from typing import Any

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Pace
from pinbill.entrypoints.schedule import schedule_handler
from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.errors import InvalidInput, StoreUnavailable
from pinbill.usecases.arrears import Arrears
from pinbill.usecases.audit import Audit
from pinbill.usecases.call_times import CallTimes
from pinbill.usecases.guard import Guard
from pinbill.usecases.recurring_bill import RecurringBill
from tests.fakes import samples
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.indexes import InMemoryBookings, in_memory_indexes
from tests.fakes.open_outcomes import InMemoryOpenOutcomes
from tests.fakes.queue import FakeQueue
from tests.fakes.runs import InMemoryRuns
from tests.fakes.stops import InMemoryStops
from tests.fakes.store import InMemoryStore
from tests.unit.entrypoints.rest_api import FakeContext, Log


class Dispatcher:
    """The handler over fakes, with one bill that is due."""

    def __init__(self) -> None:
        self.log, self.queue, clock = Log(), FakeQueue(), FakeClock()
        store, logger = InMemoryStore(), self.log.logger()
        store.create(*samples.active(now=clock.now() - timedelta(hours=1)))
        telemetry = LogTelemetry(logger)
        call_times = CallTimes(InMemoryBookings(), self.queue, clock, dict.fromkeys(RailName, Pace(1)))
        indexes = in_memory_indexes(store)
        audit = Audit(indexes, store, clock, telemetry)
        guard = Guard(InMemoryStops(), InMemoryRuns(), indexes.slots, InMemoryCatalog(), clock, telemetry)
        self.run = RecurringBill(indexes, audit, call_times, guard, clock, telemetry, timedelta(minutes=5))
        arrears = Arrears(indexes, InMemoryOpenOutcomes(store), InMemoryStops(), clock, telemetry)
        steady = chain([100.0, 100.25], count(200.0)).__next__
        self._handler = schedule_handler(self.run, arrears, logger, telemetry, steady)

    def ask(self, event: Any) -> dict[str, int]:
        return self._handler(event, FakeContext())


def metrics(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("mode", ["run", "sweep"])
def test_each_mode_hands_out_what_is_due_and_says_how_much(mode: str) -> None:
    dispatcher = Dispatcher()

    answer = dispatcher.ask({"mode": mode})

    assert answer == {"subscriptions": 1, "groups": 1}
    assert [work.subscriptions for work in dispatcher.queue.take()] == [[(samples.PARTNER, "SUB1")]]


def test_a_run_says_how_long_it_took_and_what_it_handed_out(capsys: pytest.CaptureFixture[str]) -> None:
    Dispatcher().ask({"mode": "run"})

    handed, none, run = metrics(capsys.readouterr().out)
    assert (handed["rail"], handed["HandedOut"]) == ("infomedia", 1)
    assert (none["rail"], none["HandedOut"]) == ("signzy", 0)
    assert (run["mode"], run["RunFinished"], run["RunSeconds"]) == ("run", 1, 0.25)


def test_a_sweep_also_says_what_is_due_and_unpaid(capsys: pytest.CaptureFixture[str]) -> None:
    Dispatcher().ask({"mode": "sweep"})

    found = {line.get("rail", "no rail"): line for line in metrics(capsys.readouterr().out)}
    assert (found["infomedia"]["DueUnpaid"], found["infomedia"]["OldestDueSeconds"]) == (1, 3600)
    assert (found["signzy"]["DueUnpaid"], found["signzy"]["OldestDueSeconds"]) == (0, 0)
    assert found["no rail"]["RunFinished"] == 1


def test_a_sweep_that_fails_says_what_is_due_and_unpaid_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    dispatcher = Dispatcher()
    dispatcher.queue.error = StoreUnavailable()

    with pytest.raises(StoreUnavailable):
        dispatcher.ask({"mode": "sweep"})

    found = {line.get("rail", "no rail"): line for line in metrics(capsys.readouterr().out)}
    assert found["infomedia"]["DueUnpaid"] == 1
    assert "no rail" not in found  # neither RunFinished nor RunSeconds


@pytest.mark.parametrize(
    "event", [{}, {"mode": "RUN"}, {"mode": None}, {"mode": "run", "rail": "signzy"}, {"Records": []}, [], None, "run"]
)
def test_another_event_is_refused_and_hands_out_nothing(event: Any) -> None:
    dispatcher = Dispatcher()

    with pytest.raises(InvalidInput, match='"mode": "run"'):
        dispatcher.ask(event)

    assert dispatcher.queue.sent == []


def test_a_queue_that_takes_nothing_fails_the_run_so_that_the_schedule_repeats_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dispatcher = Dispatcher()
    dispatcher.queue.error = StoreUnavailable()

    with pytest.raises(StoreUnavailable):
        dispatcher.ask({"mode": "run"})
    assert "RunSeconds" not in capsys.readouterr().out

    assert dispatcher.ask({"mode": "run"}) == {"subscriptions": 1, "groups": 1}
