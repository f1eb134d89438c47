"""What functions may do is said exactly: actions, resources, and which rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local.policies import PAGE, Call, Grant, grants, matches, page, statements_of
from pinbill.domain.catalog import RailName
from pinbill.domain.webhooks import Place
from pinbill.store import keys, webhook_keys
from tests.unit.project.template import load_template, resources_of, variables_of

TEMPLATE = load_template()
FUNCTIONS = resources_of(TEMPLATE, "AWS::Serverless::Function")
GRANTS = grants(TEMPLATE)
# Rows that only the operator writes: whose bill, for how much, by whose key.
THE_OPERATORS = [keys.partner("acme"), keys.plan("acme", "gold"), keys.api_key("k1"), keys.callback("hash")]
# What nobody but a partner's or a provider's request reaches.
REACHED_FROM_OUTSIDE = [name for name, function in FUNCTIONS.items() if "Api" in str(function.get("Events", {}))]
PUT = "dynamodb:PutItem"
every_function = pytest.mark.parametrize("logical_id", FUNCTIONS)


def of(logical_id: str) -> list[Grant]:
    return [grant for grant in GRANTS if grant.function == logical_id]


@every_function
def test_a_policy_names_its_actions_and_resources(logical_id: str) -> None:
    statements = statements_of(FUNCTIONS[logical_id])

    sids = [statement["Sid"] for statement in statements]
    assert len(set(sids)) == len(sids)
    for statement in statements:
        assert all("*" not in action and not action.endswith(":Scan") for action in statement["Action"])
        if statement["Effect"] == "Allow":
            assert "*" not in json.dumps(statement["Resource"])


@every_function
def test_a_function_writes_to_no_log_but_its_own(logical_id: str) -> None:
    function = FUNCTIONS[logical_id]
    (denial,) = (one for one in statements_of(function) if one["Effect"] == "Deny")
    folder = function["CodeUri"].rstrip("/").rpartition("/")[2]

    assert denial["Action"] == ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    assert denial["NotResource"]["Fn::Sub"].endswith(f":log-group:/${{AWS::StackName}}/{folder}*")


@every_function
def test_only_functions_that_call_providers_may_read_the_provider_secret(logical_id: str) -> None:
    actions = [action for grant in of(logical_id) for action in grant.actions]

    has_secret = "secretsmanager:GetSecretValue" in actions

    assert has_secret is ("PINBILL_PROVIDER_SECRET" in variables_of(TEMPLATE, FUNCTIONS[logical_id]))


@every_function
def test_only_functions_that_open_something_may_use_keys(logical_id: str) -> None:
    found = [grant for grant in of(logical_id) if "Key" in grant.resources]

    assert bool(found) is ("PINBILL_KMS_KEY" in variables_of(TEMPLATE, FUNCTIONS[logical_id]))
    for grant in found:
        makes = logical_id == "PinRequestFunction"
        assert grant.actions == ("kms:Decrypt", *(["kms:GenerateDataKey"] if makes else []))
        assert grant.condition == "for wrapping keys"


def test_only_the_function_that_serves_the_contract_may_touch_nothing() -> None:
    assert [name for name in FUNCTIONS if not of(name)] == ["ContractFunction"]


@every_function
@pytest.mark.parametrize("row", THE_OPERATORS, ids=lambda row: row["pk"])
def test_no_function_can_write_what_only_the_operator_writes(logical_id: str, row: dict[str, str]) -> None:
    for action in ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"):
        call = Call(logical_id, action, "Table", (row["pk"],), denied=False)

        assert not any(grant.allows(call) for grant in GRANTS)


@pytest.mark.parametrize("logical_id", REACHED_FROM_OUTSIDE)
def test_no_request_can_let_billing_go_on_or_stop_it(logical_id: str) -> None:
    for pk in (keys.STOPS, keys.bookings(RailName.INFOMEDIA)["pk"], keys.clock()["pk"]):
        call = Call(logical_id, "dynamodb:PutItem", "Table", (pk,), denied=False)

        assert not any(grant.allows(call) for grant in GRANTS)


@every_function
def test_no_function_moves_the_test_clock(logical_id: str) -> None:
    call = Call(logical_id, "dynamodb:PutItem", "Table", (keys.clock()["pk"],), denied=False)

    assert not any(grant.allows(call) for grant in GRANTS)


def test_the_test_clock_is_in_policies_of_test_stages_only() -> None:
    def stages(value: Any) -> None:
        """Every mention stands inside the condition."""
        match value:
            case {"Fn::If": ["HasTestClock", _, {"Ref": "AWS::NoValue"}]}:
                return
            case dict():
                for one in value.values():
                    stages(one)
            case list():
                for one in value:
                    stages(one)
            case str():
                assert value != "CLOCK"

    stages([function.get("Policies") for function in FUNCTIONS.values()])


def test_only_the_webhook_functions_write_of_webhooks_and_of_nothing_else() -> None:
    place = Place("acme", "e1", 1)
    rows = [
        webhook_keys.endpoint("acme", "e1"),
        webhook_keys.behind(place),
        webhook_keys.backlog(place, "S1", is_replay=False),
    ]
    rows.append(webhook_keys.logged("acme", "e1", datetime(2026, 11, 1, tzinfo=UTC), "w"))

    for row in rows:
        call = (row["pk"],)
        writers = {grant.function for grant in GRANTS if grant.allows(Call(grant.function, PUT, "Table", call, False))}
        assert writers == {"WebhookFeedFunction", "WebhookRetryFunction"}
    bill = (keys.subscription("acme", "S1")["pk"],)
    for function in ("WebhookFeedFunction", "WebhookRetryFunction"):
        assert not any(grant.allows(Call(function, PUT, "Table", bill, denied=False)) for grant in GRANTS)


@pytest.mark.parametrize(
    ("text", "pattern", "fits"),
    [
        ("P#acme#S#1", "P#*#S#*", True),
        ("P#acme", "P#*#S#*", False),
        ("STOPS", "STOPS", True),
        ("STOPS2", "STOPS", False),
        ("P.acme", "P#*", False),
    ],
)
def test_a_pattern_is_read_as_iam_reads_it(text: str, pattern: str, fits: bool) -> None:
    assert matches(text, pattern) is fits


def test_a_grant_allows_a_call_only_if_every_key_fits() -> None:
    grant = Grant("F", "S", ("dynamodb:PutItem",), ("Table",), ("P#*#S#*", "P#*#N#*"))
    call = Call("F", "dynamodb:PutItem", "Table", ("P#a#S#1", "P#a#N#1"), denied=False)

    assert grant.allows(call)
    assert not grant.allows(Call("F", "dynamodb:PutItem", "Table", ("P#a#S#1", "STOPS"), denied=False))
    assert list(grant.unused([call])) == []
    assert list(grant.unused([])) == ["F S: dynamodb:PutItem", "F S: Table", "F S: P#*#S#*", "F S: P#*#N#*"]


def test_the_page_has_the_policies_as_they_are() -> None:
    assert PAGE.read_text() == page()


def test_every_transaction_of_a_subscription_fits_one_statement() -> None:
    """Should AWS hold each of its rows to the keys of all of them."""
    rows = [
        keys.subscription("acme", "S1"),
        keys.entry("acme", "S1", 1),
        keys.number("acme", "f", "gold"),
        keys.mandate("acme", "f"),
    ]
    together = tuple(row["pk"] for row in rows)
    enders = {"PinRequestFunction", "PinConfirmFunction", "CancelFunction", "CallbackFunction", "BillWorkerFunction"}

    for logical_id in enders:
        for action in ("dynamodb:PutItem", "dynamodb:DeleteItem"):
            call = Call(logical_id, action, "Table", together, denied=False)
            assert any(grant.allows(call) for grant in GRANTS)
    made = Call("PinRequestFunction", "dynamodb:PutItem", "KeyTable", together, denied=False)
    assert any(grant.allows(made) for grant in GRANTS)
