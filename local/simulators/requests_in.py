"""Reading what the handset's and the control routes are sent."""

from typing import Any

from flask import request

from local.simulators.msisdn import normalise


class BadRequest(ValueError):
    """The control or handset request is wrong; the message says how."""


def sent() -> dict[str, Any]:
    """The JSON object of the request (or its form). Raises BadRequest."""
    if request.form:
        return dict(request.form)
    if not request.get_data():
        return {}
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


def integer(body: dict[str, Any], name: str, least: int) -> int:
    """A whole number of at least `least`. Raises BadRequest."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BadRequest(f"{name} must be a whole number of at least {least}")
    return value


def seconds(body: dict[str, Any], name: str) -> float:
    """A number of seconds. Raises BadRequest."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 10**9:
        raise BadRequest(f"{name} must be a number of seconds")
    return float(value)


def msisdn(body: dict[str, Any], name: str = "msisdn") -> str | None:
    """A number with or without its plus, or None. Raises BadRequest."""
    value = body.get(name)
    if value is None:
        return None
    found = normalise(str(value))
    if found is None:
        raise BadRequest(f"{name} must be a number in international form")
    return found


def reference(body: dict[str, Any], name: str) -> int | None:
    """An id given as integer or digits, or None. Raises BadRequest."""
    value = body.get(name)
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and 0 < len(text) < 19):
        raise BadRequest(f"{name} must be a whole number")
    return int(text)


def filters() -> dict[str, Any]:
    """The query string, with numbers and mandates in the form in which they are kept. Raises BadRequest."""
    found: dict[str, Any] = dict(request.args)
    for name, read in (("msisdn", msisdn), ("mandate", reference)):
        if name in found:
            found[name] = read(found, name)
    if "transaction" in found:
        found["transaction_id"] = found.pop("transaction")
    return found
