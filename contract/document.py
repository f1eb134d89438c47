"""The contract: one OpenAPI 3.1 document of all the partners' routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contract import examples
from contract.components import NEEDED_KEY, PERHAPS, WAIT, header, headers, only_used, parameters, with_shared_responses
from contract.problems import Document, Problems, body_of
from contract.routes import Declared, Route, Schema, declared
from contract.tidy import REF, tidy, tidy_components
from pinbill.entrypoints import problems as tables
from pinbill.entrypoints.correlation import HEADER
from pinbill.entrypoints.repeats import HEADER as KEY
from pinbill.entrypoints.repeats import NEEDED
from pinbill.entrypoints.routes import ROUTES

VERSION = "0.1.0"
ABOUT = """\
Subscriptions paid on the phone bill or by bank mandate.

Every request needs an API key in the header `x-api-key`. Every answer above 399 is a problem document (RFC 9457): \
decide by its `code`; `retryable` says whether the same request may succeed later, `next_step` what to do.

A client must be able to meet members, problem codes and values of `x-extensible-enum` that it does not know."""
EXAMPLE = "#/components/examples/"


def contract() -> Document:
    """Made anew from the code."""
    found = declared()
    problems = Problems(found)
    paths: dict[str, Document] = {}
    shared = _shared_examples(found, problems)
    for route in found.routes:
        paths.setdefault(route.path, {})[route.method] = _operation(route, found, problems, shared)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Pinbill", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "..", "description": "The base address of the stage that serves this document."}],
        "security": [{"PartnerKey": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "PartnerKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "A partner's key."}
            },
            "headers": headers(),
            "parameters": parameters(),
            "examples": {code: {"value": value} for code, value in sorted(shared.items())},
            "schemas": tidy_components(found.schemas | _problem_schemas()),
        },
    }
    return only_used(with_shared_responses(document))


def _operation(route: Route, found: Declared, problems: Problems, shared: Mapping[str, Document]) -> Document:
    summary, _, description = route.text.partition("\n")
    operation: Document = {"operationId": route.name, "summary": summary}
    if description.strip():
        operation["description"] = " ".join(description.split())
    operation["security"] = _security(route)
    operation["parameters"] = list(_parameters_of(route))
    body = body_of(route.operation, found.schemas)
    if body is not None:
        operation["requestBody"] = _request_body(route, bool(body.get("required")))
    operation["responses"] = _successes(route) | _failures(problems.of(route), shared)
    return operation


def _security(route: Route) -> list[Document]:
    if route.is_public:
        return []
    needs = ROUTES.get((route.method.upper(), route.path))
    return [{"PartnerKey": [needs.scope.value] if needs else []}]


def _parameters_of(route: Route) -> Iterable[Document]:
    for one in route.operation.get("parameters", []):
        known = next((name for name in parameters() if name.lower() == one["name"].lower()), None)
        if known == KEY and NEEDED in one["schema"]:
            known = NEEDED_KEY
        if known is not None:
            yield {"$ref": f"#/components/parameters/{known}"}
        else:
            schema = tidy(one["schema"])
            if isinstance(schema.get("type"), list):  # a query has no null: what is not sent is left out
                schema["type"] = schema["type"][0]
            description = {"description": schema.pop("description")} if "description" in schema else {}
            yield {"name": one["name"], "in": one["in"], "required": one["required"], **description, "schema": schema}
    yield {"$ref": f"#/components/parameters/{HEADER}"}


def _request_body(route: Route, required: bool) -> Document:
    """A body of which nothing is required may be left out."""
    sent = {name: {"value": value} for name, value in examples.REQUESTS.get(route.name, {}).items()}
    schema = tidy(route.operation["requestBody"]["content"]["application/json"]["schema"])
    return {"required": required, "content": {"application/json": {"schema": schema, "examples": sent}}}


def _successes(route: Route) -> Document:
    found = {}
    for status, response in sorted(route.operation["responses"].items()):
        if status.startswith("2"):
            given = examples.ANSWERS.get((route.name, int(status)), {})
            shown = {name: {"value": one} for name, one in given.items()}
            found[status] = {
                "description": response["description"],
                "headers": header(HEADER),
                "content": {
                    kind: {"schema": tidy(one["schema"]), "examples": shown}
                    for kind, one in response["content"].items()
                },
            }
    return found


def _failures(documents: Mapping[str, Document], shared: Mapping[str, Document]) -> Document:
    by_status: dict[int, dict[str, Document]] = {}
    for code in sorted(documents):
        by_status.setdefault(documents[code]["status"], {})[code] = documents[code]
    return {str(status): _failure(status, by_status[status], shared) for status in sorted(by_status)}


def _failure(status: int, documents: Mapping[str, Document], shared: Mapping[str, Document]) -> Document:
    forms: dict[type[tables.Problem], list[str]] = {}
    for code in documents:
        forms.setdefault(tables.FORMS.get(code, tables.Problem), []).append(code)
    schemas = [_of_codes(form, forms[form]) for form in sorted(forms, key=lambda form: form.__name__)]
    shown = {
        code: {"$ref": EXAMPLE + code} if shared.get(code) == one else {"value": one} for code, one in documents.items()
    }
    waits = {429: header(WAIT), 503: header(WAIT, PERHAPS)}.get(status, {})
    return {
        "description": f"{tables.TITLES[status]}: {', '.join(f'`{code}`' for code in documents)}.",
        "headers": header(HEADER) | waits,
        "content": {
            tables.CONTENT_TYPE: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}, "examples": shown}
        },
    }


def _of_codes(form: type[BaseModel], codes: list[str]) -> Schema:
    return {"$ref": REF + form.__name__, "properties": {"code": {"x-extensible-enum": codes}}}


def _shared_examples(found: Declared, problems: Problems) -> dict[str, Document]:
    """Of the codes that are answered alike by every route that has them."""
    given: dict[str, list[Document]] = {}
    for route in found.routes:
        for code, document in problems.of(route).items():
            given.setdefault(code, []).append(document)
    return {code: all_of[0] for code, all_of in given.items() if all(one == all_of[0] for one in all_of)}


def _problem_schemas() -> dict[str, Schema]:
    every: set[type[tables.Problem]] = {tables.Problem, *tables.FORMS.values()}
    forms = sorted(every, key=lambda form: form.__name__)
    _, found = models_json_schema([(form, "serialization") for form in forms], ref_template=REF + "{model}")
    schemas: dict[str, Schema] = found["$defs"]
    return schemas
