"""The handset of a number: its inbox, its balance, and a STOP button, for people and for tests."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, redirect, render_template_string, request
from werkzeug.wrappers import Response as AnyResponse

from local.simulators import magic
from local.simulators.handset_page import INBOX_PAGE, LIST_PAGE
from local.simulators.infomedia_webhooks import stop
from local.simulators.msisdn import normalise
from local.simulators.requests_in import BadRequest, integer, sent
from local.simulators.subscribers import currency_of
from local.simulators.transport import as_json
from local.simulators.world import World


def blueprint(world: World) -> Blueprint:
    """The routes of the handset."""
    routes = Blueprint("handset", __name__, url_prefix="/handset")
    _looking(routes, world)
    _doing(routes, world)
    return routes


def _looking(routes: Blueprint, world: World) -> None:
    @routes.get("")
    def numbers() -> Response:
        known = world.subscribers.known()
        if not _wants_page():
            return as_json({"numbers": known}, 200)
        return Response(render_template_string(LIST_PAGE, numbers=known, magic=magic.PHONE))

    @routes.get("/<msisdn>")
    def show(msisdn: str) -> Response:
        view = _view(world, _number(msisdn))
        if not _wants_page():
            return as_json(view, 200)
        balance = f"{Decimal(view['balance_minor']) / 100:.2f} {view['currency']}"
        return Response(render_template_string(INBOX_PAGE, handset=view, balance=balance))


def _doing(routes: Blueprint, world: World) -> None:
    @routes.post("/<msisdn>/topup")
    def topup(msisdn: str) -> Response:
        amount = integer(sent(), "amount", least=1)
        balance = world.subscribers.add_to_balance(_number(msisdn), amount)
        return as_json({"balance_minor": balance}, 200)

    @routes.post("/<msisdn>/balance")
    def set_balance(msisdn: str) -> Response:
        number, wanted = _number(msisdn), integer(sent(), "amount", least=0)
        with world.database.transaction():
            now = world.subscribers.number(number)["balance_minor"]
            world.subscribers.add_to_balance(number, wanted - now)
        return as_json({"balance_minor": wanted}, 200)

    @routes.post("/<msisdn>/bar")
    def bar(msisdn: str) -> Response:
        barred = sent().get("barred", True)
        if not isinstance(barred, bool):
            raise BadRequest("barred must be true or false")
        world.subscribers.set_barred(_number(msisdn), barred)
        return as_json({"barred": barred}, 200)

    @routes.post("/<msisdn>/stop")
    def send_stop(msisdn: str) -> AnyResponse:
        product = sent().get("productId")
        number = _number(msisdn)
        stopped = stop(world, number, str(product) if product not in (None, "") else None)
        if request.form:
            return redirect(f"/handset/{number}?html=1", 303)
        return as_json({"stopped": stopped}, 200)


def _number(text: str) -> str:
    found = normalise(text)
    if found is None:
        raise BadRequest("not a number")
    return found


def _wants_page() -> bool:
    if "html" in request.args:
        return request.args["html"] not in ("0", "")
    best = request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json")
    return best == "text/html"


def _view(world: World, msisdn: str) -> dict[str, Any]:
    number = world.subscribers.number(msisdn)
    return {
        "msisdn": msisdn,
        "balance_minor": number["balance_minor"],
        "currency": currency_of(number["mcc"]),
        "barred": bool(number["barred"]),
        "inbox": world.subscribers.inbox(msisdn),
        "subscriptions": world.subscribers.subscriptions(msisdn),
    }
