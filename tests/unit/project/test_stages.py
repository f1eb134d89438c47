"""What differs between stages: what they keep, how new versions come into use, and what they refuse to be."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from pinbill.settings import WRITE_SECONDS
from tests.unit.project.template import ROOT, load_template, resources_of, variables_of

TEMPLATE = load_template()
RESOURCES = TEMPLATE["Resources"]
PARAMETERS = TEMPLATE["Parameters"]
FUNCTIONS = resources_of(TEMPLATE, "AWS::Serverless::Function")
QUEUES = resources_of(TEMPLATE, "AWS::SQS::Queue")
BY_STAGE = {"Fn::If": ["KeepsData", "Retain", "Delete"]}
STORAGE_KEY = {"Fn::GetAtt": ["StorageKey", "Arn"]}
# Parameters that go into every function's variables or settings, of which none can tell one version from another.
OF_ALL = {"Stage", "Architecture"}
every_function = pytest.mark.parametrize("logical_id", FUNCTIONS)


def parameters_in(value: Any) -> set[str]:
    """Every parameter that something refers to."""
    match value:
        case {"Ref": name} if name in PARAMETERS:
            return {name}
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{(\w+)\}", text)) & set(PARAMETERS)
        case dict():
            return set().union(*map(parameters_in, value.values()))
        case list():
            return set().union(*map(parameters_in, value))
        case _:
            return set()


@every_function
def test_a_version_is_made_for_every_parameter_that_its_function_takes(logical_id: str) -> None:
    """Or another value would be deployed and never be in use: SAM does not look at what parameters are."""
    function = FUNCTIONS[logical_id]
    taken = parameters_in([variables_of(TEMPLATE, function), function.get("MemorySize")]) | {"LogLevel"}

    assert function["AutoPublishAliasAllProperties"] is True
    assert parameters_in(function["VersionDescription"]) == taken - OF_ALL


def test_a_version_is_made_for_every_change_of_the_layer() -> None:
    assert RESOURCES["CommonLayer"]["Properties"]["PublishLambdaVersion"] is True


@every_function
def test_a_version_that_goes_wrong_is_rolled_back(logical_id: str) -> None:
    shared = TEMPLATE["Globals"]["Function"]["DeploymentPreference"]
    own = FUNCTIONS[logical_id]["DeploymentPreference"]

    (alarm,) = (one["Ref"] for one in own["Alarms"])

    assert RESOURCES[alarm]["Type"] == "AWS::CloudWatch::Alarm"
    serves = "Api" in str(FUNCTIONS[logical_id].get("Events", "")) or logical_id == "AuthorizerFunction"
    assert alarm == ("ApiErrorsAlarm" if serves else logical_id.removesuffix("Function") + "ErrorsAlarm")
    assert shared["Enabled"] == {"Fn::FindInMap": ["Rollout", {"Ref": "Stage"}, "Gradual"]}


def test_only_stages_that_keep_data_roll_out_step_by_step() -> None:
    gradual = {stage for stage, row in TEMPLATE["Mappings"]["Rollout"].items() if row["Gradual"] == "true"}

    assert set(TEMPLATE["Mappings"]["Rollout"]) == set(PARAMETERS["Stage"]["AllowedValues"])
    assert gradual == {"staging", "production"}
    keeps = [one["Fn::Equals"][1] for one in TEMPLATE["Conditions"]["KeepsData"]["Fn::Or"]]
    assert set(keeps) == gradual


@pytest.mark.parametrize("logical_id", ["Table", "KeyTable", "Key", "StorageKey", *sorted({*QUEUES} - {"BillQueue"})])
def test_what_holds_data_outlives_a_stage_that_bills_for_real_and_no_other(logical_id: str) -> None:
    assert RESOURCES[logical_id]["DeletionPolicy"] == RESOURCES[logical_id]["UpdateReplacePolicy"] == BY_STAGE
    assert TEMPLATE["Transform"][0] == "AWS::LanguageExtensions"  # which reads the condition


@pytest.mark.parametrize("logical_id", ["Table", "KeyTable"])
def test_a_table_that_holds_data_cannot_be_deleted_by_mistake(logical_id: str) -> None:
    assert RESOURCES[logical_id]["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["KeepsData", True, False]}


def test_the_table_can_be_restored() -> None:
    recovery = RESOURCES["Table"]["Properties"]["PointInTimeRecoverySpecification"]

    assert recovery == {"PointInTimeRecoveryEnabled": True}


def test_no_backup_or_stream_holds_the_keys() -> None:
    """Or erasing a key would not erase what it opens."""
    table = RESOURCES["KeyTable"]["Properties"]

    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    assert not {"StreamSpecification", "KinesisStreamSpecification"} & set(table)


def test_everything_at_rest_lies_under_a_key_of_the_customer() -> None:
    for table in resources_of(TEMPLATE, "AWS::DynamoDB::Table").values():
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": STORAGE_KEY}
    for queue in QUEUES.values():
        assert queue["KmsMasterKeyId"] == {"Ref": "StorageKey"}
    for group in resources_of(TEMPLATE, "AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"] == STORAGE_KEY
    for key in resources_of(TEMPLATE, "AWS::KMS::Key").values():
        assert key["EnableKeyRotation"] is True


def test_whatever_is_given_up_lands_in_a_queue() -> None:
    aside = {f"{name}.Arn" for name in QUEUES}

    def lands(destination: dict[str, Any]) -> bool:
        return ".".join(destination["Fn::GetAtt"]) in aside

    assert lands(QUEUES["BillQueue"]["RedrivePolicy"]["deadLetterTargetArn"])
    (stream,) = (
        mapping
        for mapping in resources_of(TEMPLATE, "AWS::Lambda::EventSourceMapping").values()
        if "StreamArn" in str(mapping["EventSourceArn"])
    )
    assert lands(stream["DestinationConfig"]["OnFailure"]["Destination"])
    failures = resources_of(TEMPLATE, "AWS::Lambda::EventInvokeConfig")
    for logical_id, function in FUNCTIONS.items():
        schedules = [one for one in function.get("Events", {}).values() if one["Type"] == "ScheduleV2"]
        assert all(lands(one["Properties"]["DeadLetterConfig"]["Arn"]) for one in schedules)
        if schedules:  # which start it asynchronously
            (config,) = (one for one in failures.values() if one["FunctionName"] == {"Ref": logical_id})
            assert config["Qualifier"] == TEMPLATE["Globals"]["Function"]["AutoPublishAlias"]
            assert lands(config["DestinationConfig"]["OnFailure"]["Destination"])


def test_every_call_goes_by_the_alias() -> None:
    mappings = resources_of(TEMPLATE, "AWS::Lambda::EventSourceMapping").values()
    authorizer = RESOURCES["Api"]["Properties"]["Auth"]["Authorizers"]["PartnerKey"]["FunctionArn"]

    assert all(mapping["FunctionName"]["Ref"].endswith("Function.Alias") for mapping in mappings)
    assert authorizer == {"Ref": "AuthorizerFunction.Alias"}


def test_bill_workers_may_be_as_many_as_the_queue_starts() -> None:
    reserved = FUNCTIONS["BillWorkerFunction"]["ReservedConcurrentExecutions"]["Fn::If"][1]
    mapping = RESOURCES["BillWorkerQueueMapping"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]

    assert reserved == mapping == {"Ref": "BillWorkerMaximumConcurrency"}


def test_every_route_is_throttled() -> None:
    settings = RESOURCES["Api"]["Properties"]["MethodSettings"]

    assert (settings[0]["HttpMethod"], settings[0]["ResourcePath"]) == ("*", "/*")
    assert all(one["ThrottlingRateLimit"] and one["ThrottlingBurstLimit"] for one in settings)


@every_function
def test_the_longest_provider_call_that_can_be_set_ends_before_its_function(logical_id: str) -> None:
    variables = variables_of(TEMPLATE, FUNCTIONS[logical_id])
    names = [variables[f"PINBILL_PROVIDER_{part}_TIMEOUT"]["Ref"] for part in ("CONNECT", "READ")
             if f"PINBILL_PROVIDER_{part}_TIMEOUT" in variables]  # fmt: skip

    assert sum(PARAMETERS[name]["MaxValue"] for name in names) + WRITE_SECONDS <= FUNCTIONS[logical_id]["Timeout"]


def holds(assertion: Any, given: dict[str, str]) -> bool:
    """Evaluate what the template's rules are made of."""
    match assertion:
        case {"Fn::Equals": [one, other]}:
            return bool(_text(one, given) == _text(other, given))
        case {"Fn::Not": [one]}:
            return not holds(one, given)
        case {"Fn::Contains": [values, one]}:
            return _text(one, given) in values
        case _:
            raise AssertionError(assertion)


