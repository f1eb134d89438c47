"""The SQS adapter on both sides: groups of due subscriptions out, and in again."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pinbill.domain.catalog import RailName
from pinbill.entrypoints.telemetry import LogTelemetry, crash
from pinbill.errors import PinbillError, StoreUnavailable
from pinbill.settings import BillWorkerSettings
from pinbill.usecases.bill_worker import BillWorker
from pinbill.usecases.ports import Work

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10  # messages of one SendMessageBatch


class WorkMessage(BaseModel):
    """One group on the queue."""

    model_config = ConfigDict(extra="forbid")

    v: Literal[1]
    rail: RailName
    subscriptions: list[tuple[str, str]] = Field(min_length=1, max_length=100)


class SqsQueue:
    """The Queue port."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, groups: Sequence[tuple[Work, int]]) -> None:
        for first in range(0, len(groups), BATCH):
            batch = groups[first : first + BATCH]
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(at), "MessageBody": _encode(work), "DelaySeconds": delay}
                        for at, (work, delay) in enumerate(batch)
                    ],
                )
            except (BotoCoreError, ClientError) as error:
                raise StoreUnavailable("The billing queue did not take a group.") from error
            if answer.get("Failed"):
                raise StoreUnavailable("The billing queue did not take a group.")


def _encode(work: Work) -> str:
    return WorkMessage(v=1, rail=work.rail, subscriptions=list(work.subscriptions)).model_dump_json()


def work_handler(
    bill_worker: BillWorker, logger: Logger, telemetry: LogTelemetry, settings: BillWorkerSettings
) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    """Wakes all subscriptions of a batch at once, and answers which messages must come again.

    A provider call is only begun while the function lives long enough to hear its answer: a call cut off by the
    function's end would leave an unknown outcome.
    """

    def wake(partner: str, subscription_id: str, until: float) -> bool:
        def may_call() -> bool:
            return time.monotonic() < until

        if not may_call():
            return False
        try:
            bill_worker.wake(partner, subscription_id, may_call)
        except PinbillError as error:
            logger.error("wake_failed", extra={"subscription": subscription_id, "code": error.code})
            return False
        return True

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        logger.append_keys(request_id=context.aws_request_id)
        until = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - settings.longest_call
        with ThreadPoolExecutor(settings.worker_threads) as pool:
            wakes = {
                record["messageId"]: [pool.submit(wake, *pair, until) for pair in _members(record, logger)]
                for record in event["Records"]
            }
        failed = [id for id, results in wakes.items() if not results or not all(map(_succeeded(logger), results))]
        telemetry.flush()
        return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}

    return lambda_handler


def _members(record: dict[str, Any], logger: Logger) -> list[tuple[str, str]]:
    """The group of one message; none for a message that is not ours, which then ends in the dead-letter queue."""
    try:
        return WorkMessage.model_validate_json(record["body"]).subscriptions
    except ValidationError:
        logger.error("message_not_ours", extra={"message_id": record["messageId"]})
        return []


def _succeeded(logger: Logger) -> Callable[[Future[bool]], bool]:
    def succeeded(result: Future[bool]) -> bool:
        error = result.exception()
        if error is not None:
            # A defect of ours in one subscription must not take the others of the batch with it.
            logger.error("wake_crashed", extra=crash(error))
        return error is None and result.result()

    return succeeded
