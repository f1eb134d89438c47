"""template.yaml and samconfig.toml say the same as the code beside them."""

from __future__ import annotations

import json
import os
import runpy
import tomllib
from collections.abc import Callable
from typing import Any, override

import pytest

from local.template import ACCOUNT, value_of
from pinbill import errors
from pinbill.entrypoints.problems import CONTENT_TYPE, problem_of
from tests.unit.project.template import ROOT, folder_of, load_template, resources_of, variables_of

TEMPLATE = load_template()
FUNCTIONS = resources_of(TEMPLATE, "AWS::Serverless::Function")
GLOBALS = TEMPLATE["Globals"]["Function"]
GATEWAY_RESPONSES: dict[str, Any] = resources_of(TEMPLATE, "AWS::Serverless::Api")["Api"]["GatewayResponses"]
# What API Gateway answers itself, where our own code answers the same.
SAME_AS_OURS: dict[str, Callable[[], errors.PinbillError]] = {
    "UNAUTHORIZED": errors.Unauthenticated,
    "ACCESS_DENIED": errors.Unauthenticated,
    "MISSING_AUTHENTICATION_TOKEN": errors.NotFound,
    "RESOURCE_NOT_FOUND": errors.NotFound,
    "REQUEST_TOO_LARGE": errors.BodyTooLarge,
    "THROTTLED": lambda: errors.SlowDown(retry_after=1),
}
every_function = pytest.mark.parametrize("logical_id", FUNCTIONS)
every_gateway_response = pytest.mark.parametrize("kind", GATEWAY_RESPONSES)


def test_every_function_folder_is_in_the_template_and_the_other_way_round() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}

    assert {folder_of(function) for function in FUNCTIONS.values()} == folders


@every_function
def test_a_function_is_named_after_its_folder(logical_id: str) -> None:
    folder = folder_of(FUNCTIONS[logical_id])

    assert logical_id == "".join(word.capitalize() for word in folder.split("_")) + "Function"


@every_function
def test_a_function_has_a_log_group_of_its_own_with_an_end_to_its_logs(logical_id: str) -> None:
    function = FUNCTIONS[logical_id]

    log_group = function["LoggingConfig"]["LogGroup"]["Ref"]

    assert log_group == logical_id.removesuffix("Function") + "LogGroup"
    properties = resources_of(TEMPLATE, "AWS::Logs::LogGroup")[log_group]
    assert properties["LogGroupName"]["Fn::Sub"].endswith(f"/{folder_of(function)}")
    assert properties["RetentionInDays"] == {"Ref": "LogRetentionInDays"}


@every_function
def test_a_function_states_its_timeout(logical_id: str) -> None:
    function = FUNCTIONS[logical_id]
    routes = [event for event in function.get("Events", {}).values() if event["Type"] == "Api"]

    assert isinstance(function["Timeout"], int)
    # API Gateway gives up after 29 seconds.
    assert not routes or function["Timeout"] <= 29


@every_function
def test_a_provider_call_ends_before_its_function_with_time_left_to_write(logical_id: str) -> None:
    variables = variables_of(TEMPLATE, FUNCTIONS[logical_id])
    if "PINBILL_PROVIDER_READ_TIMEOUT" not in variables:
        pytest.skip("calls no provider")

    longest = [
        TEMPLATE["Parameters"][variables[name]["Ref"]]["Default"]
        for name in ("PINBILL_PROVIDER_CONNECT_TIMEOUT", "PINBILL_PROVIDER_READ_TIMEOUT")
    ]

    assert sum(longest) + 5 <= FUNCTIONS[logical_id]["Timeout"]


class RecordedEnvironment(dict[str, str]):
    """An environment that remembers which of our variables were read."""

    def __init__(self, content: dict[str, str]) -> None:
        super().__init__(content)
        self.read: set[str] = set()

    @override
    def __getitem__(self, name: str) -> str:
        if name.startswith("PINBILL_"):
            self.read.add(name)
        return super().__getitem__(name)


