"""Logs and metrics: one JSON line per observation, and counts that are written once per invocation."""

import logging
import threading
import traceback
from collections import Counter
from collections.abc import Mapping

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from pinbill.usecases.ports import Observation

# What they write at DEBUG quotes requests and answers: numbers, the provider secret, callback paths.
TALKATIVE = ("aws_lambda_powertools", "boto3", "botocore", "urllib3")

Dimensions = tuple[tuple[str, str], ...]


def crash(error: BaseException) -> dict[str, str | list[str]]:
    """What a log may hold of a defect: its kind and its place. The message stays out, because it may quote data."""
    return {"error": type(error).__name__, "where": traceback.format_tb(error.__traceback__)}


class LogTelemetry:
    """Observes from any thread. `flush` writes the counts gathered so far, one metric line per name and dimensions."""

    def __init__(self, logger: Logger) -> None:
        for name in TALKATIVE:
            library = logging.getLogger(name)
            library.setLevel(max(library.getEffectiveLevel(), logging.INFO))
        self._logger = logger
        self._counts: Counter[tuple[Observation, Dimensions]] = Counter()
        self._lock = threading.Lock()

    def observe(
        self, what: Observation, value: int = 1, dimensions: Mapping[str, str] | None = None, **fields: str | int
    ) -> None:
        key = tuple(sorted((dimensions or {}).items()))
        with self._lock:
            self._counts[what, key] += value
        self._logger.info(what.value, extra={**fields, **dict(key)})

    def flush(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, Counter()
        for (what, dimensions), value in counts.items():
            with single_metric(name=what.value, unit=MetricUnit.Count, value=value) as metric:
                for name, text in dimensions:
                    metric.add_dimension(name=name, value=text)
