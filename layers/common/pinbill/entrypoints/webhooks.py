"""The Lambda adapters of webhooks: the table's stream in, and the schedule of the retries."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from pinbill.entrypoints.telemetry import LogTelemetry, crash
from pinbill.usecases.feeding import Recorded
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.webhook_feed import WebhookFeed
from pinbill.usecases.webhook_retry import WebhookRetry

type Reader = Callable[[Mapping[str, Any]], Recorded | None]
"""From a row's new image to what has happened; raises what it cannot read."""


def feed_handler(
    feed: WebhookFeed, read: Reader, logger: Logger, telemetry: LogTelemetry
) -> Callable[[dict[str, Any], LambdaContext], dict[str, int]]:
    """A batch that fails comes again, whole or in halves: no event is lost, and some come twice."""

    def changes(records: Sequence[Mapping[str, Any]]) -> list[Recorded]:
        found = []
        for record in records:
            try:
                change = read(record["dynamodb"].get("NewImage", {})) if record["eventName"] != "REMOVE" else None
            except Exception as error:  # a row of another form: there is nobody to tell of it but the operator
                telemetry.observe(Observation.WEBHOOK_UNREADABLE, event=str(record.get("eventID", "")))
                logger.error("stream_record_unreadable", extra=crash(error))
                continue
            if change is not None:
                found.append(change)
        return found

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
        logger.append_keys(request_id=context.aws_request_id)
        try:
            told = changes(event["Records"])
            fed = feed(told)
        finally:
            telemetry.flush()
        return {"changes": len(told), "delivered": fed.delivered, "parked": fed.parked}

    return lambda_handler


def retry_handler(
    retry: WebhookRetry, logger: Logger, telemetry: LogTelemetry
) -> Callable[[dict[str, Any], LambdaContext], dict[str, int]]:
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
        logger.append_keys(request_id=context.aws_request_id)
        try:
            done = retry()
        finally:
            telemetry.flush()
        return {"redelivered": done.delivered, "failed": done.failed}

    return lambda_handler
