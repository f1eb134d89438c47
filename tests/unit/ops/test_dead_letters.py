"""Redriving: what is ours goes back to work, and nothing else is touched."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ops.dead_letters import DeadLetters
from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Allotment
from pinbill.entrypoints.work_queue import WorkMessage
from pinbill.errors import NotFound, StoreUnavailable
from pinbill.usecases.ports.billing import Work

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
def queue(sqs: "SQSClient") -> str:
    """Where work is taken from."""
    return sqs.create_queue(QueueName="work")["QueueUrl"]


@pytest.fixture
def letters(sqs: "SQSClient") -> DeadLetters:
    return DeadLetters(sqs, sqs.create_queue(QueueName="dead")["QueueUrl"])


def group(*ids: str, quiet: bool = False) -> str:
    work = Work(RailName.SIGNZY, [("acme", id) for id in ids], None if quiet else TIMES, quiet)
    return WorkMessage.of(work).model_dump_json(exclude_defaults=True)


def bodies(letters: DeadLetters, url: str) -> list[str]:
    found = letters.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in found.get("Messages", [])]


def put(letters: DeadLetters, *messages: str) -> list[str]:
    """Their ids."""
    return [letters.client.send_message(QueueUrl=letters.url, MessageBody=body)["MessageId"] for body in messages]


def test_a_group_goes_back_to_work_with_call_times_still_to_be_booked(letters: DeadLetters, queue: str) -> None:
    put(letters, group("A", "B"))

    assert list(letters.redrive(queue)) == ["1 put back, 0 left"]

    [body] = bodies(letters, queue)
    work = WorkMessage.model_validate_json(body).work()
    assert (work.subscriptions, work.times, work.is_quiet) == ([("acme", "A"), ("acme", "B")], None, False)
    assert bodies(letters, letters.url) == []


def test_a_group_that_needs_no_calls_stays_one(letters: DeadLetters, queue: str) -> None:
    put(letters, group("A", quiet=True))

    list(letters.redrive(queue))

    [body] = bodies(letters, queue)
    assert WorkMessage.model_validate_json(body).work().is_quiet


@pytest.mark.parametrize("body", ["not json", "{}", json.dumps({"v": 1, "msisdn": NUMBER})])
def test_a_message_that_is_not_ours_is_left_and_named_without_what_it_says(
    letters: DeadLetters, queue: str, body: str
) -> None:
    put(letters, body, group("A"))

    *left, total = letters.redrive(queue)

    assert total == "1 put back, 1 left"
    assert len(left) == 1
    assert left[0].endswith(f"is not ours, {len(body)} characters")
    assert NUMBER not in left[0]
    assert len(bodies(letters, queue)) == 1


def test_no_more_are_put_back_than_asked_for(letters: DeadLetters, queue: str) -> None:
    put(letters, *(group(f"S{n}") for n in range(25)))

    assert list(letters.redrive(queue, 12)) == ["12 put back, 0 left"]
    assert list(letters.redrive(queue)) == ["13 put back, 0 left"]
    assert list(letters.redrive(queue)) == ["0 put back, 0 left"]


def test_a_message_is_not_lost_when_the_queue_does_not_take_it(
    letters: DeadLetters, queue: str, sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    put(letters, group("A"))

    def refuse(**given: object) -> None:
        raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, "SendMessage")

    monkeypatch.setattr(sqs, "send_message", refuse)
    with pytest.raises(StoreUnavailable):
        list(letters.redrive(queue))
    attributes = sqs.get_queue_attributes(
        QueueUrl=letters.url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]

    assert sum(map(int, attributes.values())) == 1


def test_one_of_them_goes_back_by_its_id_and_the_others_stay(letters: DeadLetters, queue: str) -> None:
    _, wanted = put(letters, group("A"), group("B"))

    assert list(letters.redrive(queue, only=wanted)) == ["1 put back, 0 left"]

    [body] = bodies(letters, queue)
    assert WorkMessage.model_validate_json(body).work().subscriptions == [("acme", "B")]
    assert bodies(letters, letters.url) == [group("A")]


def test_an_id_that_is_not_there_changes_nothing(letters: DeadLetters, queue: str, tmp_path: Path) -> None:
    put(letters, group("A"))

    with pytest.raises(NotFound, match="no message nothing"):
        list(letters.redrive(queue, only="nothing"))
    with pytest.raises(NotFound):
        list(letters.discard("nothing", tmp_path / "kept", "jane", "a slip"))

    assert bodies(letters, letters.url) == [group("A")]
    assert bodies(letters, queue) == []
    assert not (tmp_path / "kept").exists()


def test_they_are_shown_by_id_and_kind_and_are_seen_again_at_once(letters: DeadLetters) -> None:
    ours, foreign = put(letters, group("A", "B"), json.dumps({"msisdn": NUMBER}))

    for _ in range(2):
        shown = sorted(letters.show())
        assert "2 messages" in shown
        [first] = [line for line in shown if line.startswith(ours)]
        [second] = [line for line in shown if line.startswith(foreign)]
        assert first.endswith("2 bills on signzy of acme")
        assert second.endswith("not ours, 27 characters")
        assert NUMBER not in " ".join(shown)


def test_what_is_discarded_is_kept_in_a_file_that_only_its_owner_reads(letters: DeadLetters, tmp_path: Path) -> None:
    foreign, _ = put(letters, "not ours", group("A"))
    file = tmp_path / "discarded.jsonl"

    assert list(letters.discard(foreign, file, "jane", "a test of ours"))[-1].startswith("1 discarded; ")

    assert bodies(letters, letters.url) == [group("A")]
    [kept] = map(json.loads, file.read_text().splitlines())
    assert (kept["id"], kept["body"], kept["discarded_by"]) == (foreign, "not ours", "jane")
    assert kept["because"] == "a test of ours"
    assert file.stat().st_mode & 0o077 == 0
    list(letters.discard(None, file, "jane", "the rest"))
    assert len(file.read_text().splitlines()) == 2
    assert bodies(letters, letters.url) == []
