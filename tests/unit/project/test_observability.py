"""Alarms, dashboard and their pages name the same things, and only metrics that somebody writes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from ops.__main__ import parser
from pinbill.usecases.measures import NAMESPACE, Measure
from pinbill.usecases.ports.telemetry import Observation
from tests.e2e.alarm_causes import CAUSES, ON_DATA
from tests.unit.project.template import ROOT, folder_of, load_template, resources_of

TEMPLATE = load_template()
ALARMS = resources_of(TEMPLATE, "AWS::CloudWatch::Alarm")
WIDGETS: list[dict[str, Any]] = json.loads(
    resources_of(TEMPLATE, "AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
)["widgets"]
# Resources that metrics of AWS are of, as the dashboard names them.
PHYSICAL = {
    f"${{{name}}}"
    for name in (
        *resources_of(TEMPLATE, "AWS::Serverless::Function"),
        *resources_of(TEMPLATE, "AWS::DynamoDB::Table"),
        *(f"{queue}.QueueName" for queue in resources_of(TEMPLATE, "AWS::SQS::Queue")),
    )
}
NOT_DRAWN = {Measure.COVERAGE_GAPS}  # once a month; its alarm is on the dashboard
PAGE = (ROOT / "docs/observability.md").read_text()
ALARMS_PAGE = PAGE.split("\n## Alarms\n")[1].split("\n## ")[0]
RUNBOOK = (ROOT / "docs/runbook.md").read_text().split("\n## Alarms\n")[1].split("\n## ")[0]
TOPIC = [{"Ref": "AlarmTopic"}]
# What AWS publishes of what the template has, and the dimensions under which it does.
OF_AWS = {
    "AWS/Lambda": ({"Errors", "Throttles", "IteratorAge"}, {"FunctionName"}),
    "AWS/SQS": ({"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}, {"QueueName"}),
    "AWS/ApiGateway": ({"Count", "4XXError", "5XXError", "Latency"}, {"ApiName", "Stage"}),
    "AWS/DynamoDB": (
        {f"{way}ThrottleEvents" for way in ("Read", "Write")}
        | {f"Consumed{way}CapacityUnits" for way in ("Read", "Write")},
        {"TableName"},
    ),
}
OF_A_VERSION = {"Resource"}  # a dimension more, of Lambda's
DEAD_LETTERS = {"BillDeadLetterQueue", "ScheduleDeadLetterQueue", "WebhookAsideQueue"}
every_alarm = pytest.mark.parametrize("name", ALARMS)


def metrics_of(alarm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each metric that an alarm looks at."""
    if "Metrics" not in alarm:
        yield alarm
    for query in alarm.get("Metrics", ()):
        if "MetricStat" in query:
            yield query["MetricStat"]["Metric"]


def assert_is_written(namespace: str, name: str, dimensions: set[str]) -> None:
    if namespace == NAMESPACE:
        assert name in {*Observation, *Measure}
        assert "service" in dimensions
    else:
        names, known = OF_AWS[namespace]
        assert name in names
        assert dimensions - OF_A_VERSION == known


@every_alarm
def test_an_alarm_looks_at_metrics_that_somebody_writes(name: str) -> None:
    for metric in metrics_of(ALARMS[name]):
        dimensions = {one["Name"] for one in metric["Dimensions"]}
        assert_is_written(metric["Namespace"], metric["MetricName"], dimensions)
        if metric["Namespace"] == NAMESPACE:
            assert {"Name": "service", "Value": {"Ref": "AWS::StackName"}} in metric["Dimensions"]


@every_alarm
def test_an_alarm_tells_somebody_and_says_what_no_data_means(name: str) -> None:
    alarm = ALARMS[name]

    assert alarm["AlarmActions"] == TOPIC
    assert alarm.get("OKActions", TOPIC) == TOPIC
    assert alarm["TreatMissingData"] in {"breaching", "notBreaching", "missing"}
    assert len(alarm["AlarmDescription"]) > 20


def test_alarms_on_what_must_come_are_set_off_by_its_absence_and_no_others() -> None:
    breaching = {name for name, alarm in ALARMS.items() if alarm["TreatMissingData"] == "breaching"}

    assert breaching == {"RunMissingAlarm", "SweepMissingAlarm"}


def test_every_queue_of_what_was_given_up_has_an_alarm() -> None:
    queues = {
        one["Value"]["Fn::GetAtt"][0]
        for alarm in ALARMS.values()
        for metric in metrics_of(alarm)
        if metric["MetricName"] == "ApproximateNumberOfMessagesVisible"
        for one in metric["Dimensions"]
    }

    assert queues == DEAD_LETTERS == set(resources_of(TEMPLATE, "AWS::SQS::Queue")) - {"BillQueue"}


def test_metric_math_uses_each_of_its_metrics_and_no_other() -> None:
    for alarm in (alarm for alarm in ALARMS.values() if "Metrics" in alarm):
        (expression,) = (query["Expression"] for query in alarm["Metrics"] if "Expression" in query)
        ids = [query["Id"] for query in alarm["Metrics"] if "MetricStat" in query]

        assert set(re.findall(r"\b[a-z_]+\b", expression)) == set(ids)
        assert len(ids) <= 10  # what CloudWatch takes in one alarm


