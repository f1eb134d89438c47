"""Changes that the feed could not take off the table's stream: read from it again, and owed to who should be told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pinbill.domain.webhooks import Place
from pinbill.store.stream import recorded
from pinbill.usecases.owing import Owing
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.ports.webhooks import WebhookEndpoints

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MOST_PAGES = 1000  # of one piece of the stream


@dataclass(frozen=True, slots=True)
class WebhookAside:
    """`streams` is boto3's client of DynamoDB streams, which keep a record for 24 hours."""

    sqs: "SQSClient"
    streams: Any
    queue: str
    endpoints: WebhookEndpoints
    owing: Owing
    clock: Clock

    def give_back(self) -> Iterator[str]:
        """A line for each piece of the stream; one that could be read is taken from the queue."""
        seen = 0
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                seen += 1
                piece = json.loads(message["Body"])["DDBStreamBatchInfo"]
                try:
                    changes, owed = self._give_back(piece)
                except ClientError as error:
                    yield f"{_name(piece)} cannot be read any more ({error.response['Error']['Code']}): replay its time"
                    continue
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                yield f"{_name(piece)}: {changes} changes, owed to endpoints {owed} times; retries deliver them"
        if not seen:
            yield "nothing was put aside"

    def _give_back(self, piece: dict[str, Any]) -> tuple[int, int]:
        changes = owed = 0
        places: set[Place] = set()
        for record in self._records(piece):
            change = recorded(record["dynamodb"].get("NewImage", {"sk": {"S": ""}}))
            if change is None:
                continue
            changes += 1
            for endpoint in self.endpoints.of(change.partner):
                if endpoint.is_enabled and endpoint.wants(change.service_id):
                    # As a replay: what has happened since may have been told already.
                    place, now = Place.of(endpoint), self.clock.now()
                    self.owing.again(place, change.subscription_id, change.first, change.last, now)
                    places.add(place)
                    owed += 1
        for place in places:
            self.owing.touch(place)
        return changes, owed

    def _records(self, piece: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """From the first to the last, both included. Raises ClientError for what has been trimmed."""
        iterator = self.streams.get_shard_iterator(
            StreamArn=piece["streamArn"],
            ShardId=piece["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=piece["startSequenceNumber"],
        )["ShardIterator"]
        for _ in range(MOST_PAGES):
            page = self.streams.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                if int(record["dynamodb"]["SequenceNumber"]) > int(piece["endSequenceNumber"]):
                    return
                yield record
            iterator = page.get("NextShardIterator")
            if iterator is None or not page["Records"]:
                return


def _name(piece: dict[str, Any]) -> str:
    return f"{piece['startSequenceNumber']} to {piece['endSequenceNumber']}"


def _no_key() -> bytes:
    raise AssertionError("who tells of events looks for no number")
