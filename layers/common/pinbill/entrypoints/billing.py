"""The Lambda adapter of the worker: a batch of SQS messages in, those that must come again out."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from pinbill.entrypoints.group_runner import Group, GroupRunner
from pinbill.entrypoints.pacer import Pacer
from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.entrypoints.work_queue import WorkMessage
from pinbill.errors import PinbillError
from pinbill.usecases.call_times import CallTimes
from pinbill.usecases.ports.billing import Work
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.run_book import RunBook

# A group whose calls are further ahead goes back to the queue: waiting costs as much as billing.
EARLY = timedelta(seconds=15)


class Batch:
    """One invocation: the groups that are run now, and the messages that must come again."""

    def __init__(self, call_times: CallTimes, logger: Logger, telemetry: LogTelemetry, until: float) -> None:
        self.groups: list[Group] = []
        self.failed: set[str] = set()
        self._call_times = call_times
        self._logger = logger
        self._telemetry = telemetry
        self._until = until

    def take(self, message: str, body: str) -> None:
        """Read one message; one that is not ours ends in the dead-letter queue."""
        try:
            work = WorkMessage.model_validate_json(body).work()
        except ValidationError:
            self._telemetry.observe(Observation.MESSAGE_NOT_OURS, message_id=message)
            self.failed.add(message)
            return
        with self._failing(message):
            self._plan(message, work)

    def give_new_times(self) -> int:
        """To those who are due and had no call time left; returns how many. They come again by their own messages."""
        missed = 0
        for group in self.groups:
            if group.has_failed:
                self.failed.add(group.message)
            elif group.missed:
                with self._failing(group.message):
                    self._call_times.send(self._call_times.timed(group.rail, group.missed))
                    missed += len(group.missed)
        return missed

    def _plan(self, message: str, work: Work) -> None:
        if work.is_quiet:
            self.groups.append(Group(message, work.rail, work.subscriptions))
            return
        timed = [work] if work.times else self._call_times.timed(work.rail, work.subscriptions)
        now = self._call_times.clock.now()
        for one in timed:
            assert one.times is not None  # given just now, if not before
            if one.times.first > now + EARLY:
                self._call_times.send([one])
            else:
                pacer = Pacer(one.times, now, self._until)
                self.groups.append(Group(message, one.rail, one.subscriptions, pacer))

    @contextmanager
    def _failing(self, message: str) -> Iterator[None]:
        """What the queue or the table does not take now, comes again with its message."""
        try:
            yield
        except PinbillError as error:
            self._logger.error("group_failed", extra={"message_id": message, "code": error.code})
            self.failed.add(message)


def billing_handler(
    runner: GroupRunner,
    call_times: CallTimes,
    run_book: RunBook,
    logger: Logger,
    telemetry: LogTelemetry,
    longest_call: float,
) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    """`longest_call` is in seconds: no provider is called when the function does not live that much longer, since a
    call that is cut off by the function's end leaves an unknown outcome."""

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        logger.append_keys(request_id=context.aws_request_id)
        until = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - longest_call
        batch = Batch(call_times, logger, telemetry, until)
        for record in event["Records"]:
            batch.take(record["messageId"], record["body"])
        try:
            runner.run(batch.groups)
            missed = batch.give_new_times()
            if missed:
                telemetry.observe(Observation.CALL_TIMES_MISSED, missed)
            run_book.flush()
        finally:
            telemetry.flush()
        return {"batchItemFailures": [{"itemIdentifier": message} for message in sorted(batch.failed)]}

    return lambda_handler
