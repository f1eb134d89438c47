"""The control routes: ledger, journal, faults, magic, settings, clock, PINs, reset."""

from typing import Any

from flask import Blueprint, Response, request

from local.simulators import magic
from local.simulators.fault_kinds import KINDS
from local.simulators.infomedia_wire import METHODS
from local.simulators.knobs import CALLBACK_KNOBS
from local.simulators.report import csv_of
from local.simulators.requests_in import BadRequest, filters, integer, msisdn, reference, seconds, sent
from local.simulators.settlement import settle
from local.simulators.transport import as_json
from local.simulators.world import World

_ALL = 2**31


def blueprint(world: World) -> Blueprint:
    """Everything under /control but what concerns callbacks and mandates."""
    routes = Blueprint("control", __name__, url_prefix="/control")
    _reading(routes, world)
    _faults(routes, world)
    _settings(routes, world)
    _keys(routes, world)
    return routes


def _reading(routes: Blueprint, world: World) -> None:
    @routes.get("/health")
    def health() -> Response:
        return as_json({"status": "ok"}, 200)

    @routes.get("/ledger")
    def ledger() -> Response:
        return as_json(world.ledger.view(filters()), 200)

    @routes.get("/ledger/summary")
    def summary() -> Response:
        return as_json(world.ledger.summary(), 200)

    @routes.get("/ledger/report")
    def report() -> Response:
        wanted = filters()
        return Response(csv_of(world.ledger.entries(wanted), wanted.get("since", "")), 200, content_type="text/csv")

    @routes.get("/calls")
    def calls() -> Response:
        wanted = filters()
        after, limit = reference(wanted, "after") or 0, reference(wanted, "limit") or _ALL
        return as_json({"calls": world.calls.find(wanted, after, limit)}, 200)

    @routes.get("/activities")
    def activities() -> Response:
        return as_json({"activities": world.subscribers.activities(filters().get("msisdn"))}, 200)

    @routes.get("/magic")
    def magic_table() -> Response:
        return as_json(magic.table(), 200)


def _faults(routes: Blueprint, world: World) -> None:
    @routes.get("/faults")
    def list_faults() -> Response:
        return as_json({"faults": world.faults.list(), "kinds": _kinds()}, 200)

    @routes.post("/faults")
    def add_fault() -> Response:
        body = sent()
        name = body.pop("fault", None)
        times = integer(body, "times", least=1) if body.get("times") is not None else None
        skip = integer(body, "skip", least=0) if "skip" in body else 0
        scope = {
            "provider": _provider(body),
            "methods": _methods(body.get("method")),
            "msisdn": msisdn(body),
            "mandate": reference(body, "mandate"),
        }
        args = {key: body[key] for key in body if key not in (*scope, "method", "times", "skip")}
        return as_json({"id": world.faults.add(str(name), scope, times, skip, args)}, 201)

    @routes.delete("/faults")
    def remove_all() -> Response:
        return as_json({"removed": world.faults.remove()}, 200)

    @routes.delete("/faults/<int:fault_id>")
    def remove_one(fault_id: int) -> Response:
        removed = world.faults.remove(fault_id)
        return as_json({"removed": removed}, 200 if removed else 404)

    @routes.post("/magic/rearm")
    def rearm() -> Response:
        body = sent()
        subject = msisdn(body) or reference(body, "mandate")
        return as_json({"rearmed": world.faults.rearm(str(subject) if subject else None)}, 200)


def _settings(routes: Blueprint, world: World) -> None:
    @routes.get("/settings")
    def show_settings() -> Response:
        return as_json(world.knobs.all(), 200)

    @routes.post("/settings")
    def change_settings() -> Response:
        body = sent()
        if any(name in body for name in CALLBACK_KNOBS):
            raise BadRequest("callback addresses are set at /control/callbacks")
        world.knobs.set(body)
        return as_json(world.knobs.all(), 200)

    @routes.route("/clock", methods=["GET", "POST"])
    def clock() -> Response:
        done: dict[str, Any] = {}
        if request.method == "POST":
            body = sent()
            with world.database.transaction():
                if "advance_seconds" in body:
                    world.clock.set_offset(world.clock.offset_seconds + seconds(body, "advance_seconds"))
                else:
                    world.clock.set_offset(seconds(body, "offset_seconds"))
            done = dict(settle(world))
        return as_json({"now": world.clock.stamp(), "offset_seconds": world.clock.offset_seconds, **done}, 200)

    @routes.post("/pins")
    def fix_pin() -> Response:
        body = sent()
        number, pin = msisdn(body), body.get("pin")
        if number is None or not (isinstance(pin, str) and pin.isascii() and pin.isdigit()):
            raise BadRequest("msisdn, and a pin of digits")
        life = seconds(body, "life_seconds") if "life_seconds" in body else float(world.knobs["pin_life_seconds"])
        return as_json({"fixed": world.pins.fix(number, pin, life)}, 200)

    @routes.post("/reset")
    def reset() -> Response:
        world.reset()
        return as_json({"reset": True}, 200)


def _kinds() -> dict[str, Any]:
    return {
        name: {
            "sentence": kind.sentence,
            "channel": kind.channel,
            "args": kind.args,
            "methods": list(kind.methods),
            "provider": kind.provider,
        }
        for name, kind in KINDS.items()
    }


def _keys(routes: Blueprint, world: World) -> None:
    @routes.post("/keys")
    def issue_and_end_keys() -> Response:
        body = sent()
        provider, issued, ended = _provider(body), body.get("issue"), body.get("end")
        if provider is None or not any(isinstance(key, str) for key in (issued, ended)):
            raise BadRequest("provider, and issue or end with a key, are needed")
        if isinstance(issued, str):
            world.issued.issue(provider, issued)
        if isinstance(ended, str):
            world.issued.end(provider, ended)
        return as_json({"provider": provider}, 200)


def _provider(body: dict[str, Any]) -> str | None:
    provider = body.get("provider")
    if provider not in (None, "infomedia", "signzy"):
        raise BadRequest("provider must be infomedia or signzy")
    return provider


def _methods(given: Any) -> list[str]:
    names = [given] if isinstance(given, str) else given or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRequest("method must be a name or a list of names")
    return [METHODS.get(str(name).lower(), str(name)) for name in names]
