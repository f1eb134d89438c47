"""The partners' routes as the functions declare them to their resolvers."""

from __future__ import annotations

import inspect
import os
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.template import ACCOUNT, ROOT, api_routes_of, folder_of, load_template, resources_of, value_of, variables_of
from pinbill.entrypoints.http import CallbackApi, ProblemApi, PublicApi

type Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: `name` is its function's in the `app` of `folder`, `operation` what Powertools makes of it."""

    method: str
    path: str
    folder: str
    name: str
    text: str
    is_public: bool
    resolver: str
    operation: Schema

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def function(self) -> str:
        return f"functions.{self.folder}.app.{self.name}"


@dataclass(frozen=True, slots=True)
class Declared:
    """Every route of the contract, in the template's order, and the schemas that they name."""

    routes: list[Route]
    schemas: dict[str, Schema]


def declared() -> Declared:
    """Read out of the handlers themselves, started as the template starts them.

    By rule, the routes of a CallbackApi are left out: they are the providers', not the partners'.
    """
    template = load_template()
    routes: list[Route] = []
    schemas: dict[str, Schema] = {}
    for function in resources_of(template, "AWS::Serverless::Function").values():
        if not api_routes_of(function):
            continue
        environment = {name: value_of(template, value) for name, value in variables_of(template, function).items()}
        with _environment(environment | ACCOUNT):
            handler = runpy.run_path(str(ROOT / function["CodeUri"] / "app.py"))
        api = handler["api"]
        if isinstance(api, CallbackApi):
            continue
        document = _openapi(api)
        schemas |= document["components"]["schemas"]
        routes += [_route(one, document, folder_of(function), handler, api) for one in api_routes_of(function)]
    return Declared(routes, schemas)


def _route(declared: dict[str, Any], document: Schema, folder: str, handler: dict[str, Any], api: ProblemApi) -> Route:
    path, method = declared["Path"], declared["Method"].lower()
    operation = document["paths"][path][method]
    name = _name_of(operation["operationId"], path, method)
    return Route(
        method=method,
        path=path,
        folder=folder,
        name=name,
        text=inspect.getdoc(handler[name]) or "",
        is_public=isinstance(api, PublicApi),
        resolver=type(api).__name__,
        operation=operation,
    )


def _openapi(api: ProblemApi) -> Schema:
    model = api.get_openapi_schema(title="", version="")
    found: Schema = model.model_dump(by_alias=True, exclude_none=True, mode="json")
    return found


def _name_of(operation_id: str, path: str, method: str) -> str:
    """Powertools makes an operation's id of its function's name, path and method."""
    tail = "".join(character if character.isalnum() or character == "_" else "_" for character in path)
    return operation_id.removesuffix(f"{tail}_{method}")


@contextmanager
def _environment(content: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(content)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
