"""Services and plans as items, and back. Lengths of time are whole seconds."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pinbill.domain.attempts import FailureClass
from pinbill.domain.catalog import ActivityOrder, CatchUp, Limits, PinRules, Plan, RailName, Service
from pinbill.domain.dunning import Dunning
from pinbill.store import keys
from pinbill.store.items import Item, money_in, money_out, present, recurrence_in, recurrence_out, seconds_out

THOUSAND = 1000


def service_out(service: Service) -> Item:
    return present(
        {
            **keys.service(service.partner, service.id),
            "partner": service.partner,
            "id": service.id,
            "rail": service.rail.value,
            "name": service.name,
            "account": service.account,
            "product_id": service.product_id,
            "billing_product_id": service.billing_product_id,
            "activity_order": service.activity_order.value,
            "receipt_owed_by": service.receipt_owed_by,
            "pin": {
                "life": seconds_out(service.pin.life),
                "tries": service.pin.tries,
                "sends": service.pin.sends,
                "resend_after": seconds_out(service.pin.resend_after),
                "confirm_within": seconds_out(service.pin.confirm_within),
            },
            "wire": dict(service.wire),
            "pin_codes": dict(service.pin_codes),
            "callback_hash": service.callback_hash,
        }
    )


def service_in(item: Mapping[str, Any]) -> Service:
    pin = item["pin"]
    return Service(
        partner=item["partner"],
        id=item["id"],
        rail=RailName(item["rail"]),
        name=item["name"],
        account=item["account"],
        product_id=int(item["product_id"]),
        billing_product_id=int(item["billing_product_id"]),
        activity_order=ActivityOrder(item["activity_order"]),
        receipt_owed_by=item["receipt_owed_by"],
        pin=PinRules(
            life=_seconds_in(pin["life"]),
            tries=int(pin["tries"]),
            sends=int(pin["sends"]),
            resend_after=_seconds_in(pin["resend_after"]),
            confirm_within=_seconds_in(pin["confirm_within"]),
        ),
        wire=dict(item["wire"]),
        pin_codes=dict(item["pin_codes"]),
        callback_hash=item.get("callback_hash"),
    )


def plan_out(plan: Plan) -> Item:
    return {
        **keys.plan(plan.partner, plan.id),
        "partner": plan.partner,
        "id": plan.id,
        "service": plan.service_id,
        "name": plan.name,
        "price": money_out(plan.price),
        "recurrence": recurrence_out(plan.recurrence),
        "zone": plan.zone,
        "trial_days": plan.trial_days,
        "catch_up": plan.catch_up.value,
        "catch_up_cap": plan.catch_up_cap,
        "dunning": {
            "grace": seconds_out(plan.dunning.grace),
            "hold": seconds_out(plan.dunning.hold),
            "ladders": {
                failure.value: [seconds_out(step) for step in ladder]
                for failure, ladder in plan.dunning.ladders.items()
            },
        },
        "limits": _limits_out(plan.limits),
        "retired": plan.retired,
    }


def plan_in(item: Mapping[str, Any]) -> Plan:
    dunning = item["dunning"]
    return Plan(
        partner=item["partner"],
        id=item["id"],
        service_id=item["service"],
        name=item["name"],
        price=money_in(item["price"]),
        recurrence=recurrence_in(item["recurrence"]),
        zone=item["zone"],
        trial_days=int(item["trial_days"]),
        catch_up=CatchUp(item["catch_up"]),
        catch_up_cap=int(item["catch_up_cap"]),
        dunning=Dunning(
            grace=_seconds_in(dunning["grace"]),
            hold=_seconds_in(dunning["hold"]),
            ladders={
                FailureClass(failure): tuple(_seconds_in(step) for step in ladder)
                for failure, ladder in dunning["ladders"].items()
            },
        ),
        limits=_limits_in(item["limits"]),
        retired=item["retired"],
    )


def _limits_out(limits: Limits) -> Item:
    """Shares are whole thousandths: DynamoDB's numbers are decimal, and ours are not."""
    most = limits.most_amount_a_day
    return present(
        {
            "least_paid": round(limits.least_paid * THOUSAND),
            "most_failed": round(limits.most_failed * THOUSAND),
            "most_of_price": round(limits.most_of_price * THOUSAND),
            "most_bills_a_day": limits.most_bills_a_day,
            "most_amount_a_day": money_out(most) if most else None,
        }
    )


def _limits_in(item: Mapping[str, Any]) -> Limits:
    most = item.get("most_bills_a_day")
    return Limits(
        least_paid=int(item["least_paid"]) / THOUSAND,
        most_failed=int(item["most_failed"]) / THOUSAND,
        most_of_price=int(item["most_of_price"]) / THOUSAND,
        most_bills_a_day=None if most is None else int(most),
        most_amount_a_day=money_in(item["most_amount_a_day"]) if "most_amount_a_day" in item else None,
    )


def _seconds_in(seconds: Any) -> timedelta:
    return timedelta(seconds=int(seconds))
