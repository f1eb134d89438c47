"""Copies of frozen records."""

from typing import Any


def changed[T](record: T, **fields: Any) -> T:
    """A copy with some fields changed, as by dataclasses.replace, at half its cost: a renewal makes twenty.

    For slotted dataclasses that check nothing when they are made. Raises AttributeError for a field that there is not.
    """
    copy: T = object.__new__(type(record))
    for name in record.__slots__:  # type: ignore[attr-defined]  # of dataclass(slots=True)
        object.__setattr__(copy, name, getattr(record, name))
    for name, value in fields.items():
        object.__setattr__(copy, name, value)
    return copy
