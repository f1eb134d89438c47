"""What a contract breaks of an earlier one: what worked for a client before and would not work any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.schema_changes import Comparison, resolved

type Part = Mapping[str, Any]


def breaking(before: Part, after: Part) -> list[str]:
    """One line for each; none where every client of the earlier contract can go on."""
    found = list(_codes(before, after))
    for label, old in operations(before):
        new = dict(operations(after)).get(label)
        if new is None:
            found.append(f"{label}: the operation is gone")
        else:
            found += _operation(label, before, after, old, new)
    return found


def operations(document: Part) -> Iterator[tuple[str, Part]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield f"{verb.upper()} {path}", operation


def _operation(label: str, before: Part, after: Part, old: Part, new: Part) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"{label}: is called {new['operationId']} and not {old['operationId']} any more"
    yield from _security(label, old, new)
    yield from _parameters(label, before, after, old, new)
    yield from _body(label, before, after, old, new)
    yield from _answers(label, before, after, old, new)


def _security(label: str, old: Part, new: Part) -> Iterator[str]:
    if new["security"] and not old["security"]:
        yield f"{label}: needs a key now"
        return
    had, needs = (
        {scope for way in operation["security"] for scopes in way.values() for scope in scopes}
        for operation in (old, new)
    )
    for scope in sorted(needs - had):
        yield f"{label}: needs the scope {scope} now"


def _parameters(label: str, before: Part, after: Part, old: Part, new: Part) -> Iterator[str]:
    had, has = (
        {(one["in"], one["name"]): one for one in (resolved(document, each) for each in operation["parameters"])}
        for document, operation in ((before, old), (after, new))
    )
    for where, name in sorted(set(had) - set(has)):
        yield f"{label}: takes no {name} in its {where} any more"
    for key, one in sorted(has.items()):
        if one["required"] and not (key in had and had[key]["required"]):
            yield f"{label}: needs {key[1]} in its {key[0]} now"
        if key in had:
            comparison = Comparison(before, after, sent=True)
            yield from comparison.changes(f"{label} {key[1]}", had[key]["schema"], one["schema"])


def _body(label: str, before: Part, after: Part, old: Part, new: Part) -> Iterator[str]:
    had, has = old.get("requestBody"), new.get("requestBody")
    if has is None:
        if had is not None:
            yield f"{label}: takes no body any more"
        return
    if has["required"] and not (had and had["required"]):
        yield f"{label}: needs a body now"
    for kind, media in (had or {"content": {}})["content"].items():
        if kind not in has["content"]:
            yield f"{label}: takes no {kind} any more"
        else:
            comparison = Comparison(before, after, sent=True)
            yield from comparison.changes(f"{label} body", media["schema"], has["content"][kind]["schema"])


def _answers(label: str, before: Part, after: Part, old: Part, new: Part) -> Iterator[str]:
    had, has = (
        {status: resolved(document, one) for status, one in operation["responses"].items() if int(status) < 400}
        for document, operation in ((before, old), (after, new))
    )
    for status in sorted(set(had) - set(has)):
        yield f"{label}: does not answer {status} any more"
    for status in sorted(set(has) - set(had)):
        yield f"{label}: may answer {status} now"
    for status in sorted(set(had) & set(has)):
        for name in sorted(set(had[status]["headers"]) - set(has[status]["headers"])):
            yield f"{label} {status}: has no header {name} any more"
        for kind, media in had[status]["content"].items():
            if kind not in has[status]["content"]:
                yield f"{label} {status}: is no {kind} any more"
            else:
                schema = has[status]["content"][kind]["schema"]
                yield from Comparison(before, after, sent=False).changes(f"{label} {status}", media["schema"], schema)


def _codes(before: Part, after: Part) -> Iterator[str]:
    """A problem's code keeps its status, its members and what it says of a repeat, as long as it is answered at all."""
    had, has = _problems(before), _problems(after)
    for code in sorted(set(had) & set(has)):
        for member in ("status", "retryable"):
            if had[code][member] != has[code][member]:
                yield f"problem {code}: its {member} is {has[code][member]} and not {had[code][member]} any more"
        for member in sorted(set(had[code]) - set(has[code])):
            yield f"problem {code}: has no {member} any more"


def _problems(document: Part) -> dict[str, Part]:
    """Every problem document that is shown, by its code."""
    return {
        code: resolved(document, example)["value"]
        for _, operation in operations(document)
        for status, response in operation["responses"].items()
        if int(status) >= 400
        for media in resolved(document, response)["content"].values()
        for code, example in media["examples"].items()
    }
