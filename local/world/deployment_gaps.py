"""Sets through the service APIs what the local AWS leaves out when it deploys a template; each gap was seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.world.local_aws import LocalAws

_NO_TIME_TO_LIVE = {"TimeToLiveStatus": "DISABLED"}
_GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"


def fill_deployment_gaps(aws: LocalAws, stack_name: str) -> None:
    """Make a deployed stack's gateway responses, remembered keys, time to live and concurrency as it says."""
    cloudformation = aws.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    _remembered_keys(aws, outputs["ApiId"], outputs["AuthorizerCacheSeconds"])
    template: Any = cloudformation.get_template(StackName=stack_name, TemplateStage="Processed")["TemplateBody"]
    resources = (json.loads(template) if isinstance(template, str) else template)["Resources"]
    fillers = {
        "AWS::ApiGateway::RestApi": _gateway_responses,
        "AWS::DynamoDB::Table": _time_to_live,
        "AWS::Lambda::EventSourceMapping": _maximum_concurrency,
    }
    for logical_id, resource in resources.items():
        fill = fillers.get(resource["Type"])
        if fill is not None:
            detail = cloudformation.describe_stack_resource(StackName=stack_name, LogicalResourceId=logical_id)
            fill(aws, detail["StackResourceDetail"]["PhysicalResourceId"], resource["Properties"])


def _gateway_responses(aws: LocalAws, api_id: str, properties: Mapping[str, Any]) -> None:
    """It reads the routes of an API's OpenAPI body, but not its gateway responses."""
    apigateway = aws.client("apigateway")
    for kind, response in properties["Body"].get(_GATEWAY_RESPONSES, {}).items():
        apigateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            statusCode=str(response["statusCode"]),
            responseParameters=dict(response.get("responseParameters", {})),
            responseTemplates=dict(response.get("responseTemplates", {})),
        )
    for stage in apigateway.get_stages(restApiId=api_id)["item"]:
        # A stage keeps the responses of its deployment; a new deployment of the same stage takes them over.
        apigateway.create_deployment(restApiId=api_id, stageName=stage["stageName"])


def _remembered_keys(aws: LocalAws, api_id: str, seconds: str) -> None:
    """An authorizer whose cache has its length from a parameter keeps the service's default of 300 seconds."""
    apigateway = aws.client("apigateway")
    length = [{"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": seconds}]
    for authorizer in apigateway.get_authorizers(restApiId=api_id)["items"]:
        apigateway.update_authorizer(restApiId=api_id, authorizerId=authorizer["id"], patchOperations=length)


def _time_to_live(aws: LocalAws, table: str, properties: Mapping[str, Any]) -> None:
    """It ignores TimeToLiveSpecification of a table."""
    dynamodb = aws.client("dynamodb")
    wanted = properties.get("TimeToLiveSpecification")
    if wanted and dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"] == _NO_TIME_TO_LIVE:
        specification = {"Enabled": True, "AttributeName": wanted["AttributeName"]}
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)


def _maximum_concurrency(aws: LocalAws, mapping: str, properties: Mapping[str, Any]) -> None:
    """A number that comes from a parameter stays a string, on which its queue poller fails: nothing is ever polled."""
    if "ScalingConfig" in properties:
        client = aws.client("lambda")
        concurrency = int(client.get_event_source_mapping(UUID=mapping)["ScalingConfig"]["MaximumConcurrency"])
        client.update_event_source_mapping(UUID=mapping, ScalingConfig={"MaximumConcurrency": concurrency})
