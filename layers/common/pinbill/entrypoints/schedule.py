"""The EventBridge Scheduler adapter of the dispatcher."""

import time
from collections.abc import Callable
from typing import Any, Literal

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, ValidationError

from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.errors import InvalidInput
from pinbill.usecases.arrears import Arrears
from pinbill.usecases.measures import Measure
from pinbill.usecases.recurring_bill import Handed, RecurringBill


class ScheduleEvent(BaseModel):
    """What the schedule sends, and a person by `sam local invoke`. A lost or doubled event does no harm."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["run", "sweep"]


def schedule_handler(
    recurring_bill: RecurringBill,
    arrears: Arrears,
    logger: Logger,
    telemetry: LogTelemetry,
    steady: Callable[[], float] = time.monotonic,
) -> Callable[[dict[str, Any], LambdaContext], dict[str, int]]:
    def bill(mode: str) -> Handed:
        if mode == "run":
            return recurring_bill.run()
        try:
            return recurring_bill.sweep()
        finally:
            arrears()  # most of all when a sweep fails

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
        logger.append_keys(request_id=context.aws_request_id)
        try:
            mode = ScheduleEvent.model_validate(event).mode
        except ValidationError:
            raise InvalidInput('A run is started with {"mode": "run"} or {"mode": "sweep"}.') from None
        begun = steady()
        try:
            handed = bill(mode)
            telemetry.measure(Measure.RUN_SECONDS, steady() - begun, {"mode": mode})
        finally:
            telemetry.flush()
        return {"subscriptions": handed.subscriptions, "groups": handed.groups}

    return lambda_handler
