"""What CloudWatch would have of the local world: its functions' embedded metrics, and AWS's own of what runs in it."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from local.world.stack import STACK_NAME
from local.world.world import World

# What is asked of CloudWatch itself, for each second: how many there were, or the most.
_PUBLISHED = {
    "Pinbill": {"CoverageGaps": "Maximum"},  # by an operator's command
    "AWS/Lambda": {"Errors": "Sum", "Throttles": "Sum"},
    "AWS/ApiGateway": {"5XXError": "Sum", "Latency": "Maximum"},
}
NAMESPACES = frozenset({*_PUBLISHED, "AWS/SQS"})
_DELAY = timedelta(minutes=1)  # between what happens and the line or count of it


@dataclass(frozen=True, slots=True)
class Metric:
    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Self:
        return cls(namespace, name, frozenset(dimensions.items()))


@dataclass(frozen=True, slots=True)
class Datum:
    metric: Metric
    at: datetime
    value: float


def statistic(name: str, values: Sequence[float]) -> float | None:
    """Of a period's values; None where there are none. Raises KeyError for one that no alarm of the template uses."""
    if not values:
        return None
    if name.startswith("p"):
        return sorted(values)[math.ceil(float(name[1:]) / 100 * len(values)) - 1]
    return {"Sum": sum(values), "Maximum": max(values)}[name]


def embedded(line: str) -> Iterator[tuple[Metric, float]]:
    """The metrics in a log line of the embedded metric format, each with each of its values."""
    try:
        found = json.loads(line)
    except ValueError:
        return
    if not isinstance(found, dict) or "_aws" not in found:
        return
    for directive in found["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: str(found[name]) for name in names}
            for metric in directive["Metrics"]:
                values = found[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield Metric.of(directive["Namespace"], metric["Name"], dimensions), float(value)


class Watch:
    """Gathers a world's metrics from now on, by a time of its own: what comes between two looks is of the second one.

    So an hour of CloudWatch is no hour of a test. `now` is aware UTC; `data` is all that was gathered.
    """

    def __init__(self, world: World) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.data: list[Datum] = []
        self._logs, self._cloudwatch, self._sqs = map(world.client, ("logs", "cloudwatch", "sqs"))
        self._since = datetime.now(UTC) - _DELAY
        self._lines: set[tuple[str, str]] = set()
        self._counted: dict[tuple[Metric, datetime], float] = {}
        self._filled: dict[str, datetime] = {}
        self.gather()
        self.data.clear()

    def let_pass(self, time: timedelta) -> None:
        self.now += time

    def put(self, metric: Metric, value: float) -> None:
        """What only AWS itself can measure."""
        self.data.append(Datum(metric, self.now, value))

    def gather(self, namespaces: Collection[str] = NAMESPACES) -> None:
        """Look at what has come since the last look, and at the queues as they are."""
        sources = {"Pinbill": self._of_logs, "AWS/SQS": self._of_queues}
        for namespace in namespaces:
            found = [*sources.get(namespace, tuple)(), *self._published(namespace)]
            for metric, value in found:
                self.put(metric, value)

    def _of_logs(self) -> Iterator[tuple[Metric, float]]:
        start = int(self._since.timestamp() * 1000)
        for group in self._logs.describe_log_groups(logGroupNamePrefix=f"/{STACK_NAME}/")["logGroups"]:
            pages = self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], startTime=start, filterPattern="CloudWatchMetrics"
            )
            for event in (event for page in pages for event in page["events"]):
                line = event["logStreamName"], event["message"]  # each invocation has a stream of its own here
                if line not in self._lines:
                    self._lines.add(line)
                    yield from embedded(event["message"])

    def _published(self, namespace: str) -> Iterator[tuple[Metric, float]]:
        for name, stat in _PUBLISHED.get(namespace, {}).items():
            found = self._cloudwatch.list_metrics(Namespace=namespace, MetricName=name)["Metrics"]
            queries = [
                {"Id": f"m{place}", "MetricStat": {"Metric": one, "Period": 1, "Stat": stat}}
                for place, one in enumerate(found)
            ]
            if not queries:
                continue
            answer = self._cloudwatch.get_metric_data(
                MetricDataQueries=queries, StartTime=self._since, EndTime=datetime.now(UTC) + _DELAY
            )
            for one, result in zip(found, answer["MetricDataResults"], strict=True):
                metric = Metric.of(namespace, name, {each["Name"]: each["Value"] for each in one["Dimensions"]})
                for second, value in zip(result["Timestamps"], result["Values"], strict=True):
                    yield from self._new(metric, second, value, stat)

    def _new(self, metric: Metric, second: datetime, value: float, stat: str) -> Iterator[tuple[Metric, float]]:
        """What of a second's value was not there at the last look."""
        seen = self._counted.get((metric, second))
        if value != seen:
            self._counted[metric, second] = value
            yield metric, value - (seen or 0.0) if stat == "Sum" else value

    def _of_queues(self) -> Iterator[tuple[Metric, float]]:
        waiting, hidden, late = (f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed"))
        for url in self._sqs.list_queues(QueueNamePrefix=STACK_NAME).get("QueueUrls", ()):
            name = url.rpartition("/")[2]
            found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            counts = {which: int(found[which]) for which in (waiting, hidden, late)}
            # No look at a message, which would count as one of its receives: as old as the queue was not seen empty.
            filled = self._filled.setdefault(name, self.now) if any(counts.values()) else None
            if filled is None:
                self._filled.pop(name, None)
            age = (self.now - filled).total_seconds() if filled else 0.0
            yield Metric.of("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": name}), age
            yield Metric.of("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": name}), counts[waiting]
