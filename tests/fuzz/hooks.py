"""What Schemathesis is told about this API: whom a well-formed request is about, and what no answer may be.

A well-formed request is about somebody who is there, mostly. One of a wrong form stays as it is, but for its number: no
other than those of the drama range is ever sent. The same request is always changed alike.
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import schemathesis
from requests.structures import CaseInsensitiveDict
from schemathesis import Case
from schemathesis.core import NotSet
from schemathesis.core.transport import Response

from contract.breaking import operations
from pinbill.domain.msisdn import E164
from tests.unit.contract.kept import contract, validator

_PEOPLE: Mapping[str, Any] = json.loads(Path(os.environ["PINBILL_FUZZ_POPULATION"]).read_text())
_REPORT = Path(os.environ["PINBILL_FUZZ_REPORT"])
_LOCK = threading.Lock()
_MADE: dict[str, int] = {}  # by case: what it was before it was about somebody
# What the providers did, or the operator; everything else from 500 on is ours.
NOT_OURS = frozenset(
    {"provider_unreachable", "provider_busy", "provider_unclear", "provider_refused", "billing_stopped"}
)
# What the desk's plan with rules wants of the first stage.
AGREED = {"text_version": "v7", "price": {"amount": "4.50", "currency": "GBP"}}
_FORMS = {
    operation["operationId"]: validator(operation["requestBody"]["content"]["application/json"]["schema"])
    for _, operation in operations(contract())
    if "requestBody" in operation
}


@schemathesis.hook
def before_call(context: Any, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Let a well-formed request be about somebody; what it is made of stays as it is, for other requests to use."""
    operation = case.operation.definition.raw["operationId"]
    path, headers = dict(case.path_parameters or {}), dict(case.headers or {})
    shown = {name: value for name, value in sorted(headers.items()) if name != "x-api-key"}
    body = None if isinstance(case.body, NotSet) else case.body
    draw = _Draw(f"{operation} {path} {case.query} {shown} {body!r}")
    _MADE[case.id] = draw.seed
    if "subscription_id" in path and draw.chance(7, 8):
        path["subscription_id"] = draw.one_of(_PEOPLE["subscriptions"][operation])
        case.path_parameters = path
    if isinstance(body, dict):
        good = _FORMS[operation].is_valid(body)
        case.body = _tailored(operation, dict(body), path, draw) if good else _numbered(dict(body), draw)
    if headers.get("Idempotency-Key") and draw.chance(1, 3):
        case.headers = CaseInsensitiveDict(headers | {"Idempotency-Key": f"key-{draw.one_of(range(20))}"})


@schemathesis.hook
def after_call(context: Any, case: Case[Any], response: Response) -> None:
    """Note what was answered."""
    line = {
        "operation": case.operation.label,
        "request": _MADE.pop(case.id, 0),
        "status": response.status_code,
        "code": _code(response),
    }
    with _LOCK, _REPORT.open("a") as report:
        report.write(json.dumps(line) + "\n")


@schemathesis.check
def no_failure_of_ours(context: Any, response: Response, case: Case[Any]) -> None:
    """The providers may fail, and are documented to. We may not."""
    if response.status_code >= 500:
        code = _code(response)
        assert code in NOT_OURS, f"{response.status_code} {code} is a failure of ours"


class _Draw:
    """Choices that follow from a text alone."""

    def __init__(self, text: str) -> None:
        self.seed = self._state = zlib.crc32(text.encode("utf-8", "surrogatepass"))

    def one_of[One](self, choices: Sequence[One]) -> One:
        self._state = zlib.crc32(self._state.to_bytes(4, "big"))
        return choices[self._state % len(choices)]

    def chance(self, of: int, out_of: int) -> bool:
        return self.one_of(range(out_of)) < of


def _tailored(operation: str, body: dict[str, Any], path: Mapping[str, Any], draw: _Draw) -> dict[str, Any]:
    match operation:
        case "subscribe":
            body = _numbered(body, draw) | {"plan": draw.one_of(_PEOPLE["plans"])}
            if draw.chance(3, 4):
                by_bank = body["plan"] in _PEOPLE["bank"]
                body["mandate"] = draw.one_of(_PEOPLE["mandates"]) if by_bank else None
                body["network"] = None if by_bank else _PEOPLE["network"]
                body["consent"] = draw.one_of([None, body.get("consent"), AGREED])
        case "confirm" if draw.chance(3, 4):
            pin = _PEOPLE["pins"].get(path["subscription_id"])
            body = {"pin": pin} if pin else {}
        case "charge" if draw.chance(3, 4):
            body |= {
                "amount": draw.one_of(["1.20", "4.50", "0.01", "120"]),
                "currency": draw.one_of(["GBP", "GBP", "INR"]),
            }
    if "user_ip" in body and body["user_ip"] is not None:
        body["user_ip"] = draw.one_of(["192.0.2.1", "198.51.100.7", "2001:db8::7"])
    return body


def _numbered(body: dict[str, Any], draw: _Draw) -> dict[str, Any]:
    number = body.get("msisdn")
    is_number = isinstance(number, str) and E164.fullmatch(number)
    return body | {"msisdn": draw.one_of(_PEOPLE["numbers"])} if is_number else body


def _code(response: Response) -> str:
    try:
        found = response.json()
    except ValueError:
        return ""
    return str(found.get("code", "")) if isinstance(found, dict) else ""
