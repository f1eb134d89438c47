"""Redriving: what is ours goes back to work, and nothing else is touched."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ops.dead_letters import DeadLetters
from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Allotment
from pinbill.entrypoints.work_queue import WorkMessage
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports import Work

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)
TIMES = Allotment(NOW, 2, timedelta(seconds=1), NOW + timedelta(seconds=3))
NUMBER = "+447700900123"


@pytest.fixture
def sqs() -> Iterator["SQSClient"]:
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-west-2", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def letters(sqs: "SQSClient") -> DeadLetters:
    queue, dead = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("work", "dead"))
    return DeadLetters(sqs, queue, dead)


def group(*ids: str, quiet: bool = False) -> str:
    work = Work(RailName.SIGNZY, [("acme", id) for id in ids], None if quiet else TIMES, quiet)
    return WorkMessage.of(work).model_dump_json(exclude_defaults=True)


def bodies(letters: DeadLetters, url: str) -> list[str]:
    found = letters.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in found.get("Messages", [])]


def put(letters: DeadLetters, *messages: str) -> None:
    for body in messages:
        letters.client.send_message(QueueUrl=letters.dead_letters, MessageBody=body)


def test_a_group_goes_back_to_work_with_call_times_still_to_be_booked(letters: DeadLetters) -> None:
    put(letters, group("A", "B"))

    assert list(letters.redrive(100)) == ["1 put back, 0 left"]

    [body] = bodies(letters, letters.queue)
    work = WorkMessage.model_validate_json(body).work()
    assert (work.subscriptions, work.times, work.is_quiet) == ([("acme", "A"), ("acme", "B")], None, False)
    assert bodies(letters, letters.dead_letters) == []


def test_a_group_that_needs_no_calls_stays_one(letters: DeadLetters) -> None:
    put(letters, group("A", quiet=True))

    list(letters.redrive(100))

    [body] = bodies(letters, letters.queue)
    assert WorkMessage.model_validate_json(body).work().is_quiet


@pytest.mark.parametrize("body", ["not json", "{}", json.dumps({"v": 1, "msisdn": NUMBER})])
def test_a_message_that_is_not_ours_is_left_and_named_without_what_it_says(letters: DeadLetters, body: str) -> None:
    put(letters, body, group("A"))

    *left, total = letters.redrive(100)

    assert total == "1 put back, 1 left"
    assert len(left) == 1
    assert left[0].endswith(f"is not ours, {len(body)} characters")
    assert NUMBER not in left[0]
    assert len(bodies(letters, letters.queue)) == 1


def test_no_more_are_put_back_than_asked_for(letters: DeadLetters) -> None:
    put(letters, *(group(f"S{n}") for n in range(25)))

    assert list(letters.redrive(12)) == ["12 put back, 0 left"]
    assert list(letters.redrive(100)) == ["13 put back, 0 left"]
    assert list(letters.redrive(100)) == ["0 put back, 0 left"]


def test_a_message_is_not_lost_when_the_queue_does_not_take_it(
    letters: DeadLetters, sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    put(letters, group("A"))

    def refuse(**given: object) -> None:
        raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, "SendMessage")

    monkeypatch.setattr(sqs, "send_message", refuse)
    with pytest.raises(StoreUnavailable):
        list(letters.redrive(100))
    attributes = sqs.get_queue_attributes(
        QueueUrl=letters.dead_letters,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]

    assert sum(map(int, attributes.values())) == 1
