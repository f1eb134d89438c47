"""How much waits in each queue is told from what SQS and CloudWatch say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from ops.queues import Waiting, listed
from pinbill.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)


class Ages:
    """CloudWatch, which knows the oldest message of `bills` only."""

    def get_metric_statistics(self, Dimensions: Any, **given: Any) -> dict[str, Any]:
        if Dimensions != [{"Name": "QueueName", "Value": "bills"}]:
            return {"Datapoints": []}
        points = [(NOW - timedelta(minutes=3), 500.0), (NOW - timedelta(minutes=2), 3725.0)]
        return {"Datapoints": [{"Timestamp": at, "Maximum": seconds} for at, seconds in reversed(points)]}


@pytest.fixture
def sqs() -> Iterator["SQSClient"]:
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-west-2", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def queues(sqs: "SQSClient") -> list[Waiting]:
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("bills", "dead")}
    return [Waiting(name, url, f"what {name} holds") for name, url in urls.items()]


def test_each_queue_is_a_line_with_its_depths_and_the_age_of_its_oldest(
    sqs: "SQSClient", queues: list[Waiting]
) -> None:
    for delay in (0, 0, 60):
        sqs.send_message(QueueUrl=queues[0].url, MessageBody="a group", DelaySeconds=delay)
    sqs.receive_message(QueueUrl=queues[0].url, MaxNumberOfMessages=1)

    headings, bills, dead = listed(sqs, Ages(), queues, NOW)

    assert headings.split() == ["queue", "waiting", "for", "later", "in", "work", "oldest", "what", "it", "holds"]
    assert bills.split()[:5] == ["bills", "1", "1", "1", "1:02:05"]
    assert dead.split()[:5] == ["dead", "0", "0", "0", "-"]


def test_a_service_that_does_not_answer_is_said(sqs: "SQSClient", queues: list[Waiting]) -> None:
    class Silent:
        def get_metric_statistics(self, **given: Any) -> dict[str, Any]:
            raise EndpointConnectionError(endpoint_url="https://cloudwatch")

    with pytest.raises(StoreUnavailable):
        list(listed(sqs, Silent(), queues, NOW))
