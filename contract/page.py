"""The contract as a page for people: one file, no script, nothing loaded from elsewhere, made to be read on a phone."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contract.breaking import operations
from contract.schema_changes import resolved

type Part = Mapping[str, Any]

_STYLE = Path(__file__).with_name("page.css")
_FOLLOW = """\
<p>How keys, repeats, pages and versions work: <code>docs/api.md</code> of the repository. The same contract for
machines: <a href="openapi.json">openapi.json</a>.</p>"""


def page(contract: Part) -> str:
    """The whole page."""
    about = contract["info"]
    title = f"{about['title']} API {about['version']}"
    body = [
        f"<h1>{_text(title)}</h1>",
        *(f"<p>{_prose(one)}</p>" for one in about["description"].split("\n\n")),
        _FOLLOW,
        *_index(contract),
        *(line for label, operation in operations(contract) for line in _operation(contract, label, operation)),
        *_codes(contract),
        *_schemas(contract),
    ]
    style = re.sub(r"\s*\n\s*", "", _STYLE.read_text())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _index(contract: Part) -> Iterator[str]:
    yield '<h2 id="operations">Operations</h2>\n<ul class="index">'
    for label, operation in operations(contract):
        verb, _, path = label.partition(" ")
        yield f'<li><a href="#{operation["operationId"]}">'
        yield f'<code><span class="verb">{verb}</span>{_text(path)}</code></a><br>'
        yield f"{_prose(operation['summary'])}</li>"
    yield '<li><a href="#codes">Every problem code</a></li>\n<li><a href="#schemas">Every object</a></li>\n</ul>'


def _operation(contract: Part, label: str, operation: Part) -> Iterator[str]:
    yield f'<h2 id="{operation["operationId"]}"><code>{_text(label)}</code></h2>'
    yield f"<p>{_prose(operation['summary'])} {_prose(operation.get('description', ''))}</p>"
    yield f'<p class="soft">{_key(operation)}</p>'
    parameters = [resolved(contract, one) for one in operation["parameters"]]
    if parameters:
        yield "<h3>Parameters</h3>\n<dl>"
        for one in parameters:
            yield _field(one["name"], one["schema"], one["required"], f"{one['in']}; {one.get('description', '')}")
        yield "</dl>"
    if "requestBody" in operation:
        media = operation["requestBody"]["content"]["application/json"]
        optional = "" if operation["requestBody"]["required"] else ", may be left out"
        yield f"<h3>Body: {_link(media['schema'])}{optional}</h3>"
        yield from _fields(resolved(contract, media["schema"]))
        yield from _examples(contract, media)
    yield "<h3>Answers</h3>"
    for status, response in operation["responses"].items():
        yield from _answer(contract, status, resolved(contract, response))


def _key(operation: Part) -> str:
    if not operation["security"]:
        return "Needs no key."
    [scopes] = operation["security"][0].values()
    return "Needs a key" + (f" with the scope <code>{_text(', '.join(scopes))}</code>." if scopes else ".")


def _answer(contract: Part, status: str, response: Part) -> Iterator[str]:
    if int(status) >= 400:
        codes = [code for media in response["content"].values() for code in media["examples"]]
        links = ", ".join(f'<a href="#{code}"><code>{code}</code></a>' for code in codes)
        yield f"<p><b>{status}</b> {_text(response['description'].partition(':')[0])}: {links}</p>"
        return
    yield f"<p><b>{status}</b> {_prose(response['description'])}</p>"
    for media in response["content"].values():
        yield from _examples(contract, media)


def _examples(contract: Part, media: Part) -> Iterator[str]:
    for name, example in media["examples"].items():
        shown = json.dumps(resolved(contract, example)["value"], indent=2, ensure_ascii=False)
        yield f"<details><summary>{_text(name.replace('_', ' '))}</summary><pre>{_text(shown)}</pre></details>"


def _codes(contract: Part) -> Iterator[str]:
    found: dict[str, Part] = {}
    for _, operation in operations(contract):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                for media in resolved(contract, response)["content"].values():
                    for code, example in media["examples"].items():
                        found.setdefault(code, resolved(contract, example)["value"])
    yield '<h2 id="codes">Every problem code</h2>\n<dl>'
    for code, problem in sorted(found.items(), key=lambda one: (one[1]["status"], one[0])):
        repeat = "the same request may succeed later" if problem["retryable"] else "not by repeating"
        yield f'<dt id="{code}"><code>{code}</code> <span class="soft">{problem["status"]}, {repeat}</span></dt>'
        yield f"<dd>{_prose(problem['detail'])} {_prose(problem['next_step'])}</dd>"
    yield "</dl>"


def _schemas(contract: Part) -> Iterator[str]:
    yield '<h2 id="schemas">Every object</h2>'
    for name, schema in contract["components"]["schemas"].items():
        yield f'<h3 id="schema-{name}">{name}</h3>\n<p>{_prose(schema.get("description", ""))} {_values(schema)}</p>'
        yield from _fields(schema)


def _fields(schema: Part) -> Iterator[str]:
    if schema.get("properties"):
        yield "<dl>"
        for name, one in schema["properties"].items():
            yield _field(name, one, name in schema.get("required", []), one.get("description", ""))
        yield "</dl>"


def _field(name: str, schema: Part, required: bool, text: str) -> str:
    wanted = "" if required else ", may be left out"
    return (
        f'<dt><code>{_text(name)}</code> <span class="soft">{_kind(schema)}{wanted}</span></dt>'
        f"<dd>{_prose(text)} {_values(schema)}</dd>"
    )


def _kind(schema: Part) -> str:
    if "$ref" in schema:
        return _link(schema)
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    named = [f"array of {_kind(schema['items'])}" if kind == "array" else kind for kind in kinds]
    return " or ".join(named) + (", a time" if schema.get("format") == "date-time" else "")


def _values(schema: Part) -> str:
    """What limits a value."""
    found = []
    if values := schema.get("enum"):
        found.append("One of " + ", ".join(f"<code>{_text(str(one))}</code>" for one in values) + ".")
    if values := schema.get("x-extensible-enum"):
        found.append("Today one of " + ", ".join(f"<code>{_text(one)}</code>" for one in values) + ".")
    if "pattern" in schema:
        found.append(f"Form: <code>{_text(schema['pattern'])}</code>.")
    if "maximum" in schema:
        found.append(f"From {schema.get('minimum', 0)} to {schema['maximum']}.")
    if "maxLength" in schema:
        found.append(f"At most {schema['maxLength']} characters.")
    if "default" in schema:
        found.append(f"Without it: <code>{_text(str(schema['default']))}</code>.")
    return " ".join(found)


def _link(schema: Part) -> str:
    name = schema["$ref"].rpartition("/")[2]
    return f'<a href="#schema-{name}">{name}</a>'


def _text(text: str) -> str:
    return html.escape(text)


def _prose(text: str) -> str:
    """Escaped, with `code` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
