"""The template refuses to be deployed as production against what is not production."""

from __future__ import annotations

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from local.world import World
from tests.unit.project.template import load_template

PRODUCTION = {
    "Stage": "production",
    "InfomediaPrefix": "/dcb",
    "SignzyBaseUrl": "https://api.signzy.app",
    "ProviderSecretName": "pinbill/production/providers",
}


def create_change_set(world: World, parameters: dict[str, str]) -> None:
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


@pytest.mark.parametrize("forgotten", sorted(set(PRODUCTION) - {"Stage"}))
def test_production_with_a_sandbox_default_is_refused(world: World, forgotten: str) -> None:
    parameters = {name: value for name, value in PRODUCTION.items() if name != forgotten}

    with pytest.raises(ClientError, match="ProductionBillsAtProductionProviders"):
        create_change_set(world, parameters)


def test_production_with_production_providers_is_accepted(world: World) -> None:
    create_change_set(world, PRODUCTION)


@pytest.mark.parametrize("url", ["http://api.signzy.app", "https://api.signzy.app/", "http://10.0.0.1:80"])
def test_a_provider_address_without_tls_or_with_a_path_is_refused(world: World, url: str) -> None:
    with pytest.raises(ClientError, match="SignzyBaseUrl"):
        create_change_set(world, PRODUCTION | {"SignzyBaseUrl": url})
