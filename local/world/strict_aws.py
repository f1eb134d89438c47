"""Runs ministack with what it knows too little of: of IAM leading keys, encryption contexts and names of actions;
alarms; and, with PINBILL_EMULATOR, Lambda's runtime: its functions then run under the Runtime Interface Emulator.

Run by the interpreter of .venv-aws in place of `-m ministack`. What is decided is ministack's own: here it is only told
more of each request. With PINBILL_CALLS, every call that a role makes is written to that file, one JSON object a line:

    {"role": "…", "action": "dynamodb:GetItem", "resource": "…", "keys": ["P#acme#S#1"], "denied": false}

A transaction is asked as AWS may ask it at its strictest: each of its writes with the keys of all of them.

Of metrics it keeps those of Lambda's aliases and of API Gateway's stages, too, and of alarms those on metric math: what
they come to, alarms.py says.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

KEYS, CALLS = "dynamodb:LeadingKeys", "pinbill:calls"
CONTEXT = "kms:EncryptionContext:"
# SQS allows a batch by the action of its single call, and has none for it.
BATCH = re.compile(r"^(sqs:(?:SendMessage|DeleteMessage|ChangeMessageVisibility))Batch$")
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
LATEST, ALIAS = "$LATEST", "live"
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


def watch_more() -> None:
    """Let metrics and alarms hold what AWS would hold of the same template."""
    functions: Any = import_module("ministack.services.lambda_svc")
    gateway: Any = import_module("ministack.services.apigateway_v1")
    watch: Any = import_module("ministack.services.cloudwatch")
    provisioners: Any = import_module("ministack.services.cloudformation.provisioners")
    functions.invoke_async_with_retry = _failing_by_alias(functions.invoke_async_with_retry, functions._functions)
    functions._execute_function_dispatch = _counting_errors(functions._execute_function_dispatch, watch.record_metric)
    names = gateway._rest_apis.get_scoped
    gateway._handle_execute_in_scope = _counting_answers(gateway._handle_execute_in_scope, names, watch.record_metric)
    provisioners._cw_metric_alarm_record = _with_metric_math(provisioners._cw_metric_alarm_record)


def _failing_by_alias(start: Callable[..., None], functions: Any) -> Callable[..., None]:
    """Where failed runs are put stands at the alias, where it looks for it at $LATEST only."""

    def started(func: dict[str, Any], event: Any) -> None:
        configs = functions[func["config"]["FunctionName"]].get("event_invoke_configs", {})
        start(func | {"event_invoke_config": configs.get(ALIAS) or func.get("event_invoke_config")}, event)

    return started


def _counting_errors(dispatch: Callable[..., Any], record: Callable[..., None]) -> Callable[..., Any]:
    """Whoever calls: ministack itself counts only who waits for the answer, and of no version."""

    def counted(func: Any, config: dict[str, Any], *given: Any) -> Any:
        result = dispatch(func, config, *given)
        name, version = config["FunctionName"], config.get("Version", LATEST)
        dimensions = {"FunctionName": name, "Resource": name if version == LATEST else f"{name}:{ALIAS}"}
        record("AWS/Lambda", "Errors", 1 if result.get("error") else 0, "Count", dimensions)
        return result

    return counted


def _counting_answers(
    execute: Callable[..., Awaitable[Any]], api_of: Callable[..., Any], record: Callable[..., None]
) -> Callable[..., Awaitable[Any]]:
    async def counted(api_id: str, stage: str, *given: Any) -> Any:
        started = time.monotonic()
        answer = await execute(api_id, stage, *given)
        dimensions = {"ApiName": api_of(*given[-2:], api_id)["name"], "Stage": stage}
        record("AWS/ApiGateway", "5XXError", 1 if answer[0] >= 500 else 0, "Count", dimensions)
        record("AWS/ApiGateway", "Latency", 1000 * (time.monotonic() - started), "Milliseconds", dimensions)
        return answer

    return counted


def _with_metric_math(alarm_of: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """It refuses such alarms; kept as they stand, they are never evaluated by it."""

    def made(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        if not properties.get("Metrics"):
            return alarm_of(name, properties)
        stand_in = {"MetricName": "none", "Namespace": "none", "Metrics": None}
        alarm = alarm_of(name, properties | stand_in)
        for of_a_metric in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions"):
            del alarm[of_a_metric]
        return alarm | {"Metrics": _typed(properties["Metrics"])}

    return made


def _typed(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a template has as text and the API has as numbers and booleans."""
    for query in queries:
        query["ReturnData"] = str(query.get("ReturnData", True)).lower() == "true"
        if "MetricStat" in query:
            query["MetricStat"]["Period"] = int(query["MetricStat"]["Period"])
    return queries


def main() -> None:
    """Start ministack, which takes its settings from the environment."""
    tell_more(Calls(os.environ.get("PINBILL_CALLS")))
    watch_more()
    if tools := os.environ.get("PINBILL_EMULATOR"):
        # Of this process alone: a variable would put the repository into the reach of functions.
        sys.path.append(str(Path(__file__).resolve().parents[2]))
        executor, written = import_module("local.emulator.executor"), import_module("local.emulator.tools").Tools
        executor.take_over(written.read(tools))
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
