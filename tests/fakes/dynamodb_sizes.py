"""The size of an item as DynamoDB counts it, by the rules of its Developer Guide ("item sizes and formats")."""

from collections.abc import Mapping
from typing import Any

CONTAINER, MEMBER = 3, 1  # bytes of a list or map, and more for each of its members


def item_size(item: Mapping[str, Any]) -> int:
    """Bytes of an item in wire form: names in UTF-8 and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "B":
            return len(held)
        case "N":
            return _number_size(held)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return CONTAINER + sum(MEMBER + _value_size(member) for member in held)
        case "M":
            return CONTAINER + sum(MEMBER + len(name.encode()) + _value_size(member) for name, member in held.items())
        case _:
            raise TypeError(f"an attribute of type {kind}")


def _number_size(number: str) -> int:
    """One byte, and one for every two digits but leading and trailing zeros; a sign is one more."""
    digits = number.lstrip("-").replace(".", "").strip("0") or "0"
    return 1 + (len(digits) + 1) // 2 + number.startswith("-")
