"""The queue's adapter: groups go out as they come in, and nothing is half sent in silence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from pydantic import ValidationError

from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Allotment
from pinbill.entrypoints.work_queue import SqsQueue, WorkMessage
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports.billing import Work

NUMBER = "+447700900123"
NOW = datetime(2026, 11, 5, 10, 0, 0, 123_456, tzinfo=UTC)
TIMES = Allotment(NOW, 2, timedelta(microseconds=203_046), NOW + timedelta(seconds=1))
PLAIN = {"v": 1, "rail": "infomedia", "subscriptions": [["acme", "A"]]}


class Sqs:
    """Takes batches, or fails as it is told."""

    def __init__(self, answer: dict[str, Any] | Exception | None = None) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self._answer = answer or {}

    def send_message_batch(self, **given: Any) -> dict[str, Any]:
        if isinstance(self._answer, Exception):
            raise self._answer
        self.batches.append(given["Entries"])
        return self._answer


def queue(sqs: Sqs) -> SqsQueue:
    return SqsQueue(cast(Any, sqs), "https://sqs.example/queue")


@pytest.mark.parametrize(
    "work",
    [
        Work(RailName.INFOMEDIA, [("acme", "A"), ("bravo", "B")], TIMES),
        Work(RailName.SIGNZY, [("acme", "A")], is_quiet=True),
        Work(RailName.SIGNZY, [("acme", "A")]),
    ],
)
def test_a_group_comes_in_as_it_went_out(work: Work) -> None:
    sqs = Sqs()

    queue(sqs).send([(work, 7)])

    [[entry]] = sqs.batches
    assert entry["DelaySeconds"] == 7
    assert WorkMessage.model_validate_json(entry["MessageBody"]).work() == work


def test_groups_are_sent_ten_at_a_time() -> None:
    sqs = Sqs()

    queue(sqs).send([(Work(RailName.SIGNZY, [("acme", f"S{n}")]), 0) for n in range(23)])

    assert [len(batch) for batch in sqs.batches] == [10, 10, 3]
    assert [len({entry["Id"] for entry in batch}) for batch in sqs.batches] == [10, 10, 3]


@pytest.mark.parametrize(
    "answer",
    [
        {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]},
        ClientError({"Error": {"Code": "AccessDenied", "Message": NUMBER}}, "SendMessageBatch"),
        ConnectTimeoutError(endpoint_url="https://sqs.example"),
    ],
)
def test_a_group_that_the_queue_does_not_take_is_an_error(answer: Any) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        queue(Sqs(answer)).send([(Work(RailName.SIGNZY, [("acme", "A")]), 0)])

    assert "447700900123" not in f"{caught.value!r} {caught.value.detail}"


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"rail": "pigeon"},
        {"more": NUMBER},
        {"subscriptions": []},
        {"subscriptions": [["acme", f"S{n}"] for n in range(501)]},
        {"subscriptions": [["acme"]]},
        {"subscriptions": [NUMBER]},
        {"times": {"first": "2026-11-05T10:00:00", "every": 1, "end": "2026-11-05T10:00:01Z"}},
        {"times": {"first": "2026-11-05T10:00:00Z", "every": 0, "end": "2026-11-05T10:00:01Z"}},
        {"times": {"first": "2026-11-05T10:00:00Z"}},
    ],
)
def test_a_message_of_another_form_is_not_ours(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WorkMessage.model_validate_json(json.dumps(PLAIN | changes))
