"""Logs and metrics: one JSON line per observation, and metrics that are written once per invocation."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import override

from aws_lambda_powertools import Logger

from pinbill.entrypoints.emf import Metric, lines
from pinbill.usecases.measures import FINER, FORMS, Form, Measure, Unit
from pinbill.usecases.ports.telemetry import Observation, Telemetry

# What they write at DEBUG quotes requests and answers: numbers, the provider secret, callback paths.
TALKATIVE = ("aws_lambda_powertools", "boto3", "botocore", "urllib3")
COUNTED = Form(Unit.COUNT, is_added_up=True)  # observations

type Dimensions = tuple[tuple[str, str], ...]
type Gathered = dict[Dimensions, dict[Observation | Measure, list[float]]]


def crash(error: BaseException) -> dict[str, str | list[str]]:
    """What a log may hold of a defect: its kind and its place. The message stays out, because it may quote data."""
    return {"error": type(error).__name__, "where": traceback.format_tb(error.__traceback__)}


def _nothing_else() -> None:
    """Metrics are all that is to be written."""


class LogTelemetry(Telemetry):
    """Observes from any thread. `flush` writes what `first` writes, then the metrics gathered so far, those of the same
    dimensions together.

    The logger's service is a dimension of each: the stack's name, since an account may have several.
    """

    def __init__(self, logger: Logger, first: Callable[[], None] = _nothing_else) -> None:
        for name in TALKATIVE:
            library = logging.getLogger(name)
            library.setLevel(max(library.getEffectiveLevel(), logging.INFO))
        self._logger = logger
        self._first = first
        self._gathered: Gathered = {}
        self._lock = threading.Lock()

    @override
    def observe(
        self, what: Observation, value: int = 1, dimensions: Mapping[str, str] | None = None, **fields: str | int
    ) -> None:
        self._gather(what, value, dimensions or {})
        shown = {name: text for name, text in (dimensions or {}).items() if name not in FINER}
        self._logger.info(what.value, extra={**fields, **shown})

    @override
    def measure(self, what: Measure, value: float, dimensions: Mapping[str, str]) -> None:
        self._gather(what, value, dimensions)

    def flush(self) -> None:
        self._first()
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        at = int(time.time() * 1000)
        for dimensions, values in gathered.items():
            metrics = [Metric(what.value, _form(what).unit, found) for what, found in values.items()]
            for line in lines(self._logger.service, at, dict(dimensions), metrics):
                sys.stdout.write(f"{line}\n")

    def _gather(self, what: Observation | Measure, value: float, dimensions: Mapping[str, str]) -> None:
        key = tuple(sorted(dimensions.items()))
        with self._lock:
            values = self._gathered.setdefault(key, {}).setdefault(what, [])
            if values and _form(what).is_added_up:
                values[0] += value
            else:
                values.append(value)


def _form(what: Observation | Measure) -> Form:
    return FORMS[what] if isinstance(what, Measure) else COUNTED
