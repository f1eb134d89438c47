"""Services and plans as items, and back. Lengths of time are whole seconds."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pinbill.domain.attempts import FailureClass
from pinbill.domain.caps import NO_CAPS, Caps
from pinbill.domain.catalog import ActivityOrder, CatchUp, Limits, PinRules, Plan, RailName, Service, Terms
from pinbill.domain.consent import NO_RULES, ConsentRules, Part
from pinbill.domain.dunning import Dunning
from pinbill.domain.notices import NoticeRules
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
            "receipt_because": service.receipt_because or None,
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
        receipt_because=item.get("receipt_because", ""),
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
        **present(
            {
                "consent": _consent_out(plan.consent),
                "caps": _caps_out(plan.caps),
                "notice": _notice_out(plan.notice),
                "notice_exempt": plan.notice_exempt or None,
            }
        ),
        "countries": list(plan.countries),
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
        consent=_consent_in(item.get("consent")),
        terms=Terms(_caps_in(item.get("caps")), _notice_in(item.get("notice"))),
        notice_exempt=item.get("notice_exempt", ""),
        countries=tuple(item.get("countries", ())),
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


def _consent_out(rules: ConsentRules) -> Item | None:
    if rules == NO_RULES:
        return None
    return {
        "request": sorted(rules.request),
        "confirm": sorted(rules.confirm),
        "within": seconds_out(rules.within),
    }


def _consent_in(item: Mapping[str, Any] | None) -> ConsentRules:
    if item is None:
        return NO_RULES
    request, confirm = (frozenset(map(Part, item[stage])) for stage in ("request", "confirm"))
    return ConsentRules(request, confirm, _seconds_in(item["within"]))


def _caps_out(caps: Caps) -> Item | None:
    if caps == NO_CAPS:
        return None
    return present(
        {
            "per_charge": money_out(caps.per_charge) if caps.per_charge else None,
            "per_month": money_out(caps.per_month) if caps.per_month else None,
            "because": caps.because or None,
        }
    )


def _caps_in(item: Mapping[str, Any] | None) -> Caps:
    if item is None:
        return NO_CAPS
    per_charge, per_month = item.get("per_charge"), item.get("per_month")
    return Caps(
        per_charge=money_in(per_charge) if per_charge else None,
        per_month=money_in(per_month) if per_month else None,
        because=item.get("because", ""),
    )


def _notice_out(rules: NoticeRules | None) -> Item | None:
    if rules is None:
        return None
    return {
        "least": seconds_out(rules.least),
        "lead": seconds_out(rules.lead),
        "give_up": seconds_out(rules.give_up),
    }


def _notice_in(item: Mapping[str, Any] | None) -> NoticeRules | None:
    if item is None:
        return None
    return NoticeRules(_seconds_in(item["least"]), _seconds_in(item["lead"]), _seconds_in(item["give_up"]))


def _seconds_in(seconds: Any) -> timedelta:
    return timedelta(seconds=int(seconds))
