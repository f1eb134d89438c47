"""Holds every answer that an end-to-end test gets to the contract: its status, its form, and nothing beside it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
import requests

from contract.breaking import operations
from contract.schema_changes import resolved
from tests.unit.contract.kept import contract, validator


def assert_documented(method: str, path: str, answer: requests.Response) -> None:
    """Of a path that the contract does not have, such as a provider's, nothing is asked."""
    found = _operation(method, path.partition("?")[0])
    if found is None:
        return
    label, operation = found
    where = f"{label} {answer.status_code}"
    response = resolved(contract(), operation["responses"].get(str(answer.status_code), {}))
    assert response, f"{where} is not in the contract: {answer.text[:300]}"
    for name, header in response["headers"].items():
        required = resolved(contract(), header)["required"]
        assert name in answer.headers or not required, f"{where} has no {name}"
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind in response["content"], f"{where} is {kind}"
    if kind.endswith("json"):
        schema = response["content"][kind]["schema"]
        wrong = [
            f"{one.message} at {one.instance_path}" for one in _validator(json.dumps(schema)).iter_errors(answer.json())
        ]
        assert not wrong, f"{where}: {wrong[0]}"


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return validator(json.loads(schema), strict=True)


@cache
def _paths() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    """Every operation with the form of its path."""
    return [
        (label, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(label))), dict(operation))
        for label, operation in operations(contract())
    ]


def _operation(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    return next(((label, one) for label, form, one in _paths() if form.fullmatch(f"{method} {path}")), None)
