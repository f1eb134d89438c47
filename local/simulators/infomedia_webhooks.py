"""Infomedia's webhooks: GET with everything in the query string (providers' notes 1.11)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local.simulators.calls import Call
from local.simulators.faults import Fault
from local.simulators.infomedia_wire import FIRST_BILL, OK
from local.simulators.ledger import Money
from local.simulators.subscribers import SUBSCRIBED
from local.simulators.world import World

STOP_EVENT, CHARGE_EVENT, REFUND_EVENT = 2, 5, 31


@dataclass(frozen=True, slots=True)
class Event:
    """A type of webhook (`etid`); those with money name an amount and a transaction."""

    name: str
    has_money: bool = False


EVENTS = {
    1: Event("subscribe"),
    STOP_EVENT: Event("unsubscribe"),
    3: Event("reactivation"),
    CHARGE_EVENT: Event("charge", has_money=True),
    24: Event("suspend"),
    25: Event("unsuspend"),
    REFUND_EVENT: Event("refund", has_money=True),
}


def stop(world: World, msisdn: str, product: str | None) -> list[dict[str, Any]]:
    """The user sends STOP: exit SMS and a type-2 webhook for one product, or for everything that was logged."""
    with world.database.transaction():
        known = {entry["productId"]: entry for entry in world.subscribers.subscriptions(msisdn)}
        products = [product] if product else [name for name in known if known[name]["status"] == SUBSCRIBED]
        stopped: list[dict[str, Any]] = []
        early: list[int] = []
        for name in products:
            reference = (known.get(name) or {}).get("reference") or _first_bill_reference(world, msisdn, name)
            plan = world.faults.plan(Call("infomedia", "handset", "Stop", msisdn, reference=reference))
            world.subscribers.log("Stop", msisdn, name, "Stop", reference)
            world.subscribers.send_sms(msisdn, "info", f"You have been unsubscribed from service {name}.")
            params = about_user(world, msisdn, name, STOP_EVENT, reference)
            early += world.callbacks.announce("infomedia", EVENTS[STOP_EVENT].name, params, plan.callback)
            stopped.append({"productId": name, "reference": reference})
    for delivery in early:
        world.callbacks.deliver(delivery)
    return stopped


def announce_charge(world: World, money: Money, payload: dict[str, Any], code: str, fault: Fault | None) -> list[int]:
    """Tell the outcome of a bill, if the charge webhook is on; returns deliveries that go before the answer."""
    if not world.knobs["infomedia_charge_webhook"]:
        return []
    if fault is not None and fault.name == "callback_contradictory":
        code = "AA" if code == OK else OK
    params = with_money(world, money, CHARGE_EVENT, code, payload["item"])
    return world.callbacks.announce("infomedia", EVENTS[CHARGE_EVENT].name, params, fault)


def with_money(world: World, money: Money, event: int, code: str, item: str = "") -> dict[str, Any]:
    """The parameters of a charge or refund webhook; `code` is its transactionStatus."""
    assert money.msisdn is not None
    return about_user(world, money.msisdn, str(money.product), event, money.reference) | {
        "success": "1" if code == OK else "0",
        "chargeAmount": f"{Decimal(money.amount_minor) / 100:.2f}",
        "currencyCode": money.currency,
        "productDescription": item,
        "transactionStatus": code,
        "txid": money.transaction,
    }


def _first_bill_reference(world: World, msisdn: str, product: str) -> str | None:
    bills = world.ledger.entries({"provider": "infomedia", "msisdn": msisdn, "method": FIRST_BILL})
    matching = [row for row in bills if row["product"] == product] or bills
    return matching[-1]["reference"] if matching else None


def about_user(world: World, msisdn: str, product: str, event: int, reference: str | None) -> dict[str, Any]:
    """The parameters that every webhook has."""
    number = world.subscribers.number(msisdn)
    who = {"mx": number["alias"]} if world.knobs["infomedia_number"] == "mx" else {"msisdn": msisdn}
    return {
        **who,
        "mcc": number["mcc"] or "234",
        "mnc": number["mnc"] or "02",
        "productid": product,
        "etid": str(event),
        "pt": reference or "",
        "success": "1",
    }
