"""The control routes about callbacks, mandates and payments: what the bank or the provider does by itself."""

from typing import Any

from flask import Blueprint, Response, request

from local.simulators import magic
from local.simulators.callbacks import is_loopback
from local.simulators.mandates import ACTIVE, MODES, ON_DEMAND, PERIODIC, STATUSES
from local.simulators.requests_in import BadRequest, integer, msisdn, reference, sent
from local.simulators.signzy_operations import change_mandate, finish, read_payment
from local.simulators.signzy_wire import mandate_view, payment_view
from local.simulators.transport import as_json
from local.simulators.world import World

_KNOBS = {"infomedia": "callback_infomedia", "signzy": "callback_signzy"}
_OTHER_KNOBS = ("infomedia_charge_webhook", "infomedia_number", "signzy_encoding", "callback_delay_seconds")


def blueprint(world: World) -> Blueprint:
    """Routes under /control for callbacks, mandates and payments, and the bank's page of authorisation."""
    routes = Blueprint("control_partner", __name__)
    _callbacks(routes, world)
    _mandates(routes, world)
    return routes


def _callbacks(routes: Blueprint, world: World) -> None:
    def show() -> dict[str, Any]:
        addresses = {name: world.knobs[knob] for name, knob in _KNOBS.items()}
        return addresses | {name: world.knobs[name] for name in _OTHER_KNOBS}

    @routes.get("/control/callbacks")
    def get_callbacks() -> Response:
        return as_json(show(), 200)

    @routes.post("/control/callbacks")
    def set_callbacks() -> Response:
        wanted = sent()
        for name, value in wanted.items():
            if name in _KNOBS and value is not None and not (isinstance(value, str) and is_loopback(value)):
                raise BadRequest(f"{name} must be an http address on this machine")
            if name not in (*_KNOBS, *_OTHER_KNOBS):
                raise BadRequest(f"unknown setting {name}")
        world.knobs.set({_KNOBS.get(name, name): value for name, value in wanted.items()})
        return as_json(show(), 200)

    @routes.get("/control/callbacks/log")
    def callback_log() -> Response:
        return as_json({"deliveries": world.callbacks.log()}, 200)

    @routes.post("/control/callbacks/send")
    def send_callback() -> Response:
        params = sent()
        provider = params.pop("provider", None)
        if provider not in _KNOBS:
            raise BadRequest("provider must be infomedia or signzy")
        world.callbacks.announce(provider, str(params.get("event") or params.get("etid") or "manual"), params)
        return as_json({"queued": True}, 202)


def _mandates(routes: Blueprint, world: World) -> None:
    @routes.get("/control/mandates")
    def list_mandates() -> Response:
        return as_json({"mandates": [_shown(world, row["id"]) for row in world.mandates.all()]}, 200)

    @routes.post("/control/mandates")
    def make_mandate() -> Response:
        return as_json(_shown(world, _make(world, sent())["id"]), 201)

    @routes.post("/control/mandates/<int:mandate_id>/status")
    def change_status(mandate_id: int) -> Response:
        _change(world, mandate_id, sent().get("status"))
        return as_json(_shown(world, mandate_id), 200)

    @routes.route("/authorise/<int:mandate_id>", methods=["GET", "POST"])
    def authorise(mandate_id: int) -> Response:
        if request.method == "POST":
            _change(world, mandate_id, ACTIVE)
        state = _existing(world, mandate_id)["status"]
        page = f"<h1>Mandate {mandate_id}</h1><p>{state}</p><form method=post><button>Authorise</button></form>"
        return Response(f"<!doctype html><title>Bank</title>{page}")

    @routes.post("/control/payments/<int:payment_id>/settle")
    def settle_payment(payment_id: int) -> Response:
        body = sent()
        if body.get("status") not in ("SUCCESS", "FAILED"):
            raise BadRequest("status must be SUCCESS or FAILED")
        if read_payment(world, payment_id) is None:
            raise BadRequest("no such payment")
        reason = "" if body["status"] == "SUCCESS" else str(body.get("reason") or "Insufficient balance")
        for delivery in finish(world, payment_id, body["status"], reason, world.clock.stamp()):
            world.callbacks.deliver(delivery)
        return as_json(payment_view(read_payment(world, payment_id) or {}), 200)


def _existing(world: World, mandate_id: int) -> dict[str, Any]:
    found = world.mandates.get(mandate_id)
    if found is None:
        raise BadRequest("no such mandate")
    return found


def _shown(world: World, mandate_id: int) -> dict[str, Any]:
    mandate = _existing(world, mandate_id)
    rows = world.database.rows("SELECT * FROM payments WHERE mandate = ? ORDER BY id", mandate_id)
    return mandate_view(mandate, len(rows)) | {
        "msisdn": mandate["msisdn"],
        "max_amount_minor": mandate["max_amount_minor"],
        "payments": [payment_view(row) for row in rows],
    }


def _change(world: World, mandate_id: int, status: Any) -> None:
    if status not in STATUSES:
        raise BadRequest(f"status must be one of {', '.join(STATUSES)}")
    with world.database.transaction():
        early = change_mandate(world, _existing(world, mandate_id), status)
    for delivery in early:
        world.callbacks.deliver(delivery)


def _make(world: World, body: dict[str, Any]) -> dict[str, Any]:
    mode, kind, status = body.get("mode", "NACH"), body.get("type", ON_DEMAND), body.get("status", ACTIVE)
    if mode not in MODES or kind not in (ON_DEMAND, PERIODIC) or status not in STATUSES:
        raise BadRequest(f"mode is one of {MODES}, type ON_DEMAND or PERIODIC, status one of {STATUSES}")
    name = body.get("magic")
    if name is not None and name not in magic.ENDING_BY_NAME:
        raise BadRequest("no such magic outcome")
    return world.mandates.create(
        integer(body, "maxAmount", least=1) * 100,
        msisdn=msisdn(body),
        mode=mode,
        kind=kind,
        status=status,
        reference=reference(body, "subReferenceId"),
        ending=magic.ENDING_BY_NAME[name] if name else None,
    )
