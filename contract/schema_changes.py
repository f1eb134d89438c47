"""What a change of a schema breaks: for who sends such values, or for who is answered with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

type Part = Mapping[str, Any]

_LOWER_BOUNDS, _UPPER_BOUNDS = ("minimum", "minLength", "minItems"), ("maximum", "maxLength", "maxItems")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of two documents; `sent` for what clients send, else for what they are answered."""

    before: Part
    after: Part
    sent: bool

    def changes(self, where: str, old: Part, new: Part, path: tuple[str, ...] = ()) -> Iterator[str]:
        """One line for each break; `path` are the objects that this one is inside of."""
        reference = str(new.get("$ref", ""))
        if reference and reference in path:
            return
        inside = (*path, reference) if reference else path
        old, new = _whole(self.before, old), _whole(self.after, new)
        yield from self._types(where, old, new)
        yield from self._values(where, old, new)
        yield from self._properties(where, old, new, inside)
        if "items" in old and "items" in new:
            yield from self.changes(f"{where}[]", old["items"], new["items"], inside)

    def _types(self, where: str, old: Part, new: Part) -> Iterator[str]:
        gone, come = _types(old) - _types(new), _types(new) - _types(old)
        if self.sent and gone:
            yield f"{where}: takes no {' or '.join(sorted(gone))} any more"
        if not self.sent and come:
            yield f"{where}: may be {' or '.join(sorted(come))} now"

    def _values(self, where: str, old: Part, new: Part) -> Iterator[str]:
        before, after = old.get("enum"), new.get("enum")
        if self.sent:
            if after is not None and (before is None or set(before) - set(after)):
                gone = ", ".join(sorted(map(str, set(before or ()) - set(after)))) or "all but its new values"
                yield f"{where}: takes no {gone} any more"
            yield from _tightened(where, old, new)
        elif before is not None and (after is None or set(after) - set(before)):
            come = ", ".join(sorted(map(str, set(after or ()) - set(before)))) or "anything"
            yield f"{where}: may be {come} now, and its values were a closed set"
        if not self.sent and old.get("format") != new.get("format"):
            yield f"{where}: its form is {new.get('format')} and not {old.get('format')} any more"

    def _properties(self, where: str, old: Part, new: Part, inside: tuple[str, ...]) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was, must = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(set(before) - set(after)):
            yield f"{where}.{name}: is {'not taken' if self.sent else 'gone'}"
        for name in sorted(must - was if self.sent else (was - must) & set(after)):
            yield f"{where}.{name}: {'must be sent now' if self.sent else 'may be missing now'}"
        if self.sent and new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
            yield f"{where}: takes no further fields any more"
        for name in sorted(set(before) & set(after)):
            yield from self.changes(f"{where}.{name}", before[name], after[name], inside)


def _tightened(where: str, old: Part, new: Part) -> Iterator[str]:
    for name in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        sign = 1 if name in _LOWER_BOUNDS else -1
        if name in new and (name not in old or sign * new[name] > sign * old[name]):
            yield f"{where}: {name} is {new[name]} and not {old.get(name, 'open')} any more"
    for name in ("pattern", "format"):
        if name in new and new[name] != old.get(name):
            yield f"{where}: its {name} is another"
    if old.get("default") != new.get("default"):
        yield f"{where}: stands for {new.get('default')} and not for {old.get('default')} where it is left out"


def _whole(document: Part, schema: Part) -> dict[str, Any]:
    """A schema with its references resolved, and an object that may be null as one schema."""
    found = dict(schema)
    if "$ref" in found:
        found = {**_whole(document, resolved(document, found)), **{key: found[key] for key in found if key != "$ref"}}
    if "anyOf" in found:
        parts = [_whole(document, one) for one in found.pop("anyOf")]
        types = sorted(set().union(*(_types(one) for one in parts)))
        for one in parts:
            found = {**one, **found}
        found["type"] = types
    return found


def _types(schema: Part) -> set[str]:
    kind = schema.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def resolved(document: Part, part: Part) -> Part:
    """What a reference of a document stands for."""
    while "$ref" in part:
        found: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part
