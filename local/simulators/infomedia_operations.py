"""What Infomedia's methods do: PINs, bills through the carrier, the journal of activities."""

import json
import uuid
from decimal import Decimal
from typing import Any

from local.simulators.faults import Fault, Plan
from local.simulators.infomedia_webhooks import announce_charge
from local.simulators.infomedia_wire import (
    FIRST_BILL,
    LOG,
    OK,
    PIN_GENERATE,
    PIN_VALIDATE,
    UPDATE,
    InfomediaRequest,
    bill_answer,
    confirmation,
    described,
    plain_answer,
)
from local.simulators.ledger import DEBITED, Money
from local.simulators.pins import PIN_ERRORS
from local.simulators.transport import Answer
from local.simulators.world import World


def perform(world: World, request: InfomediaRequest, plan: Plan) -> Answer:
    """Carry out a method; the caller holds the transaction."""
    world.subscribers.see_network(request.msisdn, request.mcc, request.mnc)
    if plan.outcome is not None and plan.outcome.name == "refuse":
        return _error(request, plan.outcome.args["code"], plan.outcome.args["text"])
    if request.method == PIN_GENERATE:
        world.pins.send(request.msisdn, request.product, request.wording)
        return Answer("ok", plain_answer("Success", described(OK), pinId=""))
    if request.method == PIN_VALIDATE:
        return _validate(world, request)
    if request.method in (LOG, UPDATE):
        world.subscribers.log(request.method, request.msisdn, request.product, request.activity_type, request.reference)
        return Answer("ok", plain_answer("Success", described(OK)))
    return _bill(world, request, plan)


def postpone(world: World, request: InfomediaRequest, plan: Plan, due_at: str) -> None:
    """Keep a bill for later; a PIN that is wrong now keeps it from ever landing, a right one is spent."""
    with world.database.transaction():
        if request.method == FIRST_BILL:
            check = world.pins.check(request.msisdn, request.product, request.pin or "")
            if check.pin_id is None:
                return
            world.pins.use(check.pin_id)
        payload = {
            "msisdn": request.msisdn,
            "mcc": request.mcc,
            "mnc": request.mnc,
            "amount_minor": request.amount_minor,
            "currency": request.currency,
            "reference": request.reference,
            "product": request.product,
            "item": request.item,
            "callback": plan.callback.as_json() if plan.callback else None,
        }
        world.database.insert(
            "late_debits", provider="infomedia", method=request.method, due_at=due_at, payload=json.dumps(payload)
        )


def land(world: World, method: str, payload: dict[str, Any], at: str) -> None:
    """Take a late debit, unless the number is barred or empty by now."""
    code = _carrier_code(world, payload["msisdn"], payload["amount_minor"], None)
    money = _money(method, payload, str(uuid.uuid4()))
    if code == OK:
        _debit(world, money, payload["item"], at)
    announce_charge(world, money, payload, code, Fault.of_json(payload["callback"]))


def _validate(world: World, request: InfomediaRequest) -> Answer:
    check = world.pins.check(request.msisdn, request.product, request.pin or "")
    if check.pin_id is None:
        return _error(request, str(check.error), PIN_ERRORS[str(check.error)])
    world.pins.use(check.pin_id)
    return Answer("ok", plain_answer("Success", described(OK)))


def _bill(world: World, request: InfomediaRequest, plan: Plan) -> Answer:
    pin_id = None
    if request.method == FIRST_BILL:
        check = world.pins.check(request.msisdn, request.product, request.pin or "")
        if check.pin_id is None:
            return _error(request, str(check.error), PIN_ERRORS[str(check.error)])
        pin_id = check.pin_id
    txid = str(uuid.uuid4())
    code = _carrier_code(world, request.msisdn, request.amount_minor, plan.outcome)
    payload = {
        "msisdn": request.msisdn,
        "mcc": request.mcc,
        "mnc": request.mnc,
        "amount_minor": request.amount_minor,
        "currency": request.currency,
        "reference": request.reference,
        "product": request.product,
        "item": request.item,
    }
    money = _money(request.method, payload, txid)
    if code == OK:
        _debit(world, money, request.item, world.clock.stamp())
        if pin_id is not None:
            world.pins.use(pin_id)
    early = announce_charge(world, money, payload, code, plan.callback)
    conf = confirmation(code, _ported(request, plan.outcome))
    body = bill_answer(request, "Success", conf["description"], txid, conf)
    return Answer("billed" if code == OK else f"declined:{code}", body, early=early)


def _error(request: InfomediaRequest, code: str, text: str) -> Answer:
    description = f"{code} - {text}"
    if request.amount_minor:
        return Answer(f"error:{code}", bill_answer(request, "Error", description, None, None))
    return Answer(f"error:{code}", plain_answer("Error", description))


def _carrier_code(world: World, msisdn: str, amount_minor: int, fault: Fault | None) -> str:
    if fault is not None and fault.name in ("decline", "unknown_code"):
        return str(fault.args["code"])
    number = world.subscribers.number(msisdn)
    if number["barred"] or (fault is not None and fault.name == "bar"):
        return "A5"
    return "AA" if number["balance_minor"] < amount_minor else OK


def _ported(request: InfomediaRequest, fault: Fault | None) -> tuple[str, str] | None:
    if fault is None or fault.name != "ported":
        return None
    new = (str(fault.args["mcc"]), str(fault.args["mnc"]).zfill(2))
    return None if (request.mcc, request.mnc) == new else new


def _money(method: str, payload: dict[str, Any], txid: str) -> Money:
    return Money(
        provider="infomedia",
        method=method,
        msisdn=payload["msisdn"],
        mandate=None,
        amount_minor=payload["amount_minor"],
        currency=payload["currency"],
        reference=payload["reference"],
        transaction=txid,
        product=payload["product"],
    )


def _debit(world: World, money: Money, item: str, at: str) -> None:
    assert money.msisdn is not None
    world.subscribers.add_to_balance(money.msisdn, -money.amount_minor)
    world.ledger.add(money, DEBITED, at)
    amount = Decimal(money.amount_minor) / 100
    text = f"You have been charged {amount:.2f} {money.currency} for {item or 'service ' + str(money.product)}."
    world.subscribers.send_sms(money.msisdn, "receipt", text)
