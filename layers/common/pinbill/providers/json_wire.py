"""JSON as the providers speak it: exact decimals, and answers whose names and types vary."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal

type Document = Mapping[str, object]

_WHOLE = re.compile(r"[0-9]{1,20}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


def encode(fields: Mapping[str, object]) -> bytes:
    """A JSON object; a Decimal at the top level becomes a number with all its decimals (4.50), never a binary float."""
    members = (
        f"{json.dumps(name)}: {format(value, 'f') if isinstance(value, Decimal) else json.dumps(value)}"
        for name, value in fields.items()
    )
    return f"{{{', '.join(members)}}}".encode()


def decode(body: bytes) -> Document | None:
    """The JSON object in `body` with all names in lower case; None for anything else.

    An object that names a field twice says two things at once: it counts as unreadable.
    """
    try:
        loaded = json.loads(body, object_pairs_hook=_fold, parse_float=Decimal, parse_constant=_no_constants)
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _fold(pairs: list[tuple[str, object]]) -> dict[str, object]:
    folded = {name.lower(): value for name, value in pairs}
    if len(folded) != len(pairs):
        raise ValueError("a field twice")
    return folded


def _no_constants(name: str) -> object:
    raise ValueError(name)


def child(document: Document, name: str) -> Document | None:
    """The object in the field `name`, if there is one."""
    found = document.get(name)
    return found if isinstance(found, dict) else None


def text(document: Document, name: str) -> str | None:
    """The field as trimmed text, also where it came as a number; None if it is missing, empty or of another kind."""
    value = document.get(name)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return digits(document, name)
    return (value.strip() or None) if isinstance(value, str) else None


def digits(document: Document, name: str) -> str | None:
    """The field as up to 20 decimal digits, whether it came as a number or as text."""
    value = document.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    found = str(value).strip()
    if isinstance(value, Decimal):
        found = found.removesuffix(".0")
    return found if _WHOLE.fullmatch(found) else None


def decimal(document: Document, name: str) -> Decimal | None:
    """The field as an exact number, whether it came as a number or as text."""
    value = document.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    found = str(value).strip()
    return Decimal(found) if _DECIMAL.fullmatch(found) else None
