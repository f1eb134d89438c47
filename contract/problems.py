"""Every problem that a route may answer: its own errors, what is wrong with a request, and what the gateway says."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from mypy import nodes

from contract import examples
from contract.gateway import gateway_problems
from contract.impossible import possible
from contract.program import Program
from contract.raised import Reach
from contract.routes import Declared, Route, Schema
from pinbill import errors
from pinbill.entrypoints.problems import INTERNAL_ERROR, problem, problem_of

type Document = dict[str, Any]
_HTTP = "pinbill.entrypoints.http"
# Only of what has a body.
_OF_BODIES = {"BodyTooLarge", "UnsupportedMediaType", "MalformedJson"}


class Problems:
    """Every route's problem documents, one for each code; `found` are the errors that its code can reach."""

    def __init__(self, declared: Declared) -> None:
        program, routes = Program(), declared.routes
        self._schemas = declared.schemas
        bodies = {route.label: program.functions[route.function].body for route in routes}
        doors = {route.resolver: _door(program, route.resolver) for route in routes}
        reach = Reach(program, [*bodies.values(), *doors.values()])
        self.found = {
            route.label: reach.of(bodies[route.label]).errors | _at_door(route, reach.of(doors[route.resolver]).errors)
            for route in routes
        }
        self._made = {route.label: reach.of(bodies[route.label]).problems for route in routes}

    def of(self, route: Route) -> Mapping[str, Document]:
        """By code; the answer of API Gateway and of a function with the same code must be the same."""
        found: dict[str, Document] = {}
        for document in self._documents(route):
            if found.setdefault(document["code"], document) != document:
                raise ValueError(f"{route.label} has two answers of the code {document['code']}")
        return found

    def _documents(self, route: Route) -> Iterator[Document]:
        for name in possible(route.label, self.found[route.label]):
            yield problem_of(example_of(getattr(errors, name)))
        for _, code in self._made[route.label]:
            yield examples.PROBLEMS[code]
        yield from _invalid(route.operation, self._schemas)
        yield INTERNAL_ERROR
        yield from gateway_problems(route)


def example_of(cls: type[errors.PinbillError]) -> errors.PinbillError:
    """An instance, with whatever its constructor needs."""
    needed = [one for one in inspect.signature(cls).parameters.values() if one.default is inspect.Parameter.empty]
    return cls(*(examples.ARGUMENTS[one.name] for one in needed))


def _at_door(route: Route, found: set[str]) -> set[str]:
    return found if "requestBody" in route.operation else found - _OF_BODIES


def _door(program: Program, resolver: str) -> nodes.Block:
    """What a resolver of ours does before the operation, and answers itself when it fails."""
    resolve = program.functions.get(f"{_HTTP}.{resolver}.resolve")
    statements = resolve.body.body if resolve else []
    return next((one.body for one in statements if isinstance(one, nodes.TryStmt)), nodes.Block([]))


def _invalid(operation: Schema, schemas: Mapping[str, Schema]) -> Iterator[Document]:
    """What Pydantic may say of a request's body and query."""
    body = body_of(operation, schemas)
    queries = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
    required = next(_required(body, schemas), None) if body else None
    if required:
        yield _wrong(required, "field_missing", "Field required")
    if body:
        yield _wrong("colour", "field_unknown", "Extra inputs are not permitted")
    named = [*(body or {}).get("properties", {}), *queries]
    if named:
        yield _wrong(
            named[0], "field_invalid", "Input should be a valid string" if body else "Input should be an integer"
        )


def _required(schema: Schema, schemas: Mapping[str, Schema]) -> Iterator[str]:
    """Every field that may not be left out where what it is in is there: first those of the body itself."""
    yield from schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        for way in (field, *field.get("anyOf", [])):
            if "$ref" in way:
                yield from (f"{name}.{one}" for one in _required(schemas[way["$ref"].rpartition("/")[2]], schemas))


def _wrong(field: str, code: str, detail: str) -> Document:
    wrong = {"field": field, "code": code, "detail": detail}
    return problem(400, code, f"{field}: {detail}", errors.InvalidInput.next_step, errors=[wrong])


def body_of(operation: Schema, schemas: Mapping[str, Schema]) -> Schema | None:
    """The schema of an operation's body."""
    body = operation.get("requestBody")
    if body is None:
        return None
    return schemas[body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
