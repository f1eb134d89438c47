"""Runs that do not come or fail, queues that fill, workers that are held up."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from local.world.metrics import Metric
from tests.e2e.alarm_causes.scene import Scene, sets_off
from tests.e2e.functions import given
from tests.e2e.troubles import workers_off
from tests.e2e.waiting import wait_until

HOUR = timedelta(hours=1)
IMPOSSIBLE = {"PINBILL_STAGE": "nowhere"}  # a deployment that the code refuses


@sets_off("RunMissingAlarm", "SweepMissingAlarm")
def a_schedule_that_is_off(scene: Scene) -> Generator[None]:
    while True:
        yield


def _a_bad_deployment(scene: Scene, function: str) -> Generator[None]:
    with given(scene.world, function, **IMPOSSIBLE):
        while True:
            assert not scene.call(function, {})
            yield


@sets_off("RecurringBillErrorsAlarm")
def a_bad_deployment_of_the_dispatcher(scene: Scene) -> Generator[None]:
    yield from _a_bad_deployment(scene, "RecurringBillFunction")


@sets_off("BillWorkerErrorsAlarm")
def a_bad_deployment_of_the_worker(scene: Scene) -> Generator[None]:
    yield from _a_bad_deployment(scene, "BillWorkerFunction")


@sets_off("WebhookFeedErrorsAlarm")
def a_bad_deployment_of_the_feed(scene: Scene) -> Generator[None]:
    yield from _a_bad_deployment(scene, "WebhookFeedFunction")


@sets_off("WebhookRetryErrorsAlarm")
def a_bad_deployment_of_the_retries(scene: Scene) -> Generator[None]:
    yield from _a_bad_deployment(scene, "WebhookRetryFunction")


@sets_off("ScheduleDeadLetterAlarm")
def a_run_that_fails_for_good(scene: Scene) -> Generator[None]:
    url = scene.world.outputs["ScheduleDeadLetterQueueUrl"]
    with _emptied(scene, url), given(scene.world, "RecurringBillFunction", **IMPOSSIBLE):
        assert scene.call("RecurringBillFunction", {"mode": "run"}, waits=False)
        wait_until("the run to be given up", lambda: _waiting(scene, url))
        yield


@sets_off("BillDeadLetterAlarm")
def a_message_that_is_not_ours(scene: Scene) -> Generator[None]:
    sqs, outputs = scene.world.client("sqs"), scene.world.outputs
    queue, dead = outputs["BillQueueUrl"], outputs["BillDeadLetterQueueUrl"]
    hidden = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})  # or it would take half an hour
    try:
        with _emptied(scene, dead):
            sqs.send_message(QueueUrl=queue, MessageBody="not ours")
            wait_until("the message to be given up", lambda: _waiting(scene, dead))
            yield
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=hidden)


@sets_off("BillQueueAgeAlarm")
def workers_that_take_nothing(scene: Scene) -> Generator[None]:
    with workers_off(scene.desk):
        url = scene.world.outputs["BillQueueUrl"]
        scene.world.client("sqs").send_message(QueueUrl=url, MessageBody='{"v": 1}')
        scene.watch.gather()
        scene.watch.let_pass(HOUR + timedelta(minutes=1))
        yield


@sets_off("BillWorkerThrottlesAlarm")
def concurrency_that_somebody_has_taken_away(scene: Scene) -> Generator[None]:
    client, worker = scene.world.client("lambda"), scene.world.outputs["BillWorkerFunctionName"]
    client.put_function_concurrency(FunctionName=worker, ReservedConcurrentExecutions=0)
    try:
        while True:
            with pytest.raises(client.exceptions.TooManyRequestsException):
                client.invoke(
                    FunctionName=worker
                )  # not by the alias: the local AWS reserves concurrency for that alone
            yield
    finally:
        client.delete_function_concurrency(FunctionName=worker)


@sets_off("WebhookAsideAlarm")
def a_batch_of_changes_that_fails_for_hours(scene: Scene) -> Generator[None]:
    client, url = scene.world.aws.client("lambda", repeatable=True), scene.world.outputs["WebhookAsideQueueUrl"]
    mappings = client.list_event_source_mappings()["EventSourceMappings"]
    (feed,) = (each for each in mappings if ":dynamodb:" in each["EventSourceArn"])
    age = feed["MaximumRecordAgeInSeconds"]
    with _emptied(scene, url), given(scene.world, "WebhookFeedFunction", **IMPOSSIBLE):
        client.update_event_source_mapping(UUID=feed["UUID"], MaximumRecordAgeInSeconds=1)  # of four hours
        try:
            scene.desk.active()
            wait_until("the batch to be put aside", lambda: _waiting(scene, url))
            yield
        finally:
            client.update_event_source_mapping(UUID=feed["UUID"], MaximumRecordAgeInSeconds=age)


@sets_off("WebhookFeedBehindAlarm", by_data=True)
def a_stream_that_is_read_too_slowly(scene: Scene) -> Generator[None]:
    age = Metric.of("AWS/Lambda", "IteratorAge", {"FunctionName": scene.world.outputs["WebhookFeedFunctionName"]})
    while True:
        scene.watch.put(age, 2 * HOUR.total_seconds() * 1000)
        yield


@sets_off("TableThrottlesAlarm", by_data=True)
def a_table_that_takes_no_more(scene: Scene) -> Generator[None]:
    throttled = Metric.of("AWS/DynamoDB", "WriteThrottleEvents", {"TableName": scene.world.outputs["TableName"]})
    while True:
        scene.watch.put(throttled, 25)
        yield


def _waiting(scene: Scene, url: str) -> bool:
    """Whether a message lies in the queue."""
    found = scene.world.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return bool(int(found["Attributes"]["ApproximateNumberOfMessages"]))


@contextmanager
def _emptied(scene: Scene, url: str) -> Iterator[None]:
    """What comes into the queue meanwhile is nobody's afterwards."""
    try:
        yield
    finally:
        scene.world.client("sqs").purge_queue(QueueUrl=url)
