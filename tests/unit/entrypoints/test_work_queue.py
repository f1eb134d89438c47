"""The queue's adapter: what comes again, what does not, and that no wake is begun that cannot end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, override

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.subscription import Subscription
from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.entrypoints.work_queue import SqsQueue, work_handler
from pinbill.errors import StoreUnavailable
from pinbill.settings import BillWorkerSettings
from pinbill.usecases.bill_worker import BillWorker
from pinbill.usecases.ports import Work
from tests.fakes import samples
from tests.unit.entrypoints.rest_api import FakeContext, Log

SETTINGS = BillWorkerSettings(worker_threads=4, provider_connect_timeout=3, provider_read_timeout=60)
NUMBER = "+447700900123"


class ScriptedWorker(BillWorker):
    """Does for each subscription what the test says, and remembers whom it woke."""

    __setattr__ = object.__setattr__  # the base is frozen

    def __init__(self, does: Callable[[str, Callable[[], bool]], object]) -> None:
        self.woken: list[tuple[str, str]] = []
        self._does = does
        self._lock = threading.Lock()

    @override
    def wake(self, partner: str, subscription_id: str, may_call: Callable[[], bool] = lambda: True) -> Subscription:
        with self._lock:
            self.woken.append((partner, subscription_id))
        self._does(subscription_id, may_call)
        return samples.pending()[0]


class Worker:
    """The handler over a scripted worker."""

    def __init__(self, does: Callable[[str, Callable[[], bool]], object] = lambda id, may_call: None) -> None:
        self.log = Log()
        logger = self.log.logger()
        self.script = ScriptedWorker(does)
        self._handler = work_handler(self.script, logger, LogTelemetry(logger), SETTINGS)

    def ask(self, *bodies: str, seconds: float = 120) -> list[str]:
        """The ids of the messages that must come again; messages are m0, m1, …"""
        records = [{"messageId": f"m{at}", "body": body} for at, body in enumerate(bodies)]
        answer = self._handler({"Records": records}, FakeContext(seconds))
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def group(*ids: str, **changes: Any) -> str:
    return json.dumps({"v": 1, "rail": "infomedia", "subscriptions": [["acme", id] for id in ids], **changes})


def failing(wrong: str, error: Exception) -> Callable[[str, Callable[[], bool]], None]:
    def does(id: str, may_call: Callable[[], bool]) -> None:
        if id == wrong:
            raise error

    return does


def test_every_member_of_every_group_is_woken_and_nothing_comes_again() -> None:
    worker = Worker()

    assert worker.ask(group("A", "B"), group("C")) == []
    assert sorted(worker.script.woken) == [("acme", "A"), ("acme", "B"), ("acme", "C")]


@pytest.mark.parametrize("error", [StoreUnavailable(), ValueError(NUMBER), AssertionError(NUMBER)])
def test_the_group_of_a_failed_wake_comes_again_and_the_others_do_not(error: Exception) -> None:
    worker = Worker(failing("B", error))

    assert worker.ask(group("A"), group("B", "C"), group("D")) == ["m1"]
    assert len(worker.script.woken) == 4


def test_a_defect_is_logged_by_its_place_without_its_message() -> None:
    worker = Worker(failing("A", ValueError(NUMBER)))

    worker.ask(group("A"))

    [line] = worker.log.lines
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "wake_crashed", "ValueError")
    assert any("in does" in frame for frame in line["where"])
    assert "447700900123" not in worker.log.text


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "{}",
        group("A", v=2),
        group("A", rail="pigeon"),
        group("A", more=NUMBER),
        group(),
        group(*(f"S{at}" for at in range(101))),
        json.dumps({"v": 1, "rail": "signzy", "subscriptions": [["acme"]]}),
        json.dumps({"v": 1, "rail": "signzy", "subscriptions": [NUMBER]}),
    ],
)
def test_a_message_that_is_not_ours_wakes_nobody_and_comes_again_until_it_is_a_dead_letter(body: str) -> None:
    worker = Worker()

    assert worker.ask(body, group("A")) == ["m0"]
    assert worker.script.woken == [("acme", "A")]
    assert [line["message"] for line in worker.log.lines] == ["message_not_ours"]
    assert "447700900123" not in worker.log.text


def test_no_wake_is_begun_when_the_function_may_end_before_its_call_is_answered() -> None:
    worker = Worker()

    assert worker.ask(group("A", "B"), group("C"), seconds=SETTINGS.longest_call - 0.1) == ["m0", "m1"]
    assert worker.script.woken == []


def test_a_wake_may_call_while_the_time_of_a_whole_call_is_left() -> None:
    allowed: list[bool] = []
    worker = Worker(lambda id, may_call: allowed.append(may_call()))

    worker.ask(group("A"), seconds=SETTINGS.longest_call + 60)

    assert allowed == [True]


def test_the_longest_call_is_both_timeouts_and_the_writes_around_it() -> None:
    assert SETTINGS.longest_call > 63


def test_as_many_wakes_run_at_once_as_there_are_threads() -> None:
    together = threading.Barrier(SETTINGS.worker_threads)
    worker = Worker(lambda id, may_call: together.wait(timeout=30))

    assert worker.ask(group("A", "B"), group("C", "D")) == []


class FakeSqs:
    """Remembers batches; fails as told."""

    def __init__(self, failed: list[dict[str, Any]] | None = None) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self._failed = failed or []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert QueueUrl == "https://queue"
        self.batches.append(Entries)
        return {"Successful": [], "Failed": self._failed}


def send(sqs: Any, groups: list[tuple[Work, int]]) -> None:
    SqsQueue(sqs, "https://queue").send(groups)


def test_what_is_queued_is_what_the_worker_reads() -> None:
    sqs, worker = FakeSqs(), Worker()

    send(sqs, [(Work(RailName.SIGNZY, [("acme", "A"), ("bravo", "B")]), 0)])

    [[entry]] = sqs.batches
    assert worker.ask(entry["MessageBody"]) == []
    assert sorted(worker.script.woken) == [("acme", "A"), ("bravo", "B")]


def test_groups_go_out_ten_at_a_time_each_with_its_delay() -> None:
    sqs = FakeSqs()

    send(sqs, [(Work(RailName.INFOMEDIA, [("acme", f"S{at}")]), at) for at in range(23)])

    assert [len(batch) for batch in sqs.batches] == [10, 10, 3]
    assert [entry["DelaySeconds"] for batch in sqs.batches for entry in batch] == list(range(23))
    assert all(len({entry["Id"] for entry in batch}) == len(batch) for batch in sqs.batches)


def test_a_group_that_the_queue_did_not_take_fails_the_run() -> None:
    with pytest.raises(StoreUnavailable, match="queue"):
        send(FakeSqs([{"Id": "0"}]), [(Work(RailName.INFOMEDIA, [("acme", "A")]), 0)])
