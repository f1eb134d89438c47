"""The template refuses parameters that contradict each other or the stage, by name and before anything is deployed."""

from __future__ import annotations

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from local.world import Deployed
from tests.unit.project.template import load_template

PRODUCTION = {
    "Stage": "production",
    "InfomediaPrefix": "/dcb",
    "SignzyBaseUrl": "https://api.signzy.app",
    "ProviderSecretName": "pinbill/production/providers",
}


def create_change_set(world: Deployed, parameters: dict[str, str]) -> None:
    """Ask for a stack with the template's parameters and rules, and nothing in it that would take time."""
    template = load_template()
    body = {part: template[part] for part in ("Parameters", "Rules")}
    body["Resources"] = {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
    world.client("cloudformation").create_change_set(
        StackName=f"rules-{uuid.uuid4().hex}",
        ChangeSetName="rules",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(body),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    )


LOCAL = {"Stage": "local", "SimulatorsUrl": "http://127.0.0.1:8420"}
# By the parameter that the refusal names; what else is given is the stage's own.
CONTRADICTIONS = [
    (PRODUCTION, "BillingScheduleState", "DISABLED"),
    (PRODUCTION, "WebhookRetryScheduleState", "DISABLED"),
    (PRODUCTION, "ProviderSecretName", "pinbill/staging/providers"),
    (PRODUCTION, "SimulatorsUrl", "http://127.0.0.1:8420"),
    (PRODUCTION, "AwsEndpoint", "http://127.0.0.1:4566"),
    ({"Stage": "sandbox"}, "SimulatorsUrl", "http://127.0.0.1:8420"),
    ({"Stage": "sandbox"}, "AwsEndpoint", "http://127.0.0.1:4566"),
    ({"Stage": "sandbox"}, "InfomediaPrefix", "/dcb"),
    ({"Stage": "sandbox"}, "SignzyBaseUrl", "https://api.signzy.app"),
    ({"Stage": "sandbox"}, "ProviderSecretName", "pinbill/production/providers"),
    (LOCAL, "InfomediaPrefix", "/dcb"),
    (LOCAL, "SimulatorsUrl", ""),
]
OUT_OF_BOUNDS = [
    ("Stage", "prod"),
    ("InfomediaRatePerSecond", "0"),
    ("SignzyRatePerSecond", "0"),
    ("BillWorkerMaximumConcurrency", "1"),
    ("ApiRequestsPerSecond", "0"),
    ("ProviderReadTimeout", "25"),
    ("WorkerProviderReadTimeout", "76"),
    ("BillingIntervalSeconds", "30"),
    ("DueShards", "0"),
    ("PartnerWritesADay", "0"),
    ("PinGuards", "tries"),
    ("PartnerClasses", "acme"),
    ("LogLevel", "WARN"),
    ("SimulatorsUrl", "http://simulators.example"),
    ("WebAclArn", "the one"),
    ("ProviderSecretKeyArn", "alias/aws/secretsmanager"),
]


@pytest.mark.parametrize("forgotten", sorted(set(PRODUCTION) - {"Stage"}))
def test_production_with_a_sandbox_default_is_refused(world: Deployed, forgotten: str) -> None:
    parameters = {name: value for name, value in PRODUCTION.items() if name != forgotten}

    with pytest.raises(ClientError, match=f"{forgotten}: "):
        create_change_set(world, parameters)


@pytest.mark.parametrize("parameters", [PRODUCTION, {"Stage": "sandbox"}, {"Stage": "staging"}, LOCAL])
def test_each_stage_with_its_own_parameters_is_accepted(world: Deployed, parameters: dict[str, str]) -> None:
    create_change_set(world, parameters)


@pytest.mark.parametrize(("stage", "name", "value"), CONTRADICTIONS)
def test_what_contradicts_the_stage_is_refused(world: Deployed, stage: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(ClientError, match=f"{name}: "):
        create_change_set(world, stage | {name: value})


@pytest.mark.parametrize(("name", "value"), OUT_OF_BOUNDS)
def test_what_lies_out_of_bounds_is_refused(world: Deployed, name: str, value: str) -> None:
    with pytest.raises(ClientError, match=name):
        create_change_set(world, PRODUCTION | {name: value})


@pytest.mark.parametrize("url", ["http://api.signzy.app", "https://api.signzy.app/", "http://127.0.0.1:80"])
def test_a_provider_address_without_tls_or_with_a_path_is_refused(world: Deployed, url: str) -> None:
    with pytest.raises(ClientError, match="SignzyBaseUrl"):
        create_change_set(world, PRODUCTION | {"SignzyBaseUrl": url})
