"""Evaluates CloudWatch's alarms as AWS documents it, over data that was gathered in the local world.

The local AWS keeps the alarms of the deployed template, and judges them without their dimensions, their periods and
what they say of missing data; alarms on metric math it never judges. How AWS does it: "Alarm evaluation" and
"Configuring how CloudWatch alarms treat missing data" in the CloudWatch user guide.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from local.world.metric_math import NotUnderstood, Series, evaluate
from local.world.metrics import Datum, Metric, statistic
from local.world.stack import STACK_NAME
from local.world.world import World

# AWS looks at more periods than an alarm names, and does not say how many: five for one of three, in its own example.
PERIODS_MORE = 2
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class State(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    NO_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Query:
    """One metric of an alarm, by the name under which its expression has it."""

    id: str
    metric: Metric
    statistic: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """`missing` is what a period without data counts as: breaching, not breaching, or None, which is no data."""

    name: str
    queries: Sequence[Query]
    expression: str
    period: timedelta
    periods: int
    datapoints: int
    comparison: str
    threshold: float
    missing: bool | None
    actions: Sequence[str]

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Self:
        """Take an alarm as DescribeAlarms has it. Raises KeyError or NotUnderstood for what no alarm here has."""
        metrics = described.get("Metrics") or [_single(described)]
        queries = [_query(one) for one in metrics if "MetricStat" in one]
        (returned,) = (one for one in metrics if one.get("ReturnData", True))
        (seconds,) = {one["MetricStat"]["Period"] for one in metrics if "MetricStat" in one}
        missing = {"breaching": True, "notBreaching": False, "missing": None}[described["TreatMissingData"]]
        if missing is None and described["EvaluationPeriods"] > 1:
            raise NotUnderstood("data that may be missing in some of several periods")
        return cls(
            name=described["AlarmName"],
            queries=queries,
            expression=returned.get("Expression", returned["Id"]),
            period=timedelta(seconds=seconds),
            periods=described["EvaluationPeriods"],
            datapoints=described.get("DatapointsToAlarm", described["EvaluationPeriods"]),
            comparison=described["ComparisonOperator"],
            threshold=described["Threshold"],
            missing=missing,
            actions=described["AlarmActions"],
        )

    @property
    def range(self) -> int:
        """How many periods are looked at."""
        return self.periods + PERIODS_MORE

    def judge(self, data: Sequence[Datum], now: datetime) -> Verdict:
        """What state the alarm is in at `now`, which ends the newest period."""
        series = {query.id: self._series(query, data, now) for query in self.queries}
        values = evaluate(self.expression, series, self.range)
        # What is there is judged first, the newest of it; what is missing is filled in only as far as needed.
        found = [self._breaches(value) for value in values if value is not None][: self.periods]
        if not found and self.missing is None:
            return Verdict(State.NO_DATA, f"no data in {self.range} periods")
        found += [bool(self.missing)] * (self.periods - len(found))
        state = State.ALARM if sum(found) >= self.datapoints else State.OK
        shown = ", ".join("-" if value is None else f"{value:g}" for value in values)
        return Verdict(state, f"newest first: {shown}; {self.comparison} {self.threshold:g}")

    def _breaches(self, value: float) -> bool:
        return _COMPARISONS[self.comparison](value, self.threshold)

    def _series(self, query: Query, data: Sequence[Datum], now: datetime) -> Series:
        """The newest period first."""
        periods: list[list[float]] = [[] for _ in range(self.range)]
        for datum in data:
            age = (now - datum.at) // self.period
            if datum.metric == query.metric and 0 <= age < self.range:
                periods[age].append(datum.value)
        return [statistic(query.statistic, values) for values in periods]


def _single(described: Mapping[str, Any]) -> dict[str, Any]:
    """An alarm on one metric, written as one on metric math."""
    metric = {name: described[name] for name in ("Namespace", "MetricName", "Dimensions")}
    stat = described.get("ExtendedStatistic") or described["Statistic"]
    return {"Id": "m", "MetricStat": {"Metric": metric, "Period": described["Period"], "Stat": stat}}


def _query(described: Mapping[str, Any]) -> Query:
    stat = described["MetricStat"]
    metric = stat["Metric"]
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())}
    return Query(described["Id"], Metric.of(metric["Namespace"], metric["MetricName"], dimensions), stat["Stat"])


def alarms_of(world: World) -> dict[str, Alarm]:
    """The alarms of the deployed stack by logical id, their parameters and names filled in."""
    client = world.client("cloudwatch")
    pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=STACK_NAME)
    described = {one["AlarmName"]: one for page in pages for one in page["MetricAlarms"]}
    resources = world.client("cloudformation").describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    return {
        one["LogicalResourceId"]: Alarm.of(described[one["PhysicalResourceId"]])
        for one in resources
        if one["ResourceType"] == "AWS::CloudWatch::Alarm"
    }
