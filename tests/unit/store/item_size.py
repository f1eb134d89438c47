"""The size of an item as DynamoDB counts it, for the limits that cost money."""

from collections.abc import Mapping
from typing import Any

# Longest values of the key attributes, in bytes.
HASH_AND_RANGE_LIMITS = {"pk": 2048, "sk": 1024, "due_pk": 2048, "due_sk": 1024, "open_pk": 2048, "open_sk": 1024}

WRITE_UNIT = 1024  # bytes; one write unit for each begun kilobyte


def item_size(item: Mapping[str, Any]) -> int:
    """Bytes of an item of plain values: names and values, by the rules of the DynamoDB Developer Guide."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Any) -> int:
    match value:
        case bool() | None:
            return 1
        case str():
            return len(value.encode())
        case int():
            digits = str(abs(value)).rstrip("0") or "0"
            return (len(digits) + 1) // 2 + 1 + (value < 0)
        case list():
            return 3 + sum(1 + _value_size(member) for member in value)
        case dict():
            return 3 + sum(1 + len(name.encode()) + _value_size(member) for name, member in value.items())
        case _:
            raise TypeError(type(value).__name__)
