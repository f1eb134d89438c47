"""What breaks a client is found, by its place; what does not is let pass."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from contract import __main__ as command
from contract.breaking import breaking
from contract.places import KEPT, RELEASED
from tests.unit.contract.kept import contract

type Change = Callable[[dict[str, Any]], None]
SUBSCRIBE, CHARGES = "/v1/subscriptions", "/v1/subscriptions/{subscription_id}/charges"
BILLS, DOCS = "/v1/subscriptions/{subscription_id}/bills", "/v1/docs"


def operation(document: dict[str, Any], path: str = SUBSCRIBE, verb: str = "post") -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][verb]
    return found


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def put(target: Callable[[dict[str, Any]], Any], key: str, value: Any) -> Change:
    return lambda document: target(document).__setitem__(key, value)


def drop(target: Callable[[dict[str, Any]], Any], key: str) -> Change:
    return lambda document: target(document).pop(key)


def inside(name: str, field: str) -> Callable[[dict[str, Any]], Any]:
    return lambda document: schema(document, name)["properties"][field]


def properties(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda document: schema(document, name)["properties"]


def required(name: str, *fields: str) -> Change:
    return lambda document: schema(document, name).__setitem__("required", list(fields))


def without_required(name: str, field: str) -> Change:
    return lambda document: schema(document, name)["required"].remove(field)


def query(document: dict[str, Any]) -> dict[str, Any]:
    parameters = operation(document, BILLS, "get")["parameters"]
    return next(one["schema"] for one in parameters if one.get("name") == "limit")


BREAKS: dict[str, tuple[Change, str]] = {
    "an operation": (drop(lambda d: d["paths"], CHARGES), f"POST {CHARGES}: the operation is gone"),
    "a verb": (lambda d: d["paths"][CHARGES].update(put=d["paths"][CHARGES].pop("post")), "the operation is gone"),
    "its name": (put(operation, "operationId", "enrol"), "is called enrol and not subscribe any more"),
    "a key": (put(lambda d: operation(d, DOCS, "get"), "security", [{"PartnerKey": []}]), "needs a key now"),
    "a scope": (put(operation, "security", [{"PartnerKey": ["all"]}]), "needs the scope all now"),
    "a parameter": (
        lambda d: operation(d, BILLS, "get")["parameters"].pop(2),
        "takes no cursor in its query any more",
    ),
    "a needed parameter": (
        lambda d: d["components"]["parameters"]["Idempotency-Key"].update(required=True),
        "needs Idempotency-Key in its header now",
    ),
    "a smaller maximum": (put(query, "maximum", 50), "maximum is 50 and not 100 any more"),
    "a larger minimum": (put(query, "minimum", 2), "minimum is 2 and not 1 any more"),
    "another default": (put(query, "default", 10), "stands for 10 and not for 50 where it is left out"),
    "a needed body": (
        put(lambda d: operation(d, "/v1/subscriptions/{subscription_id}/cancel")["requestBody"], "required", True),
        "needs a body now",
    ),
    "a taken field": (drop(properties("SubscribeBody"), "mandate"), "body.mandate: is not taken"),
    "a needed field": (required("SubscribeBody", "plan", "msisdn", "network"), "body.network: must be sent now"),
    "a new needed field": (
        lambda d: (
            put(properties("ChargeBody"), "tax", {"type": "string"})(d),
            schema(d, "ChargeBody")["required"].append("tax"),
        )[0],
        "body.tax: must be sent now",
    ),
    "a type that was taken": (put(inside("ConfirmBody", "pin"), "type", "string"), "body.pin: takes no null any more"),
    "a value that was taken": (put(inside("CancelBody", "when"), "enum", ["now"]), "takes no period_end any more"),
    "a form that was taken": (
        put(inside("NetworkBody", "mnc"), "pattern", "^[0-9]{2}$"),
        "body.network.mnc: its pattern",
    ),
    "a length": (put(inside("ChargeBody", "description"), "maxLength", 5), "maxLength is 5 and not open any more"),
    "a field inside another": (drop(properties("NetworkBody"), "mnc"), "body.network.mnc: is not taken"),
    "a success": (drop(lambda d: operation(d)["responses"], "202"), "does not answer 202 any more"),
    "a further success": (
        lambda d: operation(d)["responses"].__setitem__("204", operation(d)["responses"]["202"]),
        "may answer 204 now",
    ),
    "a media type": (
        lambda d: operation(d)["responses"]["201"].__setitem__("content", {}),
        "201: is no application/json any more",
    ),
    "a header": (
        lambda d: operation(d)["responses"]["201"].__setitem__("headers", {}),
        "has no header X-Correlation-Id",
    ),
    "an answered field": (drop(properties("Subscription"), "access"), "201.subscription.access: is gone"),
    "a field that is always there": (without_required("Money", "currency"), "currency: may be missing now"),
    "null in an answer": (put(inside("Plan", "name"), "type", ["string", "null"]), "plans[].name: may be null now"),
    "another type in an answer": (put(inside("Plan", "count"), "type", "string"), "count: may be string now"),
    "a value of a closed set": (
        lambda d: schema(d, "SubscriptionState")["enum"].append("frozen"),
        "state: may be frozen now, and its values were a closed set",
    ),
    "a form in an answer": (drop(inside("Bill", "at"), "format"), "bills[].at: its form is None and not date-time"),
    "an object that may be null": (
        put(properties("Subscription"), "price", {"anyOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]}),
        "subscription.price: may be null now",
    ),
    "a problem's status": (
        put(lambda d: d["components"]["examples"]["pin_wrong"]["value"], "status", 400),
        "problem pin_wrong: its status is 400 and not 422 any more",
    ),
    "what a problem says of a repeat": (
        put(lambda d: d["components"]["examples"]["provider_busy"]["value"], "retryable", False),
        "problem provider_busy: its retryable is False and not True any more",
    ),
    "a problem's member": (
        drop(lambda d: d["components"]["examples"]["subscription_exists"]["value"], "subscription_id"),
        "problem subscription_exists: has no subscription_id any more",
    ),
}
KEEPS: dict[str, Change] = {
    "nothing": lambda d: None,
    "a new operation": lambda d: d["paths"].__setitem__("/v1/new", copy.deepcopy(d["paths"]["/v1/plans"])),
    "words": put(operation, "summary", "Enrol a number."),
    "a field that may be sent": put(properties("ChargeBody"), "note", {"type": "string"}),
    "a field that need not be sent any more": required("SubscribeBody", "msisdn"),
    "a further value that is taken": put(inside("CancelBody", "when"), "enum", ["now", "period_end", "tomorrow"]),
    "a further currency": lambda d: inside("ChargeBody", "currency")(d)["enum"].append("SEK"),
    "a larger maximum": put(query, "maximum", 200),
    "a body that may be left out": put(lambda d: operation(d)["requestBody"], "required", False),
    "a further member of an answer": put(properties("Plan"), "colour", {"type": "string"}),
    "null that is never answered any more": put(inside("Attempt", "meaning"), "type", "string"),
    "a value that is never answered any more": lambda d: schema(d, "SubscriptionState")["enum"].remove("ended"),
    "a further value of an open set": lambda d: inside("Attempt", "kind")(d)["x-extensible-enum"].append("gift"),
    "a problem that does not happen any more": lambda d: operation(d)["responses"].pop("422"),
    "a further problem": lambda d: operation(d, BILLS, "get")["responses"].__setitem__(
        "409", operation(d)["responses"]["409"]
    ),
    "a key that is needed no more": put(operation, "security", []),
}


def changed(change: Change) -> dict[str, Any]:
    document = copy.deepcopy(contract())
    change(document)
    assert document != contract() or change is KEEPS["nothing"]
    return document


@pytest.mark.parametrize("what", BREAKS)
def test_what_breaks_a_client_is_named(what: str) -> None:
    change, expected = BREAKS[what]

    found = breaking(contract(), changed(change))

    assert any(expected in line for line in found), found


@pytest.mark.parametrize("what", KEEPS)
def test_what_breaks_no_client_is_let_pass(what: str) -> None:
    assert breaking(contract(), changed(KEEPS[what])) == []


def test_the_contract_breaks_nothing_that_was_released() -> None:
    broken = breaking(json.loads(RELEASED.read_text()), json.loads(KEPT.read_text()))

    assert broken == [], "this breaks clients of the released contract; docs/api.md says what to do: " + "; ".join(
        broken
    )


class Folder:
    """The places of the command, in a folder of a test."""

    def __init__(self, path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kept, self.released = path / "openapi.json", path / "released.json"
        monkeypatch.setattr(command, "KEPT", self.kept)
        monkeypatch.setattr(command, "RELEASED", self.released)

    def holds(self, version: str, change: Change = KEEPS["nothing"]) -> None:
        document = changed(change)
        document["info"]["version"] = version
        self.kept.write_text(json.dumps(document))


@pytest.fixture
def folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)


def test_a_release_keeps_the_contract_and_the_check_compares_with_it(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.holds("1.0.0")

    assert command.main(["release"]) == 0
    assert command.main(["check"]) == 0
    folder.holds("1.1.0", BREAKS["an operation"][0])

    assert command.main(["check"]) == 1
    assert "the operation is gone" in capsys.readouterr().out


def test_a_changed_contract_is_not_released_under_the_same_version(folder: Folder) -> None:
    folder.holds("1.0.0")
    assert command.main(["release"]) == 0
    folder.holds("1.0.0", KEEPS["words"])

    assert command.main(["release"]) == 1

    folder.holds("1.0.1", KEEPS["words"])
    assert command.main(["release"]) == 0


def test_from_the_first_full_version_on_nothing_that_breaks_is_released(folder: Folder) -> None:
    folder.holds("0.1.0")
    assert command.main(["release"]) == 0
    folder.holds("1.0.0", BREAKS["a needed field"][0])
    assert command.main(["release"]) == 0
    folder.holds("1.1.0", BREAKS["an operation"][0])

    assert command.main(["release"]) == 1


def test_an_unknown_command_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["publish"]) == 2
    assert "write|check|release" in capsys.readouterr().err
