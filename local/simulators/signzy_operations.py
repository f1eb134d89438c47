"""What Signzy's calls do: charges that become final later, reads, and cancelling."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from local.simulators.calls import Call
from local.simulators.clock import stamp
from local.simulators.faults import Fault, Plan
from local.simulators.ledger import ACCEPTED, CANCELLED, DEBITED, FAILED, Money
from local.simulators.mandates import ACTIVE, PERIODIC
from local.simulators.signzy_wire import CURRENCY, error_body, payment_event, payment_view, result, status_change
from local.simulators.transport import Answer
from local.simulators.world import World

IN_FLIGHT = ("INITIALIZED", "PENDING")


def refusal(http_status: int, message: str) -> Answer:
    """An error object as the answer."""
    return Answer(f"error:{http_status}", error_body(http_status, message), http_status)


def refused_by(plan: Plan) -> Answer | None:
    """The answer of a call that a fault refuses."""
    fault = plan.outcome
    return refusal(int(fault.args["status"]), fault.args["text"]) if fault and fault.name == "refuse" else None


def why_not(mandate: dict[str, Any], amount_minor: int) -> Answer | None:
    """Why this charge cannot be taken, if it cannot. The codes are assumed; only the error object is documented."""
    if mandate["type"] == PERIODIC:
        return refusal(422, "Charge is allowed for ON_DEMAND mandates only")
    if mandate["mode"] != "NACH":
        return refusal(422, "scheduledOn is required for this payment mode")
    if mandate["status"] != ACTIVE:
        return refusal(400, f"Subscription is not active: {mandate['status']}")
    if amount_minor > mandate["max_amount_minor"]:
        return refusal(400, "Amount is more than the maximum amount of the mandate")
    return None


def charge(world: World, mandate: dict[str, Any], amount_minor: int, plan: Plan) -> Answer:
    """Take a charge; the caller holds the transaction, so the mandate is read again inside it."""
    mandate = world.mandates.get(mandate["id"]) or mandate
    problem = refused_by(plan) or why_not(mandate, amount_minor)
    if problem is not None:
        return problem
    name = plan.outcome.name if plan.outcome else None
    payment = _take(world, mandate, amount_minor, plan, world.clock.stamp())
    early: list[int] = []
    shown = payment
    if name in ("decline", "bar"):
        early = finish(world, payment["id"], "FAILED", _reason(plan.outcome), world.clock.stamp())
        shown = read_payment(world, payment["id"]) or payment
    elif name == "signzy_success_now":
        early = finish(world, payment["id"], "SUCCESS", "", world.clock.stamp())
        shown = read_payment(world, payment["id"]) or payment
    elif plan.callback is not None and plan.callback.name == "callback_early":
        early = finish(world, payment["id"], "SUCCESS", "", world.clock.stamp())
    body = result(f"Subscription charge {shown['status'].lower()}", payment=payment_view(shown))
    return Answer("accepted" if shown["status"] != "FAILED" else "failed", body, early=early)


def postpone_charge(world: World, mandate: dict[str, Any], amount_minor: int, plan: Plan, due_at: str) -> None:
    """Keep a charge that would be taken, so that it appears later."""
    if why_not(mandate, amount_minor) is not None:
        return
    payload = {
        "mandate": mandate["id"],
        "amount_minor": amount_minor,
        "outcome": plan.outcome.as_json() if plan.outcome else None,
        "callback": plan.callback.as_json() if plan.callback else None,
    }
    world.database.insert("late_debits", provider="signzy", method="Charge", due_at=due_at, payload=json.dumps(payload))


def land(world: World, payload: dict[str, Any], at: str) -> None:
    """A late charge appears among the payments, and becomes final in its own time."""
    mandate = world.mandates.get(payload["mandate"])
    if mandate is None:
        return
    plan = Plan()
    for text in (payload["outcome"], payload["callback"]):
        fault = Fault.of_json(text)
        if fault is not None:
            plan.take(fault.name, fault.args)
    _take(world, mandate, payload["amount_minor"], plan, at)


def _take(world: World, mandate: dict[str, Any], amount_minor: int, plan: Plan, at: str) -> dict[str, Any]:
    fails = plan.outcome is not None and plan.outcome.name in ("signzy_failed", "decline", "bar")
    before = world.database.row("SELECT COUNT(*) AS n FROM payments WHERE mandate = ?", mandate["id"]) or {"n": 0}
    payment_id = world.database.next_number("payment", 5_000_001)
    world.database.insert(
        "payments",
        id=payment_id,
        mandate=mandate["id"],
        amount_minor=amount_minor,
        cycle=before["n"] + 1,
        status=world.knobs["first_payment_status"],
        added_at=at,
        due_at=_later(at, world.knobs["settle_after_seconds"]),
        planned_status="FAILED" if fails else "SUCCESS",
        planned_reason=_reason(plan.outcome) if fails else "",
        callback_fault=plan.callback.as_json() if plan.callback else None,
    )
    payment = read_payment(world, payment_id) or {}
    world.ledger.add(_money(payment, mandate), ACCEPTED, at)
    return payment


def finish(world: World, payment_id: int, status: str, reason: str, at: str) -> list[int]:
    """Make a payment final, with the debit (or its failure) in the ledger; returns early callbacks."""
    with world.database.transaction():
        payment = read_payment(world, payment_id)
        if payment is None or payment["status"] not in IN_FLIGHT:
            raise ValueError("the payment is final already")
        mandate = world.mandates.get(payment["mandate"]) or {}
        succeeded = status == "SUCCESS"
        world.database.run(
            "UPDATE payments SET status = ?, failure_reason = ?, reference_id = ? WHERE id = ?",
            status,
            reason,
            payment_id + 40_000_000 if succeeded else None,
            payment_id,
        )
        world.ledger.add(_money(payment, mandate), {"SUCCESS": DEBITED, "FAILED": FAILED}.get(status, CANCELLED), at)
        if status == "CANCELLED":
            return []
        if mandate.get("msisdn"):
            _tell_customer(world, mandate["msisdn"], payment["amount_minor"], succeeded)
        return _announce(world, read_payment(world, payment_id) or payment, mandate, succeeded, at)


def change_mandate(world: World, mandate: dict[str, Any], status: str) -> list[int]:
    """Give the mandate another status and tell the partner; returns early callbacks."""
    before = mandate["status"]
    if before == status:
        return []
    world.mandates.set_status(mandate["id"], status)
    plan = world.faults.plan(Call("signzy", "bank", "StatusChange", mandate["msisdn"], mandate["id"]))
    changed = mandate | {"status": status}
    if plan.callback is not None and plan.callback.name == "callback_contradictory":
        changed, before = mandate, status
    params = status_change(changed, before, world.clock.stamp())
    return world.callbacks.announce("signzy", params["event"], params, plan.callback, mandate["callback_url"])


def read_payment(world: World, payment_id: int) -> dict[str, Any] | None:
    """One payment's row."""
    return world.database.row("SELECT * FROM payments WHERE id = ?", payment_id)


