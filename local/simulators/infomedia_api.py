"""Infomedia over HTTP: sandbox at /dcbsb, production at /dcb, method names in any casing."""

import hmac
from functools import partial

from flask import Blueprint, Response, request

from local.simulators.calls import Call
from local.simulators.credentials import InfomediaCredentials
from local.simulators.exchange import Operation, exchange, refused
from local.simulators.infomedia_operations import perform, postpone
from local.simulators.infomedia_wire import (
    BILL,
    FIRST_BILL,
    METHODS,
    BadField,
    error_body,
    load,
    parse,
    plain_answer,
)
from local.simulators.transport import as_json
from local.simulators.world import World

ENVIRONMENTS = {"dcbsb": "sandbox", "dcb": "production"}
_VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def blueprint(world: World) -> Blueprint:
    """The routes of both products."""
    routes = Blueprint("infomedia", __name__)
    for folder, environment in ENVIRONMENTS.items():
        routes.add_url_rule(
            f"/{folder}/<method>", folder, partial(_serve, world, environment), methods=_VERBS, strict_slashes=False
        )
    return routes


def _serve(world: World, environment: str, method: str) -> Response:
    name = METHODS.get(method.lower())
    call = Call("infomedia", environment, name or "unknown")
    if name is None:
        return refused(world, call, as_json(error_body(404, "Resource not found"), 404), "error:404", False)
    if request.method != "POST":
        return refused(world, call, as_json(error_body(405, "Method not allowed"), 405), "error:405", False)
    expected = world.credentials.infomedia[environment]
    if not world.issued.accepts("infomedia", request.headers.get("X-Infomedia-Api-Key"), expected.key):
        missing = "X-Infomedia-Api-Key" not in request.headers
        message = "Access denied due to " + ("missing subscription key." if missing else "invalid subscription key.")
        return refused(world, call, as_json(error_body(401, message), 401), "error:401", False)
    return _authorised(world, call, expected)


def _authorised(world: World, call: Call, expected: InfomediaCredentials) -> Response:
    sent = load(request.get_data())
    if sent is None:
        return refused(world, call, as_json(error_body(400, "The body is not a JSON object"), 400), "error:400")
    if not (_same(sent.get("u"), expected.username) and _same(sent.get("p"), expected.password)):
        # The error codes E1, E2 and E9 are the simulators' own: Infomedia publishes none for a bad request.
        return refused(world, call, _error(call, "E2 - User name or password not accepted"), "error:E2", False)
    try:
        asked = parse(call.environment, call.method, sent, world.subscribers.of_alias)
    except BadField as problem:
        return refused(world, call, _error(call, f"E1 - Missing or invalid parameter: {problem}"), "error:E1")
    known = Call(call.provider, call.environment, call.method, asked.msisdn, reference=asked.reference)
    late = partial(postpone, world, asked) if call.method in (BILL, FIRST_BILL) else None
    return exchange(world, known, Operation(partial(perform, world, asked), error_body, late))


def _error(call: Call, description: str) -> Response:
    empty = {"txid": None, "conf": None} if call.method in (BILL, FIRST_BILL) else {}
    return as_json(plain_answer("Error", description, **empty), 200)


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())
