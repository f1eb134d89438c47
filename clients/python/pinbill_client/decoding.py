"""From JSON to the data classes of models.py. Members that this version does not know are passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

Model = TypeVar("Model")


def decode(model: type[Model], data: Any) -> Model:
    """Raises ValueError for what does not have the form of the model; the message holds no value."""
    if not isinstance(data, Mapping):
        raise ValueError(f"{model.__name__} is no object")
    found = {}
    for name, kind in _fields(cast(Any, model)):
        if name not in data:
            raise ValueError(f"{model.__name__}.{name} is missing")
        found[name] = _value(f"{model.__name__}.{name}", kind, data[name])
    return model(**found)


@cache
def _fields(model: Any) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(model)
    return tuple((field.name, hints[field.name]) for field in fields(model))


def _value(where: str, kind: Any, value: Any) -> Any:
    options = [option for option in get_args(kind) if option is not NoneType]
    if NoneType in get_args(kind):
        return None if value is None else _value(where, options[0], value)
    if get_origin(kind) is list:
        if not isinstance(value, list):
            raise ValueError(f"{where} is no list")
        return [_value(where, options[0], one) for one in value]
    if isinstance(kind, type) and is_dataclass(kind):
        return decode(kind, value)
    if kind is datetime:
        return _time(where, value)
    wanted = type(options[0]) if options else kind  # of the values that a Literal names
    if type(value) is not wanted:
        raise ValueError(f"{where} is no {wanted.__name__}")
    return value


def _time(where: str, value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        raise ValueError(f"{where} is no time") from None
