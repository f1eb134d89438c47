"""Every place of a local world into which a number or a secret could have got, and what stands there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import requests

from contract.places import PAGE, SERVED
from local.world import World
from pinbill.domain.key_text import FORM
from tests.e2e.canary import Hit, hits, unpacked

PLANTED = "+447700900999"
PLANT_GROUP = "/canary/planted"


@dataclass(slots=True)
class Answers:
    """What the API has answered to whoever asked by `requests`."""

    texts: list[str] = field(default_factory=list)

    def note(self, answer: requests.Response, api_url: str) -> None:
        # The contract's examples hold a number of the test range; it is the same for everybody.
        if answer.url.startswith(api_url) and answer.text not in _published():
            self.texts.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")


@cache
def _published() -> tuple[str, ...]:
    return SERVED.read_text(), PAGE.read_text()


@dataclass(frozen=True, slots=True)
class Found:
    place: str
    hit: Hit
    around: str  # the beginning of the text, without what was found


def search(world: World, secrets: list[str], answers: Answers | None = None) -> list[Found]:
    """Whatever of the test range's numbers, of API keys and of these secrets stands anywhere."""
    found: list[Found] = []
    looked_at: dict[str, list[Hit]] = {}  # the same text stands in many places
    for place, value in _places(world, answers or Answers()):
        for text in unpacked(value):
            if text not in looked_at:
                looked_at[text] = hits(text, secrets)
            found += [Found(place, hit, text[:60]) for hit in looked_at[text]]
    return found


def assert_quiet(world: World, secrets: list[str], answers: Answers | None = None) -> None:
    """Nothing stands anywhere; and what is planted in each kind of place is found there."""
    # API keys are found by their form, and their hashes are what the table keeps of them.
    found = search(world, [text for text in secrets if not FORM.fullmatch(text)], answers)
    assert not found, found[:10]
    answers = answers or Answers()
    wanted = _plant(world, answers)
    deadline = time.monotonic() + 10
    while missed := wanted - {each.place.partition(" ")[0] for each in search(world, [], answers)}:
        assert time.monotonic() < deadline, f"planted and not found: {missed}"
        time.sleep(0.2)


def _places(world: World, answers: Answers) -> Iterator[tuple[str, Any]]:
    yield from (("answer", text) for text in answers.texts)
    yield from _logs(world)
    yield from (("metric", metric) for metric in _pages(world, "cloudwatch", "list_metrics", "Metrics"))
    yield from _queues(world)
    yield from _tables(world)
    yield from _streams(world)
    yield from (("stack", stack) for stack in world.client("cloudformation").describe_stacks()["Stacks"])
    for function in _pages(world, "lambda", "list_functions", "Functions"):
        yield f"function {function['FunctionName']}", function


def _logs(world: World) -> Iterator[tuple[str, Any]]:
    for group in _pages(world, "logs", "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        for event in _pages(world, "logs", "filter_log_events", "events", logGroupName=name):
            yield f"log {name}", event["message"]


def _queues(world: World) -> Iterator[tuple[str, Any]]:
    sqs = world.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        while True:
            given = {"MaxNumberOfMessages": 10, "VisibilityTimeout": 2, "MessageAttributeNames": ["All"]}
            messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0, **given).get("Messages", [])
            yield from ((f"queue {url.rpartition('/')[2]}", message) for message in messages)
            if not messages:
                break


def _tables(world: World) -> Iterator[tuple[str, Any]]:
    for name in _pages(world, "dynamodb", "list_tables", "TableNames"):
        for item in _pages(world, "dynamodb", "scan", "Items", TableName=name):
            yield f"table {name}", item


def _streams(world: World) -> Iterator[tuple[str, Any]]:
    client = world.client("dynamodbstreams")
    for stream in client.list_streams()["Streams"]:
        arn = stream["StreamArn"]
        for shard in client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            where = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = client.get_shard_iterator(**where)["ShardIterator"]
            while iterator:
                answer = client.get_records(ShardIterator=iterator)
                yield from (("stream", record["dynamodb"]) for record in answer["Records"])
                iterator = answer.get("NextShardIterator") if answer["Records"] else None


def _pages(world: World, service: str, operation: str, key: str, **given: Any) -> Iterator[Any]:
    for page in world.client(service).get_paginator(operation).paginate(**given):
        yield from page.get(key, [])


def _plant(world: World, answers: Answers) -> set[str]:
    """One number in each kind of place; returns the kinds."""
    answers.texts.append(f"200 {{}} {PLANTED}")
    logs = world.client("logs")
    logs.create_log_group(logGroupName=PLANT_GROUP)
    logs.create_log_stream(logGroupName=PLANT_GROUP, logStreamName="planted")
    event: Mapping[str, Any] = {"timestamp": int(time.time() * 1000), "message": f"caller {PLANTED}"}
    logs.put_log_events(logGroupName=PLANT_GROUP, logStreamName="planted", logEvents=[event])
    metric = {"MetricName": "Planted", "Value": 1, "Dimensions": [{"Name": "who", "Value": PLANTED}]}
    world.client("cloudwatch").put_metric_data(Namespace="Pinbill", MetricData=[metric])
    world.client("sqs").send_message(QueueUrl=world.outputs["BillDeadLetterQueueUrl"], MessageBody=PLANTED)
    item = {"pk": {"S": "CANARY"}, "sk": {"S": "CANARY"}, "who": {"S": PLANTED}}
    world.client("dynamodb").put_item(TableName=world.outputs["TableName"], Item=item)
    return {"answer", "log", "metric", "queue", "table", "stream"}
