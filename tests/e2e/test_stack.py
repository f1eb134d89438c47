"""The deployed stack as AWS parts see it, before any handler has its say."""

from __future__ import annotations

import json

import boto3
import pytest
import requests

from local.world import Deployed
from local.world.environment import REGION
from tests.e2e.functions import ALIAS
from tests.e2e.least_privilege import PROBES
from tests.unit.project.template import load_template, resources_of

GATEWAY_RESPONSES = resources_of(load_template(), "AWS::Serverless::Api")["Api"]["GatewayResponses"]


def assert_is_gateway_response(answer: requests.Response, kind: str) -> None:
    expected = json.loads(GATEWAY_RESPONSES[kind]["ResponseTemplates"]["application/json"])
    assert (answer.status_code, answer.json()) == (expected["status"], expected)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "unknown-key"}], ids=["no key", "unknown key"])
def test_a_request_without_a_partners_key_gets_the_problem_document_for_it(
    world: Deployed, headers: dict[str, str]
) -> None:
    answer = requests.get(f"{world.api_url}/v1/plans", headers=headers, timeout=30)

    assert_is_gateway_response(answer, "UNAUTHORIZED")


def test_an_unknown_route_gets_the_problem_document_for_it(world: Deployed) -> None:
    answer = requests.get(f"{world.api_url}/v1/nothing", timeout=30)

    assert_is_gateway_response(answer, "MISSING_AUTHENTICATION_TOKEN")


def test_a_function_may_do_only_what_its_role_allows(world: Deployed) -> None:
    role = world.client("lambda").get_function_configuration(FunctionName=world.outputs["ReadFunctionName"])["Role"]
    credentials = world.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    reader = boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=world.endpoint,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    table, of_a_partner, of_a_key = world.outputs["TableName"], *(_row(pk) for pk in PROBES)

    assert "Item" not in reader.get_item(TableName=table, Key=of_a_partner)
    with pytest.raises(reader.exceptions.ClientError, match="AccessDenied"):
        reader.get_item(TableName=table, Key=of_a_key)
    with pytest.raises(reader.exceptions.ClientError, match="AccessDenied"):
        reader.put_item(TableName=table, Item=of_a_partner)


def _row(pk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": "PROBE"}}


def test_the_schedules_start_the_dispatcher_with_their_mode(world: Deployed) -> None:
    scheduler = world.client("scheduler")

    found = [scheduler.get_schedule(Name=one["Name"]) for one in scheduler.list_schedules()["Schedules"]]
    schedules = [one for one in found if "-billing-" in one["Name"]]

    inputs = {one["ScheduleExpression"]: json.loads(one["Target"]["Input"]) for one in schedules}
    assert inputs == {"rate(1 minute)": {"mode": "run"}, "rate(10 minutes)": {"mode": "sweep"}}
    dispatcher = world.outputs["RecurringBillFunctionName"]
    assert all(one["Target"]["Arn"].endswith(f":function:{dispatcher}:{ALIAS}") for one in schedules)


def test_the_worker_takes_groups_from_the_queue_and_may_give_some_back(world: Deployed) -> None:
    found = world.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    (mapping,) = (each for each in found if ":sqs:" in each["EventSourceArn"])

    assert mapping["State"] == "Enabled"
    assert mapping["FunctionArn"].endswith(f":{world.outputs['BillWorkerFunctionName']}:{ALIAS}")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}


def test_the_webhook_feed_follows_what_was_written_with_entries_and_puts_aside_what_it_cannot(world: Deployed) -> None:
    found = world.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    (mapping,) = (each for each in found if ":dynamodb:" in each["EventSourceArn"])

    assert mapping["State"] == "Enabled"
    assert mapping["FunctionArn"].endswith(f":{world.outputs['WebhookFeedFunctionName']}:{ALIAS}")
    assert mapping["EventSourceArn"] == world.outputs["TableStreamArn"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert len(mapping["FilterCriteria"]["Filters"]) == 2
    queue = world.client("sqs").get_queue_attributes(
        QueueUrl=world.outputs["WebhookAsideQueueUrl"], AttributeNames=["QueueArn"]
    )
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == queue["Attributes"]["QueueArn"]


def test_the_retries_run_every_minute(world: Deployed) -> None:
    scheduler = world.client("scheduler")
    (name,) = (one["Name"] for one in scheduler.list_schedules()["Schedules"] if one["Name"].endswith("-webhook-retry"))

    schedule = scheduler.get_schedule(Name=name)

    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["Target"]["Arn"].endswith(f":function:{world.outputs['WebhookRetryFunctionName']}:{ALIAS}")


def test_the_table_forgets_what_has_a_time_to_live(world: Deployed) -> None:
    answer = world.client("dynamodb").describe_time_to_live(TableName=world.outputs["TableName"])

    assert answer["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