@every_function
def test_a_handler_starts_with_exactly_the_variables_that_the_template_gives_it(
    logical_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = FUNCTIONS[logical_id]
    declared = {name: value_of(TEMPLATE, value) for name, value in variables_of(TEMPLATE, function).items()}
    environment = RecordedEnvironment(declared | ACCOUNT)
    monkeypatch.setattr(os, "environ", environment)

    handler = runpy.run_path(str(ROOT / function["CodeUri"] / "app.py"))["lambda_handler"]

    assert callable(handler)
    # Who may touch nothing needs to know of nothing.
    needed = declared if logical_id != "ContractFunction" else {}
    assert environment.read == {name for name in needed if name.startswith("PINBILL_")}


def test_the_layer_is_built_for_what_the_functions_run_on() -> None:
    layer = TEMPLATE["Resources"]["CommonLayer"]

    assert layer["Metadata"]["BuildMethod"] == GLOBALS["Runtime"]
    assert layer["Properties"]["CompatibleRuntimes"] == [GLOBALS["Runtime"]]
    assert [layer["Metadata"]["BuildArchitecture"]] == GLOBALS["Architectures"] == [{"Ref": "Architecture"}]
    assert layer["Properties"]["CompatibleArchitectures"] == GLOBALS["Architectures"]
    # A folder python/ in it would be packed as python/python.
    assert not (ROOT / layer["Properties"]["ContentUri"] / "python").exists()


def test_no_function_leaves_the_common_runtime_architecture_or_layer() -> None:
    assert GLOBALS["Runtime"] == "python3.13"
    for function in FUNCTIONS.values():
        assert not {"Runtime", "Architectures", "Layers", "Handler"} & set(function)


def test_a_billing_group_stays_hidden_for_six_times_its_workers_timeout() -> None:
    queue = resources_of(TEMPLATE, "AWS::SQS::Queue")["BillQueue"]

    assert queue["VisibilityTimeout"] >= 6 * FUNCTIONS["BillWorkerFunction"]["Timeout"]


def test_each_billing_interval_has_its_rate() -> None:
    rates = TEMPLATE["Mappings"]["BillingInterval"]

    assert {int(seconds) for seconds in rates} == set(TEMPLATE["Parameters"]["BillingIntervalSeconds"]["AllowedValues"])
    for seconds, row in rates.items():
        minutes = int(seconds) // 60
        assert row["Rate"] == f"rate({minutes} minute{'s' if minutes > 1 else ''})"


@every_gateway_response
def test_a_gateway_response_is_a_problem_document(kind: str) -> None:
    response = GATEWAY_RESPONSES[kind]

    problem = json.loads(response["ResponseTemplates"]["application/json"])

    headers = response["ResponseParameters"]["Headers"]
    assert headers["Content-Type"] == f"'{CONTENT_TYPE}'"
    assert headers["X-Correlation-Id"] == "context.requestId"
    assert list(problem) == ["type", "title", "status", "code", "detail", "retryable", "next_step"]
    assert problem["status"] == response["StatusCode"]
    assert problem["type"] == f"urn:pinbill:problem:{problem['code']}"


@pytest.mark.parametrize("kind", SAME_AS_OURS)
def test_api_gateway_answers_in_the_words_of_our_own_error(kind: str) -> None:
    problem = json.loads(GATEWAY_RESPONSES[kind]["ResponseTemplates"]["application/json"])

    assert problem == problem_of(SAME_AS_OURS[kind]())


def test_production_has_no_test_clock() -> None:
    variables = GLOBALS["Environment"]["Variables"]

    assert variables["PINBILL_TEST_CLOCK"] == {"Fn::If": ["HasTestClock", "true", "false"]}
    stages = [one["Fn::Equals"] for one in TEMPLATE["Conditions"]["HasTestClock"]["Fn::Or"]]
    assert stages == [[{"Ref": "Stage"}, "local"], [{"Ref": "Stage"}, "sandbox"]]


def test_every_environment_of_samconfig_has_the_same_keys_and_only_parameters_of_the_template() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    assert config.pop("version") == 0.1

    shapes = {name: shape_of(environment) for name, environment in config.items()}

    assert set(shapes) == {"default", "staging", "production"}
    assert shapes["staging"] == shapes["production"] == shapes["default"]
    overridden = {key.rsplit(":", 1)[1] for key in shapes["default"] if key.startswith("deploy:override:")}
    assert overridden <= set(TEMPLATE["Parameters"])


def shape_of(environment: dict[str, Any]) -> set[str]:
    """Return every key of a samconfig environment, parameter overrides included, without values."""
    keys = {f"{command}:{key}" for command, table in environment.items() for key in table["parameters"]}
    overrides = environment["deploy"]["parameters"]["parameter_overrides"]
    return keys | {f"deploy:override:{override.split('=', 1)[0]}" for override in overrides}
