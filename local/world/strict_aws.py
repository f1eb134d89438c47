"""Runs ministack with what it knows too little of IAM: leading keys, encryption contexts, and names of actions.

Run by the interpreter of .venv-aws in place of `-m ministack`. What is decided is ministack's own: here it is only told
more of each request. With PINBILL_CALLS, every call that a role makes is written to that file, one JSON object a line:

    {"role": "…", "action": "dynamodb:GetItem", "resource": "…", "keys": ["P#acme#S#1"], "denied": false}

A transaction is asked as AWS may ask it at its strictest: each of its writes with the keys of all of them.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

KEYS, CALLS = "dynamodb:LeadingKeys", "pinbill:calls"
CONTEXT = "kms:EncryptionContext:"
# SQS allows a batch by the action of its single call, and has none for it.
BATCH = re.compile(r"^(sqs:(?:SendMessage|DeleteMessage|ChangeMessageVisibility))Batch$")
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
# The partition keys of the table and of its indexes: what a Query names first.
FIRST_NAMES = re.compile(r"^\s*\(?\s*(#?\w+)\s*=\s*(:\w+)")

type Call = tuple[str, str, tuple[str, ...]]  # action, table, leading keys


def calls_of(body: bytes) -> Iterator[Call]:
    """Each row that a DynamoDB request asks for or writes, as the action by which IAM allows it."""
    asked = _document(body)
    for written in asked.get("TransactItems", ()):
        for name, part in written.items():
            yield f"dynamodb:{WRITES[name]}", part["TableName"], _keys([part.get("Key") or part.get("Item")])
    for table, part in asked.get("RequestItems", {}).items():
        yield "", table, _keys(part.get("Keys", ()))
    if "KeyConditionExpression" in asked:
        first = FIRST_NAMES.match(asked["KeyConditionExpression"])
        index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
        value = asked.get("ExpressionAttributeValues", {}).get(first[2]) if first else None
        yield "", asked["TableName"] + index, _keys([{"pk": value}])
    elif "Key" in asked or "Item" in asked:
        yield "", asked["TableName"], _keys([asked.get("Key") or asked.get("Item")])


def _keys(rows: Iterable[Any]) -> tuple[str, ...]:
    """Partition keys; none of what has none, which ministack then refuses by itself."""
    values = [row.get("pk") for row in rows if isinstance(row, dict)]
    return tuple(sorted({str(next(iter(value.values()))) for value in values if value}))


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Calls:
    """The file of calls, each of them once; None writes none."""

    def __init__(self, path: str | None) -> None:
        self._file = Path(path).open("a", buffering=1) if path else None  # noqa: SIM115 - open as long as the process
        self._lock = threading.Lock()
        self._seen: set[tuple[Any, ...]] = set()

    def note(self, role: str, action: str, resource: str, keys: tuple[str, ...], denied: bool) -> None:
        call = role, action, resource, keys, denied
        with self._lock:
            if self._file is None or call in self._seen:
                return
            self._seen.add(call)
            names = "role", "action", "resource", "keys", "denied"
            self._file.write(json.dumps(dict(zip(names, call, strict=True))) + "\n")


def tell_more(calls: Calls) -> None:
    """Put what a request says into what ministack decides by."""
    actions: Any = import_module("ministack.core.iam_actions")
    evaluator: Any = import_module("ministack.core.iam_evaluator")
    actions.extract_iam_action = _single_actions(actions.extract_iam_action)
    actions.dynamodb_service_context = _with_leading_keys(actions.dynamodb_service_context)
    actions.request_tag_context = _with_encryption_context(actions.request_tag_context)
    evaluator.enforce = _noting(evaluator.enforce, _roles(evaluator), calls)


def _single_actions(extract: Callable[..., str | None]) -> Callable[..., str | None]:
    def extracted(*given: Any) -> str | None:
        action = extract(*given)
        return BATCH.sub(r"\1", action) if action else action

    return extracted


def _with_leading_keys(context_of: Callable[[bytes], dict[str, Any]]) -> Callable[[bytes], dict[str, Any]]:
    def more(body: bytes) -> dict[str, Any]:
        calls = list(calls_of(body))
        keys = sorted({key for _, _, keys in calls for key in keys})
        named = [(action, resource) for action, resource, _ in calls]
        return context_of(body) | ({KEYS: keys} if keys else {}) | {CALLS: named}

    return more


def _with_encryption_context(context_of: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def more(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        found = context_of(service, action, body, params)
        if service == "kms":
            given = _document(body).get("EncryptionContext") or {}
            found |= {f"{CONTEXT}{name}": value for name, value in given.items()}
        return found

    return more


def _roles(evaluator: Any) -> Callable[[str], str | None]:
    """Whose an access key is; None for a user, who is an operator."""
    known: dict[str, str | None] = {}
    account = import_module("ministack.core.responses").get_account_id

    def role(access_key: str) -> str | None:
        if access_key not in known:
            principal = evaluator.resolve_principal(access_key, account())
            arn = getattr(principal, "arn", "")
            known[access_key] = arn.split("/")[1] if ":assumed-role/" in arn else None
        return known[access_key]

    return role


def _noting(enforce: Callable[..., Any], role_of: Callable[[str], str | None], calls: Calls) -> Callable[..., Any]:
    def enforced(
        access_key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        denied = enforce(access_key, action, service, region, resource_arn, service_context)
        role = role_of(access_key)
        if role:
            context = service_context or {}
            for name, resource in context.get(CALLS) or [("", resource_arn)]:
                calls.note(role, name or action, resource, tuple(context.get(KEYS, ())), denied is not None)
        return denied

    return enforced


def main() -> None:
    """Start ministack, which takes its settings from the environment."""
    tell_more(Calls(os.environ.get("PINBILL_CALLS")))
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
