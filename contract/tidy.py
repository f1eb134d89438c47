"""Takes out of a schema what Powertools and Pydantic put in and nobody needs, and gives names that partners know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

type Schema = dict[str, Any]

# Powertools' own answer to bad input, which ours replaces.
NOT_OURS = {"HTTPValidationError", "ValidationError", "ResponseValidationError"}
NAMES = {"State": "SubscriptionState", "Delivery": "PinDelivery", "Unit": "PeriodUnit"}
REF = "#/components/schemas/"


def name_of(schema: str) -> str:
    """AttemptView is called Attempt, and so on."""
    return NAMES.get(schema, schema.removesuffix("View"))


def tidy_components(schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    return {name_of(name): tidy(schemas[name]) for name in sorted(schemas, key=name_of) if name not in NOT_OURS}


def tidy(schema: Any) -> Any:
    """Without titles, with references to our names, and null as a second type where that says the same."""
    match schema:
        case {"$ref": str(reference)} if reference.startswith(REF):
            return {"$ref": REF + name_of(reference.removeprefix(REF))} | _rest(schema, "$ref")
        case {"anyOf": [{"type": str(kind)} as one, {"type": "null"}]}:
            return _in_order({**tidy(one), **_rest(schema, "anyOf"), "type": [kind, "null"]})
        case dict():
            return _in_order(_rest(schema))
        case list():
            return [tidy(one) for one in schema]
        case float() if schema.is_integer():
            return int(schema)
        case _:
            return schema


def _rest(schema: Schema, *without: str) -> Schema:
    drop = {"title", *without} if "type" in schema or "$ref" in schema or "anyOf" in schema else set(without)
    found = {key: _tidy_part(key, value) for key, value in schema.items() if key not in drop}
    if found.get("default", ...) is None:
        del found["default"]
    return found


def _tidy_part(key: str, value: Any) -> Any:
    """The names of properties are no keywords."""
    if key == "properties":
        return {name: tidy(one) for name, one in value.items()}
    return value if key in ("default", "example", "examples", "enum") else tidy(value)


def _in_order(schema: Schema) -> Schema:
    """A description first: so it is read."""
    first = {key: schema[key] for key in ("description", "type") if key in schema}
    return first | {key: value for key, value in schema.items() if key not in first}
