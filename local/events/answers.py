"""What a function answered, in one line: the same line however often the same thing happens."""

from __future__ import annotations

import json
from typing import Any


def brief(payload: Any) -> str:
    """A function's whole answer as its status and what it says: without ids, times and amounts."""
    match payload:
        case {"statusCode": int(status), "body": str(body)} if body.startswith("<!doctype html>"):
            return f"{status} a page"
        case {"statusCode": int(status), "body": str(body)}:
            return f"{status} {_said(json.loads(body))}"
        case {"batchItemFailures": list(failures)}:
            return f"given back: {len(failures)}" if failures else "nothing given back"
        case {"changes": int(changes), "delivered": int(), "parked": int()}:
            return f"changes told: {changes}"
        case {"redelivered": int(), "failed": int()}:
            return "retries done"
        case {"subscriptions": int(), "groups": int()}:
            return "handed out"
        case {"principalId": str(partner), "policyDocument": {"Statement": [{"Effect": "Allow"}]}}:
            return f"allowed as {partner}"
        case {"policyDocument": {"Statement": [{"Effect": "Deny"}]}}:
            return "denied"
        case {"errorMessage": str(message)}:
            return f"error {message}"
        case _:
            return f"unreadable: {json.dumps(payload)[:200]}"


def _said(body: dict[str, Any]) -> str:
    match body:
        case {"code": str(code)}:
            return code
        case {"subscription": dict(subscription)}:
            return ", ".join([_state(subscription), *_attempt("bill", body.get("bill"))])
        case {"charge": dict(charge)}:
            return f"charge {charge['state']}"
        case {"bills": list(bills)}:
            return "bills: " + ", ".join(f"{bill['attempt']['kind']} {bill['attempt']['state']}" for bill in bills)
        case {"stages": list(stages)}:
            return "consent: " + ", ".join(stage["stage"] for stage in stages)
        case {"plans": list()}:
            return "plans"
        case {"openapi": str(version)}:
            return f"OpenAPI {version}"
        case {"status": str(status)}:
            return status
        case _:
            return f"unreadable: {', '.join(sorted(body))}"


def _state(subscription: dict[str, Any]) -> str:
    """A first bill that is open is told as the bill."""
    state = str(subscription["state"])
    if subscription["cancel_at"] and not subscription["ended_at"]:
        state += ", ends later"
    if subscription["ended_at"]:
        state = ", ".join([state, *_attempt("attempt", subscription["open_attempt"])])
    return state


def _attempt(what: str, attempt: dict[str, Any] | None) -> list[str]:
    return [f"{what} {attempt['state']}"] if attempt else []