def _text(value: Any, given: dict[str, str]) -> str:
    return given[value["Ref"]] if isinstance(value, dict) else str(value)


def environments() -> dict[str, dict[str, str]]:
    """The parameters of each environment of samconfig.toml, with the template's defaults."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    defaults = {name: str(parameter["Default"]) for name, parameter in PARAMETERS.items()}
    return {
        name: defaults | dict(one.split("=", 1) for one in config[name]["deploy"]["parameters"]["parameter_overrides"])
        for name in config
        if name != "version"
    }


@pytest.mark.parametrize("name", environments())
def test_an_environment_of_samconfig_breaks_no_rule_and_no_bound(name: str) -> None:
    given = environments()[name]

    for rule in TEMPLATE["Rules"].values():
        if holds(rule["RuleCondition"], given):
            assert all(holds(one["Assert"], given) for one in rule["Assertions"])
    for parameter, value in given.items():
        allowed = PARAMETERS[parameter].get("AllowedValues")
        assert allowed is None or value in map(str, allowed)
        assert re.fullmatch(PARAMETERS[parameter].get("AllowedPattern", ".*"), value)


@pytest.mark.parametrize("name", environments())
def test_an_environment_of_samconfig_may_do_what_the_template_needs(name: str) -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())

    assert config[name]["deploy"]["parameters"]["capabilities"] == "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"


def test_every_rule_names_the_parameter_that_breaks_it() -> None:
    for rule in TEMPLATE["Rules"].values():
        for assertion in rule["Assertions"]:
            named = assertion["AssertDescription"].partition(":")[0]
            assert parameters_in(assertion["Assert"]) == {named}
