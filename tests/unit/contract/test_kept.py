"""The kept contract is the one that the code makes, a valid OpenAPI document, and shows nothing that it must not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from schemathesis.specs.openapi import definitions

from contract import examples
from contract.breaking import operations
from contract.places import CLIENT_MODELS, COMMAND, KEPT, PAGE, SERVED
from contract.schema_changes import resolved
from local.template import api_routes_of, folder_of, load_template, resources_of
from pinbill.entrypoints.correlation import HEADER, is_fit
from pinbill.entrypoints.problems import CONTENT_TYPE, FORMS, TITLES, Problem
from pinbill.entrypoints.routes import ROUTES
from tests.unit.contract.kept import contract, made, responses, validator

OPERATIONS = dict(operations(contract()))
ANSWERS = list(responses())
FUNCTIONS = resources_of(load_template(), "AWS::Serverless::Function").values()
every_operation = pytest.mark.parametrize("label", OPERATIONS)
every_answer = pytest.mark.parametrize(
    ("label", "status", "response"), ANSWERS, ids=[f"{label} {status}" for label, status, _ in ANSWERS]
)


@pytest.mark.parametrize(
    "path", [KEPT, SERVED, PAGE, CLIENT_MODELS], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_what_is_kept_is_what_the_code_makes(path: Path) -> None:
    assert path.read_text() == made()[str(path)], f"{path.name} is not what the code makes: run {COMMAND}"


def test_the_served_contract_is_the_kept_one() -> None:
    assert json.loads(SERVED.read_text()) == contract()


def test_the_contract_is_an_openapi_document() -> None:
    errors = [error.message for error in definitions.OPENAPI_31_VALIDATOR.iter_errors(contract())]

    assert contract()["openapi"] == "3.1.0"
    assert errors == []


def test_every_reference_leads_somewhere() -> None:
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(contract())))

    assert references
    for reference in references:
        assert resolved(contract(), {"$ref": reference})


def test_it_has_the_partners_and_the_public_routes_and_not_the_providers() -> None:
    by_template = {
        f"{route['Method']} {route['Path']}"
        for function in FUNCTIONS
        for route in api_routes_of(function)
        if folder_of(function) != "callback"
    }

    assert set(OPERATIONS) == by_template
    assert "callback" not in json.dumps(contract())


def test_a_route_without_an_authorizer_needs_no_key_and_every_other_does() -> None:
    public = {
        f"{route['Method']} {route['Path']}"
        for function in FUNCTIONS
        for route in api_routes_of(function)
        if route.get("Auth") == {"Authorizer": "NONE"} and folder_of(function) != "callback"
    }

    assert {label for label, operation in OPERATIONS.items() if not operation["security"]} == public
    assert contract()["components"]["securitySchemes"]["PartnerKey"]["name"] == "x-api-key"


@pytest.mark.parametrize("route", sorted(ROUTES), ids=" ".join)
def test_the_scope_of_an_operation_is_the_one_that_is_asked_for(route: tuple[str, str]) -> None:
    assert OPERATIONS[" ".join(route)]["security"] == [{"PartnerKey": [ROUTES[route].scope.value]}]


@every_operation
def test_an_operation_says_what_it_is_for(label: str) -> None:
    operation = OPERATIONS[label]

    assert re.fullmatch(r"[a-z_]+", operation["operationId"])
    assert 10 < len(operation["summary"]) < 80
    assert operation["summary"].endswith(".")


def test_no_two_operations_have_one_name() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]

    assert len(set(names)) == len(names)


@every_operation
def test_a_request_may_carry_a_correlation_id_and_is_shown(label: str) -> None:
    parameters = {one["name"]: one for one in (resolved(contract(), one) for one in OPERATIONS[label]["parameters"])}

    assert parameters[HEADER]["required"] is False
    assert is_fit(parameters[HEADER]["example"])
    for parameter in parameters.values():
        if "example" in parameter:
            assert validator(dict(parameter["schema"])).is_valid(parameter["example"])


@pytest.mark.parametrize("label", [label for label, operation in OPERATIONS.items() if "requestBody" in operation])
def test_a_body_is_shown_and_is_one_that_can_be_sent(label: str) -> None:
    body = OPERATIONS[label]["requestBody"]
    media = body["content"]["application/json"]
    schema = resolved(contract(), media["schema"])

    assert media["examples"]
    assert body["required"] is bool(schema.get("required"))
    assert schema["additionalProperties"] is False
    for example in media["examples"].values():
        validator(media["schema"]).validate(example["value"])


@every_answer
def test_an_answer_is_shown_and_its_examples_are_of_its_form(label: str, status: str, response: dict[str, Any]) -> None:
    assert response["description"]
    assert next(iter(response["headers"])) == HEADER
    for media in response["content"].values():
        assert media["examples"]
        for example in media["examples"].values():
            validator(media["schema"], strict=True).validate(resolved(contract(), example)["value"])


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_status_that_could_be_missed_is_there(label: str) -> None:
    """What API Gateway and the resolver answer on any route."""
    statuses = set(OPERATIONS[label]["responses"])

    assert {"400", "429", "500", "504"} <= statuses
    assert not OPERATIONS[label]["security"] or {"401", "403", "503"} <= statuses
    assert "requestBody" not in OPERATIONS[label] or {"413", "415"} <= statuses


@pytest.mark.parametrize(
    ("label", "status", "response"), [answer for answer in ANSWERS if answer[1] >= "400"], ids=lambda one: str(one)[:60]
)
def test_a_problem_has_its_status_its_title_and_its_codes(label: str, status: str, response: dict[str, Any]) -> None:
    [(kind, media)] = response["content"].items()

    assert kind == CONTENT_TYPE
    assert ("Retry-After" in response["headers"]) is (status in ("429", "503"))
    codes = {
        code
        for schema in media["schema"].get("anyOf", [media["schema"]])
        for code in schema["properties"]["code"]["x-extensible-enum"]
    }
    assert set(media["examples"]) == codes
    for code, example in media["examples"].items():
        problem = resolved(contract(), example)["value"]
        assert (problem["code"], str(problem["status"])) == (code, status)
        assert (problem["title"], problem["type"]) == (TITLES[int(status)], f"urn:pinbill:problem:{code}")
        assert set(problem) == set(FORMS.get(code, Problem).model_fields)


@pytest.mark.parametrize(("name", "status"), sorted(examples.ANSWERS))
def test_every_example_is_of_an_answer_that_there_is(name: str, status: int) -> None:
    [operation] = [one for one in OPERATIONS.values() if one["operationId"] == name]

    assert str(status) in operation["responses"]


def test_every_number_in_it_is_of_the_drama_range() -> None:
    digits = [run for text in texts_in(contract()) for run in re.findall(r"[0-9]{7,}", text)]

    assert digits
    assert all(re.fullmatch(r"447700900[0-9]{3}", run) for run in digits)


def test_it_names_no_place_and_nothing_of_pydantic() -> None:
    text = json.dumps(contract())

    assert not re.search(r"https?://", text)
    assert "HTTPValidationError" not in text
    assert '"title": "Id"' not in text


def texts_in(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for part in value.values():
                yield from texts_in(part)
        case list():
            for part in value:
                yield from texts_in(part)
        case str():
            yield value