def _announce(world: World, payment: dict[str, Any], mandate: dict[str, Any], succeeded: bool, at: str) -> list[int]:
    fault = Fault.of_json(payment["callback_fault"])
    contradicts = fault is not None and fault.name == "callback_contradictory"
    if not succeeded and not contradicts:
        return []  # No event tells of a failed payment: it must be found by reading.
    params = payment_event(payment, succeeded != contradicts, at)
    return world.callbacks.announce("signzy", params["event"], params, fault, mandate.get("callback_url"))


def _money(payment: dict[str, Any], mandate: dict[str, Any]) -> Money:
    return Money(
        provider="signzy",
        method="Charge",
        msisdn=mandate.get("msisdn"),
        mandate=payment["mandate"],
        amount_minor=payment["amount_minor"],
        currency=CURRENCY,
        reference=None,
        transaction=str(payment["id"]),
        product=None,
    )


def _reason(fault: Fault | None) -> str:
    if fault is not None and fault.name == "bar":
        return "Account blocked or frozen"
    return str(fault.args["reason"]) if fault is not None else ""


def _tell_customer(world: World, msisdn: str, amount_minor: int, succeeded: bool) -> None:
    amount = f"{Decimal(amount_minor) / 100:.2f} {CURRENCY}"
    text = f"Your account was debited {amount} by mandate." if succeeded else f"A debit of {amount} by mandate failed."
    world.subscribers.send_sms(msisdn, "receipt" if succeeded else "info", text)


def _later(at: str, seconds: float) -> str:
    return stamp(datetime.fromisoformat(at) + timedelta(seconds=seconds))
