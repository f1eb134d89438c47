"""What was put aside is read from the stream again and owed; what the stream has forgotten is said, and stays."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from ops.webhook_aside import WebhookAside
from pinbill.domain.change import Change
from pinbill.domain.journal import EntryKind
from pinbill.domain.webhooks import Place
from tests.fakes.clock import START
from tests.unit.store.test_stream import Life
from tests.unit.usecases.telling import Telling

PIECE = {"streamArn": "arn", "shardId": "shard-1", "startSequenceNumber": "12", "endSequenceNumber": "13"}


@dataclass
class Queue:
    """SQS with what was put aside; a message that is not deleted is not given out again."""

    messages: list[dict[str, str]]
    deleted: list[str] = field(default_factory=list)

    def receive_message(self, **_: Any) -> dict[str, Any]:
        given, self.messages = self.messages[:1], self.messages[1:]
        return {"Messages": given}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        self.deleted.append(ReceiptHandle)


@dataclass
class Streams:
    """The table's stream: records by their numbers, two a page."""

    records: dict[int, Any]
    trimmed: bool = False

    def get_shard_iterator(self, **given: str) -> dict[str, str]:
        if self.trimmed:
            raise ClientError({"Error": {"Code": "TrimmedDataAccessException", "Message": ""}}, "GetShardIterator")
        return {"ShardIterator": given["SequenceNumber"]}

    def get_records(self, *, ShardIterator: str) -> dict[str, Any]:
        numbers = [number for number in sorted(self.records) if number >= int(ShardIterator)][:2]
        records = [
            {
                "dynamodb": {
                    "SequenceNumber": str(number),
                    **({"NewImage": self.records[number]} if self.records[number] else {}),
                }
            }
            for number in numbers
        ]
        return {"Records": records, "NextShardIterator": str(numbers[-1] + 1) if numbers else None}


def aside(telling: Telling, queue: Queue, streams: Streams) -> list[str]:
    desk = WebhookAside(cast(Any, queue), streams, "url", telling.endpoints, telling.parts.owing, telling.clock)
    return list(desk.give_back())


def message(handle: str = "h1") -> dict[str, str]:
    return {"Body": json.dumps({"DDBStreamBatchInfo": PIECE}), "ReceiptHandle": handle}


@pytest.fixture
def images() -> dict[int, Any]:
    """A change before the piece, one with an entry and one without in it, and one after it."""
    life, found = Life(), {}
    for number in (11, 12, 14):
        life.commit(Change.of(life.current).record(EntryKind.SUSPENDED, START))
        found[number] = life.stream.images[0]
    return {**found, 13: {**found[12], "sk": {"S": "J#0000000002"}}}


def test_what_was_put_aside_is_owed_and_taken_from_the_queue(images: dict[int, Any]) -> None:
    telling, queue = Telling(), Queue([message()])
    telling.endpoint()
    telling.endpoint("we_2", ["films"])

    lines = aside(telling, queue, Streams(images))

    backlogs = telling.backlogs.backlogs(telling.place(), None, 10)
    assert [(each.subscription_id, each.first, each.last, each.is_replay) for each in backlogs] == [
        ("SUB1", 3, 3, True)
    ]
    assert list(telling.backlogs.all_behind()) == [Place("acme", "we_1", 1)]
    assert (lines, queue.deleted) == (["12 to 13: 1 changes, owed to endpoints 1 times; retries deliver them"], ["h1"])


def test_what_the_stream_has_forgotten_is_said_and_stays_in_the_queue(images: dict[int, Any]) -> None:
    telling, queue = Telling(), Queue([message()])

    (line,) = aside(telling, queue, Streams(images, trimmed=True))

    assert "TrimmedDataAccessException" in line
    assert queue.deleted == []


def test_an_empty_queue_is_good_news() -> None:
    assert aside(Telling(), Queue([]), Streams({})) == ["nothing was put aside"]
