"""The contract made anew once for all tests, and questions to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from contract.__main__ import files
from contract.breaking import operations
from contract.places import KEPT
from contract.schema_changes import resolved

type Part = dict[str, Any]


@cache
def made() -> dict[str, str]:
    """What the kept files should hold, by their paths."""
    return {str(path): text for path, text in files().items()}


@cache
def contract() -> Part:
    """The contract as it is kept; another test holds it to the code."""
    found: Part = json.loads(KEPT.read_text())
    return found


def responses() -> Iterator[tuple[str, str, Part]]:
    """Every answer: its operation, its status and itself."""
    for label, operation in operations(contract()):
        for status, response in operation["responses"].items():
            yield label, status, dict(resolved(contract(), response))


def validator(schema: Part, *, strict: bool = False) -> jsonschema_rs.Draft202012Validator:
    """Of one schema of the contract; when strict, also what a client must be able to meet is refused."""
    document = {"components": contract()["components"]}
    whole = {**document, **(closed(schema) if strict else schema)}
    if strict:
        whole["components"] = {"schemas": closed(document["components"]["schemas"])}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def closed(schema: Any) -> Any:
    """The same schemas with nothing left open: only the values and members that are named."""
    match schema:
        case {"x-extensible-enum": list(values)}:
            rest = {key: closed(one) for key, one in schema.items() if key != "x-extensible-enum"}
            nullable = isinstance(rest.get("type"), list) and "null" in rest["type"]
            return {**rest, "enum": [*values, None] if nullable else values}
        case dict():
            found = {key: closed(one) for key, one in schema.items()}
            if "properties" in found and "$ref" not in found and found.get("type") == "object":
                found["unevaluatedProperties"] = False
            return found
        case list():
            return [closed(one) for one in schema]
        case _:
            return schema
