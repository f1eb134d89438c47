"""The control routes that make Infomedia report something, true or not: webhooks of every type, and refunds."""

import uuid
from typing import Any

from flask import Blueprint, Response

from local.simulators.infomedia_webhooks import CHARGE_EVENT, EVENTS, REFUND_EVENT, about_user, with_money
from local.simulators.infomedia_wire import OK
from local.simulators.ledger import DEBITED, REFUNDED, Money
from local.simulators.requests_in import BadRequest, integer, msisdn, reference, seconds, sent
from local.simulators.transport import as_json
from local.simulators.world import World

_MOST_COPIES = 20


def blueprint(world: World) -> Blueprint:
    """POST /control/webhooks and /control/refunds."""
    routes = Blueprint("control_webhooks", __name__, url_prefix="/control")

    @routes.post("/webhooks")
    def send_webhook() -> Response:
        body = sent()
        event = integer(body, "event", least=1)
        if event not in EVENTS:
            raise BadRequest(f"event must be one of {', '.join(map(str, EVENTS))}")
        with world.database.transaction():
            params = _reported(world, event, body)
            _send(world, event, params, body)
        return as_json({"params": params}, 202)

    @routes.post("/refunds")
    def give_back() -> Response:
        body = sent()
        with world.database.transaction():
            money = _give_back(world, body)
            params = with_money(world, money, REFUND_EVENT, OK)
            _send(world, REFUND_EVENT, params, body)
        return as_json({"transaction": money.transaction, "amount_minor": money.amount_minor, "params": params}, 201)

    return routes


def _reported(world: World, event: int, body: dict[str, Any]) -> dict[str, Any]:
    """The parameters as Infomedia would send them, then the changes that the caller wants."""
    if EVENTS[event].has_money:
        params = with_money(world, _money(world, event, body), event, _status(body))
    else:
        number, product = msisdn(body), reference(body, "productId")
        if number is None or product is None:
            raise BadRequest("msisdn and productId")
        params = about_user(world, number, str(product), event, _text(body, "reference"))
    for name, value in _changes(body).items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = str(value)
    return params


def _money(world: World, event: int, body: dict[str, Any]) -> Money:
    """The bill of this reference in the ledger, or what the caller makes up."""
    bill = _bill(world, _text(body, "reference"))
    number = msisdn(body) or (bill["msisdn"] if bill else None)
    product = reference(body, "productId") or (bill["product"] if bill else None)
    amount = integer(body, "amount", least=1) if "amount" in body else bill["amount_minor"] if bill else None
    if number is None or product is None or amount is None:
        raise BadRequest("the ledger has no bill of this reference: send msisdn, productId and amount too")
    transaction = bill["transaction"] if bill and event == CHARGE_EVENT else str(uuid.uuid4())
    currency = bill["currency"] if bill else "GBP"
    name = _text(body, "reference")
    return Money("infomedia", "webhook", number, None, amount, currency, name, transaction, str(product))


def _give_back(world: World, body: dict[str, Any]) -> Money:
    """Book a refund of a debit, in part or in full; the money is the user's again."""
    name = _text(body, "reference")
    bill = _bill(world, name)
    if bill is None:
        raise BadRequest("the ledger has no bill of this reference")
    rows = world.ledger.entries({"provider": "infomedia", "reference": name})
    left = bill["amount_minor"] - sum(row["amount_minor"] for row in rows if row["state"] == REFUNDED)
    amount = integer(body, "amount", least=1) if "amount" in body else left
    if not 0 < amount <= left:
        raise BadRequest(f"{left} of this bill can still be given back")
    money = Money(
        "infomedia",
        "Refund",
        bill["msisdn"],
        None,
        amount,
        bill["currency"],
        name,
        str(uuid.uuid4()),
        bill["product"],
    )
    world.ledger.add(money, REFUNDED, world.clock.stamp())
    world.subscribers.add_to_balance(bill["msisdn"], amount)
    return money


def _bill(world: World, name: str | None) -> dict[str, Any] | None:
    if name is None:
        return None
    rows = world.ledger.entries({"provider": "infomedia", "reference": name})
    debits = [row for row in rows if row["state"] == DEBITED]
    return debits[-1] if debits else None


def _send(world: World, event: int, params: dict[str, Any], body: dict[str, Any]) -> None:
    copies = integer(body, "copies", least=0) if "copies" in body else 1
    if copies > _MOST_COPIES:
        raise BadRequest(f"copies must be at most {_MOST_COPIES}")
    delay = seconds(body, "delay_seconds") if "delay_seconds" in body else None
    for _ in range(copies):
        world.callbacks.announce("infomedia", EVENTS[event].name, params, delay_seconds=delay)


def _status(body: dict[str, Any]) -> str:
    status = str(body.get("status", OK))
    if not (status.isascii() and status.isalnum() and len(status) == 2):
        raise BadRequest("status must be a code of two letters or digits")
    return status


def _changes(body: dict[str, Any]) -> dict[str, Any]:
    changes = body.get("with", {})
    if not isinstance(changes, dict):
        raise BadRequest("with must be an object of parameters; null leaves one out")
    return changes


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{name} must be text")
    return value
