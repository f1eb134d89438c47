"""events/: every operation has files, every file has an expected answer, and each is what its function is sent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local.events.expected import EXPECTED
from local.events.fixtures import FIXTURES
from local.events.prepare import CALLBACK_TOKENS, PARTNER_KEY
from local.events.sam_invoke import function_of
from local.events.workbench import PARTNER, PIN
from pinbill.domain.partners import ALL_SCOPES
from pinbill.entrypoints.callers import caller_in, context_of
from pinbill.store.keys import SUBSCRIPTION_ID
from tests.unit.project.template import ROOT, folder_of, load_template, resources_of

FILES = {path.stem: path for path in sorted((ROOT / "events").iterdir())}
EVENTS: dict[str, dict[str, Any]] = {name: json.loads(path.read_text()) for name, path in FILES.items()}
HTTP = [name for name, event in EVENTS.items() if "body" in event]
BY_PARTNER = [name for name in HTTP if not name.startswith(("callback.", "contract."))]
FUNCTIONS = resources_of(load_template(), "AWS::Serverless::Function")
NOBODYS = "evtnobodys"  # an id that no fixture has
GUESS = "a-guess"
DRAMA = re.compile(r"447700900[0-9]{3}")
every_event = pytest.mark.parametrize("name", EVENTS)
every_http_event = pytest.mark.parametrize("name", HTTP)


def operation_of(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def strings_in(value: Any) -> list[str]:
    match value:
        case dict():
            return [text for part in value.items() for text in strings_in(list(part))]
        case list():
            return [text for part in value for text in strings_in(part)]
        case str():
            return [value]
        case _:
            return []


def test_a_file_is_named_after_its_operation_and_case() -> None:
    operations = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}

    assert all(path.suffix == ".json" for path in FILES.values())
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", name) for name in FILES)
    assert {operation_of(name) for name in FILES} == operations


def test_every_file_has_an_expected_answer_and_the_other_way_round() -> None:
    assert set(EXPECTED) == set(FILES)
    assert set(FIXTURES) <= set(FILES)


@every_event
def test_an_event_goes_to_the_function_of_its_operation(name: str) -> None:
    assert folder_of(FUNCTIONS[function_of(name)]) == operation_of(name)


@every_http_event
def test_a_request_is_one_of_its_functions_routes(name: str) -> None:
    event = EVENTS[name]
    routes = [route["Properties"] for route in FUNCTIONS[function_of(name)]["Events"].values()]

    path = event["resource"]
    for parameter, value in (event["pathParameters"] or {}).items():
        path = path.replace(f"{{{parameter}}}", value)

    assert (event["httpMethod"], event["resource"]) in {(route["Method"], route["Path"]) for route in routes}
    assert event["path"] == path


@every_http_event
def test_a_request_has_the_form_in_which_api_gateway_sends_it(name: str) -> None:
    event = EVENTS[name]

    assert list(event) == [
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "requestContext",
        "body",
        "isBase64Encoded",
    ]
    assert event["multiValueHeaders"] == {header: [value] for header, value in event["headers"].items()}
    query = event["queryStringParameters"]
    assert event["multiValueQueryStringParameters"] == (query and {key: [value] for key, value in query.items()})
    assert event["body"] is None or isinstance(event["body"], str)


@pytest.mark.parametrize("name", [name for name in HTTP if EVENTS[name]["body"]])
def test_only_the_malformed_body_is_no_json(name: str) -> None:
    try:
        json.loads(EVENTS[name]["body"])
        readable = True
    except ValueError:
        readable = False

    assert readable is (name != "pin_request.malformed_json")


@every_http_event
def test_a_partners_request_carries_the_partner_and_a_providers_none(name: str) -> None:
    event = EVENTS[name]

    if name not in BY_PARTNER:
        assert "authorizer" not in event["requestContext"]
        return
    caller = caller_in(event)
    assert event["requestContext"]["authorizer"] == context_of(caller)
    assert (caller.partner, caller.key_id, caller.scopes) == (PARTNER, PARTNER_KEY.id, ALL_SCOPES)


@pytest.mark.parametrize("name", FIXTURES)
def test_an_event_names_what_is_prepared_for_it(name: str) -> None:
    fixture, text = FIXTURES[name], json.dumps(EVENTS[name])

    named = [fixture.id, fixture.msisdn.removeprefix("+"), str(fixture.mandate)]

    # What the dispatcher hands out is in the table, not in its event.
    assert operation_of(name) == "recurring_bill" or any(each in text for each in named)
    assert fixture.msisdn in text or "+447700900" not in text


@pytest.mark.parametrize("name", [name for name in BY_PARTNER if EVENTS[name]["pathParameters"]])
def test_an_id_in_a_path_is_the_prepared_one_or_nobodys(name: str) -> None:
    fixture = FIXTURES.get(name)

    assert EVENTS[name]["pathParameters"] == {"subscription_id": fixture.id if fixture else NOBODYS}


def test_no_two_fixtures_share_an_id_a_number_or_a_mandate() -> None:
    fixtures = set(FIXTURES.values())
    mandates = [fixture.mandate for fixture in fixtures if fixture.mandate]

    assert all(SUBSCRIPTION_ID.fullmatch(fixture.id) for fixture in fixtures)
    assert NOBODYS not in {fixture.id for fixture in fixtures}
    assert len({fixture.id for fixture in fixtures}) == len(fixtures)
    assert len({fixture.msisdn for fixture in fixtures}) == len(fixtures)
    assert len(set(mandates)) == len(mandates)


@pytest.mark.parametrize("mode", ["run", "sweep"])
def test_the_dispatchers_events_are_what_the_schedules_send(mode: str) -> None:
    schedules = FUNCTIONS["RecurringBillFunction"]["Events"]

    sent = [json.loads(schedule["Properties"]["Input"]) for schedule in schedules.values()]

    assert EVENTS[f"recurring_bill.{mode}"] in sent


@every_event
def test_every_number_in_an_event_is_of_the_drama_range(name: str) -> None:
    digits = [run for text in strings_in(EVENTS[name]) for run in re.findall(r"[0-9]{10,}", text)]

    assert all(DRAMA.fullmatch(run) for run in digits if set(run) != {"0"})


@every_event
def test_what_opens_something_is_known_to_open_the_local_world_only(name: str) -> None:
    event = EVENTS[name]
    headers = {header.lower(): value for header, value in event.get("headers", {}).items()}
    body = event.get("body") or ""
    pins = re.findall(r'"pin": "([0-9]+)"', body)

    assert set(headers) <= {"content-type", "idempotency-key", "x-api-key"}
    assert headers.get("x-api-key") in (None, PARTNER_KEY.text, "not-a-key")
    assert (event.get("pathParameters") or {}).get("token") in (None, GUESS, *CALLBACK_TOKENS.values())
    assert set(pins) <= ({"135791"} if name == "pin_confirm.wrong_pin" else {PIN})
