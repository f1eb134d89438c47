"""CloudWatch's embedded metric format: a log line that CloudWatch reads metrics from.

Source: AWS, "Specification: Embedded metric format". Powertools' own writer has one set of dimensions to a line, and
makes an object of each metric.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pinbill.usecases.measures import FINER, NAMESPACE, Unit

MOST_VALUES = 100  # of one metric on one line
SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    unit: Unit
    values: Sequence[float]


def lines(service: str, at: int, dimensions: Mapping[str, str], metrics: Sequence[Metric]) -> Iterator[str]:
    """All metrics of the same dimensions, on one line unless one of them has more than MOST_VALUES values.

    `service` is a dimension of every metric; `at` are milliseconds of Unix time.
    """
    members = {SERVICE: service, **dimensions}
    longest = max(len(metric.values) for metric in metrics)
    for first in range(0, longest, MOST_VALUES):
        told = [metric for metric in metrics if len(metric.values) > first]
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": _sets(members),
            "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in told],
        }
        line: dict[str, Any] = {"_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]}, **members}
        for metric in told:
            values = [round(value, 3) for value in metric.values[first : first + MOST_VALUES]]
            line[metric.name] = values if len(values) > 1 else values[0]
        yield json.dumps(line, separators=(",", ":"))


def _sets(members: Mapping[str, str]) -> list[list[str]]:
    every = list(members)
    broad = [name for name in every if name not in FINER]
    return [broad] if broad == every else [broad, every]
