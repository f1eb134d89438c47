"""Alarms are judged as AWS's own tables say, and metric math as it is documented."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.world.alarms import Alarm, State
from local.world.metric_math import NotUnderstood, Series, evaluate
from local.world.metrics import Datum, Metric, embedded, statistic

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ERRORS = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [{"Name": "FunctionName", "Value": "f"}]}
DESCRIBED: dict[str, Any] = {
    **ERRORS,
    "AlarmName": "errors",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": [],
}
METRIC = Metric.of("AWS/Lambda", "Errors", {"FunctionName": "f"})


def data(shown: str) -> list[Datum]:
    """As in AWS's tables, the newest last: 0 is within the threshold, X beyond, - missing."""
    values = {"0": 0.0, "X": 5.0}
    spread = reversed(list(enumerate(reversed(shown.split()))))
    return [Datum(METRIC, NOW - age * MINUTE, values[sign]) for age, sign in spread if sign != "-"]


# "How alarm state is evaluated when data is missing" and, with two of three, its second table, for the treatments that
# the template uses in several periods.
@pytest.mark.parametrize(
    ("shown", "of_three", "breaching", "not_breaching"),
    [
        ("0 - X - X", 3, State.OK, State.OK),
        ("- - - - 0", 3, State.OK, State.OK),
        ("- - - - -", 3, State.ALARM, State.OK),
        ("0 X X - X", 3, State.ALARM, State.ALARM),
        ("- - X - -", 3, State.ALARM, State.OK),
        ("0 - X - X", 2, State.ALARM, State.ALARM),
        ("0 0 X 0 X", 2, State.ALARM, State.ALARM),
        ("0 - X - -", 2, State.ALARM, State.OK),
        ("- - - - 0", 2, State.ALARM, State.OK),
        ("- - - - X", 2, State.ALARM, State.OK),
    ],
)
def test_data_that_is_missing_is_treated_as_in_the_tables_of_aws(
    shown: str, of_three: int, breaching: State, not_breaching: State
) -> None:
    described = DESCRIBED | {"DatapointsToAlarm": of_three}

    for treatment, expected in (("breaching", breaching), ("notBreaching", not_breaching)):
        alarm = Alarm.of(described | {"TreatMissingData": treatment})
        assert alarm.judge(data(shown), NOW).state is expected


def test_without_any_data_nothing_is_known_where_missing_is_missing() -> None:
    alarm = Alarm.of(DESCRIBED | {"EvaluationPeriods": 1, "TreatMissingData": "missing"})

    assert alarm.judge([], NOW).state is State.NO_DATA
    assert alarm.judge(data("0"), NOW).state is State.OK
    assert alarm.judge(data("X"), NOW).state is State.ALARM


def test_other_dimensions_are_another_metric() -> None:
    alarm = Alarm.of(DESCRIBED | {"EvaluationPeriods": 1})
    others = Metric.of("AWS/Lambda", "Errors", {"FunctionName": "f", "Resource": "f:live"})

    assert alarm.judge([Datum(others, NOW, 5)], NOW).state is State.OK
    assert alarm.judge([Datum(METRIC, NOW, 5)], NOW).state is State.ALARM


def test_a_period_ends_now_and_what_is_older_is_of_the_one_before() -> None:
    alarm = Alarm.of(DESCRIBED | {"EvaluationPeriods": 1, "Threshold": 2.0})
    both = [Datum(METRIC, NOW, 1), Datum(METRIC, NOW - MINUTE + timedelta(seconds=1), 1)]

    assert alarm.judge(both, NOW).state is State.ALARM
    assert alarm.judge(both, NOW + timedelta(seconds=30)).state is State.OK


def test_an_alarm_on_metric_math_fills_what_is_missing() -> None:
    query = {"Id": "errors", "ReturnData": False, "MetricStat": {"Metric": ERRORS, "Period": 60, "Stat": "Sum"}}
    returned = {"Id": "result", "Expression": "FILL(errors, 0)", "ReturnData": True}
    below = {"Threshold": 1.0, "ComparisonOperator": "LessThanThreshold", "Metrics": [returned, query]}
    alarm = Alarm.of({name: value for name, value in DESCRIBED.items() if name not in ERRORS} | below)

    assert alarm.judge(data("X - - -"), NOW).state is State.ALARM
    assert alarm.judge(data("X X - -"), NOW).state is State.OK
    assert alarm.judge(data("- X - X"), NOW).state is State.OK


def test_an_alarm_that_cannot_be_judged_for_certain_is_refused() -> None:
    with pytest.raises(NotUnderstood):
        Alarm.of(DESCRIBED | {"TreatMissingData": "missing"})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b", [None, 5.0, None]),
        ("FILL(a, 0) + FILL(b, 0)", [1.0, 5.0, 0.0]),
        ("100 * a / (a - 1)", [None, 200.0, None]),
        ("IF(FILL(a, 0) >= 2, a, 100)", [100.0, 2.0, 100.0]),
        ("MAX([a, b])", [1.0, 3.0, None]),
        ("a > 1", [0.0, 1.0, None]),
    ],
)
def test_metric_math_is_done_period_by_period(expression: str, expected: Series) -> None:
    assert evaluate(expression, {"a": [1, 2, None], "b": [None, 3, None]}, 3) == expected


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(a)", "a ** 2", "'a'", "a if b else a"])
def test_more_of_metric_math_is_refused(expression: str) -> None:
    with pytest.raises(NotUnderstood):
        evaluate(expression, {"a": [1.0], "b": [1.0]}, 1)


def test_statistics_of_a_period() -> None:
    values = [float(value) for value in range(1, 101)]

    assert (statistic("Sum", [1, 2]), statistic("Maximum", [1, 2]), statistic("p90", values)) == (3, 2, 90)
    assert statistic("Sum", []) is None


def test_embedded_metrics_are_read_with_each_set_of_dimensions_and_each_value() -> None:
    metrics = [{"Name": "Calls", "Unit": "Count"}, {"Name": "Milliseconds", "Unit": "Milliseconds"}]
    directive = {"Namespace": "Pinbill", "Dimensions": [["service"], ["service", "rail"]], "Metrics": metrics}
    line = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "service": "s", "rail": "r", "Calls": 2}

    found = list(embedded(json.dumps(line | {"Milliseconds": [3, 4]})))

    assert [(metric.name, len(metric.dimensions), value) for metric, value in found] == [
        ("Calls", 1, 2),
        ("Milliseconds", 1, 3),
        ("Milliseconds", 1, 4),
        ("Calls", 2, 2),
        ("Milliseconds", 2, 3),
        ("Milliseconds", 2, 4),
    ]
    assert list(embedded('{"level": "INFO"}')) == list(embedded("START RequestId")) == []
