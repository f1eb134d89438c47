"""The SQS adapter of billing work: groups of due subscriptions out, and in again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Self, override

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import MOST_CALLS, Allotment
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports.billing import Queue, Work

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10  # messages of one SendMessageBatch


class Times(BaseModel):
    """Call times on the queue; `every` in seconds."""

    model_config = ConfigDict(extra="forbid")

    first: AwareDatetime
    every: float = Field(gt=0)
    end: AwareDatetime


class WorkMessage(BaseModel):
    """One group on the queue. Without times its calls are still to be booked, unless it is `quiet` and needs none."""

    model_config = ConfigDict(extra="forbid")

    v: Literal[1]
    rail: RailName
    subscriptions: list[tuple[str, str]] = Field(min_length=1, max_length=MOST_CALLS)
    times: Times | None = None
    quiet: bool = False

    @classmethod
    def of(cls, work: Work) -> Self:
        at = work.times
        times = Times(first=at.first, every=at.every.total_seconds(), end=at.end) if at else None
        members = list(work.subscriptions)
        return cls(v=1, rail=work.rail, subscriptions=members, times=times, quiet=work.is_quiet)

    def work(self) -> Work:
        at, count = self.times, len(self.subscriptions)
        times = Allotment(at.first, count, timedelta(seconds=at.every), at.end) if at else None
        return Work(self.rail, self.subscriptions, times, self.quiet)


class SqsQueue(Queue):
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    @override
    def send(self, groups: Sequence[tuple[Work, int]]) -> None:
        for first in range(0, len(groups), BATCH):
            batch = groups[first : first + BATCH]
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {
                            "Id": str(at),
                            "MessageBody": WorkMessage.of(work).model_dump_json(exclude_defaults=True),
                            "DelaySeconds": delay,
                        }
                        for at, (work, delay) in enumerate(batch)
                    ],
                )
            except (BotoCoreError, ClientError) as error:
                raise StoreUnavailable("The billing queue did not take a group.") from error
            if answer.get("Failed"):
                raise StoreUnavailable("The billing queue did not take a group.")