def test_the_dashboard_draws_metrics_that_somebody_writes_of_this_stack() -> None:
    drawn = [metric for widget in WIDGETS for metric in widget["properties"].get("metrics", ())]
    plain = [metric[:-1] if isinstance(metric[-1], dict) else metric for metric in drawn]

    for namespace, name, *dimensions in filter(None, plain):
        assert_is_written(namespace, name, set(dimensions[::2]))
        values = {value for value in dimensions[1::2] if value.startswith("${")}
        assert values & {"${AWS::StackName}"} or values <= PHYSICAL
    assert {metric[1] for metric in filter(None, plain)} >= {*Measure} - NOT_DRAWN


def test_the_dashboard_shows_every_alarm_and_has_a_part_for_money_flow_and_health() -> None:
    (board,) = (widget["properties"]["alarms"] for widget in WIDGETS if widget["type"] == "alarm")
    parts = [widget["properties"]["markdown"] for widget in WIDGETS if widget["type"] == "text"]

    assert sorted(board) == sorted(f"${{{name}.Arn}}" for name in ALARMS)
    assert parts == ["## Money", "## Flow", "## Health"]


def test_widgets_of_the_dashboard_do_not_lie_on_each_other() -> None:
    cells = [
        (column, row)
        for widget in WIDGETS
        for column in range(widget["x"], widget["x"] + widget["width"])
        for row in range(widget["y"], widget["y"] + widget["height"])
    ]

    assert len(set(cells)) == len(cells)
    assert max(column for column, _ in cells) < 24


def test_every_alarm_has_its_line_on_the_page_with_what_set_it_off() -> None:
    lines = re.findall(r"^\| \[(\w+)\]\((.+?)\) \| (.+) \| (.+) \|$", ALARMS_PAGE, re.MULTILINE)

    assert [name for name, *_ in lines] == sorted(ALARMS)
    assert all(link == f"runbook.md#{name.lower()}" for name, link, *_ in lines)
    assert {name for name, *_, by in lines if by == "judged on data in AWS's form"} == ON_DATA
    assert f"{len(ALARMS)} alarms in" in ALARMS_PAGE
    looked_at = sum(len(list(metrics_of(alarm))) for alarm in ALARMS.values())
    assert f"look at {looked_at} metrics, which is {looked_at / 10:.2f} dollars" in ALARMS_PAGE


def test_every_alarm_has_its_entry_in_the_runbook() -> None:
    entries = re.split(r"^### ", RUNBOOK, flags=re.MULTILINE)[1:]

    assert [entry.partition("\n")[0] for entry in entries] == sorted(ALARMS)
    for entry in entries:
        assert re.findall(r"^- \*\*(\w+)\.\*\* ", entry, re.MULTILINE) == ["Means", "Look", "Do", "Over"]
    linked = set(re.findall(r"\]\(#(\w+)\)", RUNBOOK))
    assert linked <= {name.lower() for name in ALARMS}


def test_every_command_of_the_runbook_is_one() -> None:
    commands = re.findall(r'make ops ARGS=(?:"([^"]+)"|(\w+))', RUNBOOK)

    assert commands
    for quoted, bare in commands:
        parser().parse_args(shlex.split(quoted or bare))


def test_every_log_that_the_runbook_looks_into_is_of_a_function_and_every_word_is_written() -> None:
    looks = re.findall(r"`inlog ([a-z_]+) (\w+)`", RUNBOOK)
    folders = {folder_of(function) for function in resources_of(TEMPLATE, "AWS::Serverless::Function").values()}

    assert {folder for folder, _ in looks} <= folders
    assert {word for _, word in looks} <= {*Observation, "ERROR", "group_failed"}


def test_alarms_are_few_enough_to_be_known() -> None:
    assert len(ALARMS) <= 40


def test_every_alarm_has_a_cause_and_every_cause_an_alarm() -> None:
    assert set(CAUSES) == set(ALARMS)
    assert len(ON_DATA) <= 2  # all others are set off by what has happened


def test_whoever_is_told_is_told_by_an_encrypted_topic_that_alarms_may_use() -> None:
    topic = resources_of(TEMPLATE, "AWS::SNS::Topic")["AlarmTopic"]
    key = resources_of(TEMPLATE, "AWS::KMS::Key")["StorageKey"]["KeyPolicy"]["Statement"]
    (use,) = (one for one in key if one["Principal"] == {"Service": "cloudwatch.amazonaws.com"})

    assert topic["KmsMasterKeyId"] == {"Ref": "StorageKey"}
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    named = use["Condition"]["StringEquals"]["kms:EncryptionContext:aws:sns:topicArn"]["Fn::Sub"]
    assert named.endswith(f":{topic['TopicName']['Fn::Sub']}")


def test_the_access_log_holds_no_path_query_header_or_body() -> None:
    setting = resources_of(TEMPLATE, "AWS::Serverless::Api")["Api"]["AccessLogSetting"]["Fn::If"]
    line = json.loads(setting[1]["Format"])

    assert setting[0] == "LogsApi"
    assert set(line.values()) <= {
        "$context.authorizer.principalId",
        "$context.error.responseType",
        "$context.httpMethod",
        "$context.identity.sourceIp",
        "$context.integration.latency",
        "$context.integration.status",
        "$context.requestId",
        "$context.requestTimeEpoch",
        "$context.resourcePath",
        "$context.responseLatency",
        "$context.responseLength",
        "$context.status",
        "$context.xrayTraceId",
    }


def test_every_stage_but_local_is_traced() -> None:
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == {"Fn::If": ["IsLocal", "PassThrough", "Active"]}
    assert resources_of(TEMPLATE, "AWS::Serverless::Api")["Api"]["TracingEnabled"] == {
        "Fn::If": ["IsLocal", False, True]
    }
