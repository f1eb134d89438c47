"""The client's data classes, made from the contract: what answers hold, and what each operation takes."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from contract.breaking import operations
from contract.places import CLIENT_MODELS
from contract.schema_changes import resolved
from pinbill.entrypoints.problems import FORMS, Problem

type Part = Mapping[str, Any]

_HEAD = '''\
"""What the API answers. Made from the contract by `make contract-write`: not to be changed by hand.

Times are aware, amounts are decimal texts in major units. A text that is one of some values may get further ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
'''
_PRIMITIVES = {"string": "str", "integer": "int", "boolean": "bool", "null": "None"}
_WIDTH = 120
# They become exceptions.
_PROBLEMS = {Problem.__name__} | {form.__name__ for form in FORMS.values()}


def client_models(contract: Part) -> str:
    """The module's text."""
    schemas = contract["components"]["schemas"]
    shown = {name: schemas[name] for name in _answered(contract) if name not in _PROBLEMS}
    enums = [_enum(name, schema) for name, schema in shown.items() if "enum" in schema]
    classes = [_class(name, schema) for name, schema in shown.items() if schema["type"] == "object"]
    return _formatted("\n".join([_HEAD, *_operations(contract), *enums, *classes]))


def _formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(CLIENT_MODELS), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _answered(contract: Part) -> list[str]:
    """Every object that an answer may hold."""
    found: set[str] = set()
    waiting = [
        json.dumps(media["schema"])
        for _, operation in operations(contract)
        for response in operation["responses"].values()
        for media in resolved(contract, response)["content"].values()
    ]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(json.dumps(contract["components"]["schemas"][name]))
    return [name for name in contract["components"]["schemas"] if name in found]


def _references(text: str) -> Iterator[str]:
    for part in text.split('"#/components/schemas/')[1:]:
        yield part.partition('"')[0]


def _operations(contract: Part) -> Iterator[str]:
    """By name: method, path and whether it takes an Idempotency-Key."""
    yield f'VERSION = "{contract["info"]["version"]}"'
    yield "# By name: method, path, and whether it takes an Idempotency-Key."
    yield "OPERATIONS: dict[str, tuple[str, str, bool]] = {"
    for label, operation in operations(contract):
        if operation["security"]:
            verb, _, path = label.partition(" ")
            names = [resolved(contract, one)["name"] for one in operation["parameters"]]
            yield f'    "{operation["operationId"]}": ("{verb}", "{path}", {"Idempotency-Key" in names}),'
    yield "}"


def _enum(name: str, schema: Part) -> str:
    return f"{name} = Literal[{', '.join(json.dumps(one) for one in schema['enum'])}]"


def _class(name: str, schema: Part) -> str:
    text = schema["description"]
    end = "\n" if "\n" in text else ""
    lines = ["", "", "@dataclass(frozen=True, slots=True)", f"class {name}:"]
    lines += [textwrap.indent(f'"""{text}{end}"""', "    "), ""]
    for field, one in schema["properties"].items():
        line, comment = f"    {field}: {_type(one)}", _comment(one)
        if comment and len(line) + len(comment) + 4 > _WIDTH:
            lines += [*textwrap.wrap(comment, _WIDTH, initial_indent="    # ", subsequent_indent="    # "), line]
        else:
            lines.append(f"{line}  # {comment}" if comment else line)
    return "\n".join(lines)


def _comment(schema: Part) -> str:
    values = ", ".join(schema.get("x-extensible-enum", []))
    return "; ".join(part for part in (schema.get("description", "").rstrip("."), values) if part)


def _type(schema: Part) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " | ".join(_primitive(kind, schema) for kind in kinds)


def _primitive(kind: str, schema: Part) -> str:
    if kind == "array":
        return f"list[{_type(schema['items'])}]"
    return "datetime" if schema.get("format") == "date-time" and kind == "string" else _PRIMITIVES[kind]
