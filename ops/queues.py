"""The queues of a stack: how much waits in each, and for how long."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.listing import columns
from pinbill.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

DEPTHS = {
    "waiting": "ApproximateNumberOfMessages",
    "for later": "ApproximateNumberOfMessagesDelayed",
    "in work": "ApproximateNumberOfMessagesNotVisible",
}
AGE = "ApproximateAgeOfOldestMessage"
AGE_KNOWN_FOR = timedelta(minutes=15)
UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue by the name that the commands have for it."""

    name: str
    url: str
    holds: str


def listed(sqs: "SQSClient", cloudwatch: Any, queues: Iterable[Waiting], now: datetime) -> Iterator[str]:
    """A line for each. The age of the oldest message is CloudWatch's, some minutes old. Raises StoreUnavailable."""
    try:
        rows = [(each.name, *_depths(sqs, each), _oldest(cloudwatch, each, now), each.holds) for each in queues]
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable("SQS or CloudWatch did not answer; run it again.") from error
    yield from columns(("queue", *DEPTHS, "oldest", "what it holds"), rows)


def _depths(sqs: "SQSClient", queue: Waiting) -> Iterator[str]:
    asked: Any = list(DEPTHS.values())
    found: Any = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=asked)["Attributes"]
    return (str(found[name]) for name in asked)


def _oldest(cloudwatch: Any, queue: Waiting, now: datetime) -> str:
    found = cloudwatch.get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName=AGE,
        Dimensions=[{"Name": "QueueName", "Value": queue.url.rpartition("/")[2]}],
        StartTime=now - AGE_KNOWN_FOR,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    if not found:
        return UNKNOWN
    newest = max(found, key=lambda point: point["Timestamp"])
    return str(timedelta(seconds=round(newest["Maximum"])))
