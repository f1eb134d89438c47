"""What the operations of the contract share: headers, parameters, and answers that several of them give alike."""

from __future__ import annotations

import json
import re
from collections import Counter

from contract import examples
from contract.problems import Document
from pinbill.domain.repeats import LONGEST_KEY
from pinbill.entrypoints import problems as tables
from pinbill.entrypoints.correlation import HEADER, LONGEST
from pinbill.entrypoints.repeats import HEADER as KEY

WAIT, PERHAPS = "Retry-After", "Retry-After-where-known"
NEEDED_KEY = f"{KEY}-needed"


def header(name: str, kind: str | None = None) -> Document:
    return {name: {"$ref": f"#/components/headers/{kind or name}"}}


def headers() -> Document:
    wait = {
        "description": "Seconds to wait before the request is repeated.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 7,
    }
    return {
        HEADER: {
            "description": "The id of your request, or the one that Pinbill gave it: quote it when you ask about it.",
            "required": True,
            "schema": {"type": "string"},
            "example": examples.CORRELATION_ID,
        },
        WAIT: wait,
        PERHAPS: wait | {"required": False},
    }


def parameters() -> Document:
    key = {
        "name": KEY,
        "in": "header",
        "required": False,
        "description": "A key of your own for this one request. The same for every repeat of it, for ever.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
        "example": examples.IDEMPOTENCY_KEY,
    }
    return {
        "subscription_id": {
            "name": "subscription_id",
            "in": "path",
            "required": True,
            "description": "What the subscribe call answered.",
            "schema": {"type": "string"},
            "example": examples.SUBSCRIPTION_ID,
        },
        KEY: key,
        NEEDED_KEY: key | {"required": True},
        HEADER: {
            "name": HEADER,
            "in": "header",
            "required": False,
            "description": (
                f"An id of yours, which the answer repeats and the operator's log holds: up to {LONGEST} letters, "
                "digits, `.`, `_`, `:` or `-`. One of another form, or with seven digits in a row outside of a UUID, "
                "is replaced by Pinbill's own: it might be a number or a PIN."
            ),
            "schema": {"type": "string"},
            "example": examples.CORRELATION_ID,
        },
    }


def with_shared_responses(document: Document) -> Document:
    """The most frequent answer of each status becomes a component, where several operations have it."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    counted = Counter(
        (status, json.dumps(response))
        for operation in operations
        for status, response in operation["responses"].items()
        if int(status) >= 400
    )
    responses: dict[str, str] = {}
    for (status, text), times in counted.most_common():
        if times > 1:
            responses.setdefault(status, text)
    names = {status: "".join(tables.TITLES[int(status)].title().split()) for status in responses}
    for operation in operations:
        for status, response in operation["responses"].items():
            if responses.get(status) == json.dumps(response):
                operation["responses"][status] = {"$ref": f"#/components/responses/{names[status]}"}
    document["components"]["responses"] = {names[status]: json.loads(responses[status]) for status in sorted(responses)}
    return document


def only_used(document: Document) -> Document:
    """Without components that nothing refers to."""
    while True:
        used = set(re.findall(r'"#/components/(\w+)/([^"]+)"', json.dumps(document)))
        kept = {
            kind: {name: one for name, one in parts.items() if kind == "securitySchemes" or (kind, name) in used}
            for kind, parts in document["components"].items()
        }
        if kept == document["components"]:
            return document
        document = {**document, "components": kept}
