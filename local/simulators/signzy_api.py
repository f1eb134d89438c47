"""Signzy over HTTP: the eMandates calls (generation A); a charge may name its mandate in the body instead."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from local.simulators.callbacks import is_loopback
from local.simulators.calls import Call
from local.simulators.exchange import Operation, exchange, refused
from local.simulators.faults import Plan
from local.simulators.mandates import CANCELLED, INITIALIZED
from local.simulators.signzy_operations import (
    change_mandate,
    charge,
    finish,
    postpone_charge,
    read_payment,
    refusal,
    refused_by,
)
from local.simulators.signzy_wire import (
    PREFIX,
    BadInput,
    check_new_mandate,
    error_body,
    load,
    mandate_view,
    paise,
    payment_view,
    result,
)
from local.simulators.transport import Answer, as_json
from local.simulators.world import World

_PAGE_SIZE, _LARGEST_PAGE = 20, 100
Handler = Callable[[World, Call, dict[str, Any], dict[str, Any]], Operation]


def blueprint(world: World) -> Blueprint:
    """The routes of the eMandates API."""
    routes = Blueprint("signzy", __name__, url_prefix=PREFIX)

    def route(rule: str, verb: str, method: str, build: Handler) -> None:
        def view(reference: str | None = None, payment: str | None = None) -> Response:
            return _serve(world, method, build, reference, payment)

        routes.add_url_rule(rule, f"{method} {rule}", view, methods=[verb])

    routes.add_url_rule("", "CreateMandate", partial(_create, world), methods=["POST"])
    route("/charge", "POST", "Charge", _charge)
    route("/<reference>/charge", "POST", "Charge", _charge)
    route("/<reference>", "GET", "GetMandate", _details)
    route("/<reference>/payments", "GET", "ListPayments", _list_payments)
    route("/<reference>/payments/<payment>", "GET", "GetPayment", _one_payment)
    route("/<reference>/cancel", "POST", "CancelMandate", _cancel_mandate)
    route("/<reference>/charge/<payment>/cancel", "POST", "CancelCharge", _cancel_charge)
    return routes


def _serve(world: World, method: str, build: Handler, reference: str | None, payment: str | None) -> Response:
    call = Call("signzy", "sandbox", method)
    if not _authorised(world):
        return refused(world, call, as_json(error_body(401, "Unauthorized"), 401), "error:401", False)
    try:
        sent = load(request.get_data())
        mandate = _mandate(world, reference, sent)
        call = Call("signzy", "sandbox", method, mandate["msisdn"], mandate["id"])
        operation = build(world, call, mandate, sent | ({"paymentId": payment} if payment else {}))
    except BadInput as problem:
        answer = as_json(error_body(problem.http_status, str(problem)), problem.http_status)
        return refused(world, call, answer, f"error:{problem.http_status}")
    return exchange(world, call, operation)


def _authorised(world: World) -> bool:
    return world.issued.accepts("signzy", request.headers.get("Authorization"), world.credentials.signzy_access_key)


def _mandate(world: World, in_path: str | None, sent: dict[str, Any]) -> dict[str, Any]:
    in_body = sent.get("subReferenceId")
    given = in_path if in_path is not None else in_body
    if given is None or isinstance(given, bool):
        raise BadInput(400, '"subReferenceId" is required')
    if in_path is not None and in_body is not None and str(in_body) != in_path:
        raise BadInput(400, '"subReferenceId" differs between path and body')
    text = str(given)
    found = world.mandates.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if found is None:
        raise BadInput(404, "subReferenceId not found")
    return found


def _charge(world: World, call: Call, mandate: dict[str, Any], sent: dict[str, Any]) -> Operation:
    amount_minor = paise(sent, "amount")
    return Operation(
        lambda plan: charge(world, mandate, amount_minor, plan),
        error_body,
        lambda plan, due_at: postpone_charge(world, mandate, amount_minor, plan, due_at),
    )


def _read_only(answer: Callable[[], Answer]) -> Operation:
    return Operation(lambda plan: refused_by(plan) or answer(), error_body)


def _details(world: World, call: Call, mandate: dict[str, Any], sent: dict[str, Any]) -> Operation:
    def read() -> Answer:
        count = world.database.row("SELECT COUNT(*) AS n FROM payments WHERE mandate = ?", mandate["id"]) or {"n": 0}
        return Answer("ok", result("Subscription Details", subscription=mandate_view(mandate, count["n"])))

    return _read_only(read)


def _one_payment(world: World, call: Call, mandate: dict[str, Any], sent: dict[str, Any]) -> Operation:
    payment_id = _payment_of(world, mandate, sent)["id"]

    def read() -> Answer:
        return Answer("ok", result("Subscription Payment", payment=payment_view(read_payment(world, payment_id) or {})))

    return _read_only(read)


def _list_payments(world: World, call: Call, mandate: dict[str, Any], sent: dict[str, Any]) -> Operation:
    last = _whole(request.args.get("lastId"), "lastId", None)
    count = _whole(request.args.get("count"), "count", _PAGE_SIZE) or _PAGE_SIZE

    def read() -> Answer:
        # The order is not documented; newest first, each page going on below the last id.
        rows = world.database.rows(
            "SELECT * FROM payments WHERE mandate = ? AND id < ? ORDER BY id DESC LIMIT ?",
            mandate["id"],
            last or 2**62,
            min(count, _LARGEST_PAGE),
        )
        payments = [payment_view(row) for row in rows]
        return Answer("ok", result("Subscription Payments", payments=payments, lastId=rows[-1]["id"] if rows else None))

    return _read_only(read)


def _cancel_mandate(world: World, call: Call, mandate: dict[str, Any], sent: dict[str, Any]) -> Operation:
    def perform(plan: Plan) -> Answer:
        problem = refused_by(plan)
        if problem is not None:
            return problem
        now = world.mandates.get(mandate["id"]) or mandate
        if now["status"] == CANCELLED:
            return refusal(400, "Subscription is cancelled already")
        early = change_mandate(world, now, CANCELLED)
        return Answer("cancelled", result("Subscription Cancelled"), early=early)

    return Operation(perform, error_body)


def _cancel_charge(world: World, call: Call, mandate: dict[str, Any], sent: dict[str, Any]) -> Operation:
    payment_id = _payment_of(world, mandate, sent)["id"]

    def perform(plan: Plan) -> Answer:
        payment = read_payment(world, payment_id) or {}
        problem = refused_by(plan)
        if problem is not None:
            return problem
        if payment["status"] != INITIALIZED:
            return refusal(400, f"Charge cannot be cancelled: {payment['status']}")
        finish(world, payment_id, CANCELLED, "", world.clock.stamp())
        shown = payment_view(read_payment(world, payment_id) or payment)
        return Answer("cancelled", result("Subscription charge cancelled", payment=shown))

    return Operation(perform, error_body)


def _payment_of(world: World, mandate: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    text = str(sent["paymentId"])
    found = read_payment(world, int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if found is None or found["mandate"] != mandate["id"]:
        raise BadInput(404, "paymentId not found")
    return found


def _whole(text: str | None, name: str, default: int | None) -> int | None:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 19):
        raise BadInput(400, f'"{name}" must be a whole number')
    return int(text)


def _create(world: World) -> Response:
    call = Call("signzy", "sandbox", "CreateMandate")
    if not _authorised(world):
        return refused(world, call, as_json(error_body(401, "Unauthorized"), 401), "error:401", False)
    try:
        sent = load(request.get_data())
        largest = check_new_mandate(sent)
    except BadInput as problem:
        answer = as_json(error_body(problem.http_status, str(problem)), problem.http_status)
        return refused(world, call, answer, f"error:{problem.http_status}")
    origin = request.host_url

    def perform(plan: Plan) -> Answer:
        return refused_by(plan) or _make(world, sent, largest, origin)

    call = Call("signzy", "sandbox", "CreateMandate", sent["customerPhone"])
    return exchange(world, call, Operation(perform, error_body))


def _make(world: World, sent: dict[str, Any], largest: int, origin: str) -> Answer:
    callback_url = sent.get("callbackUrl")
    kept = {name: value for name, value in sent.items() if isinstance(value, str)}
    mandate = world.mandates.create(
        largest,
        msisdn=sent["customerPhone"],
        kind=sent["mandateType"],
        status=INITIALIZED,
        callback_url=callback_url if isinstance(callback_url, str) and is_loopback(callback_url) else None,
        request=kept,
    )
    link = f"{origin}authorise/{mandate['id']}"
    world.database.run(
        "UPDATE mandates SET request = json_set(request, '$.authLink', ?) WHERE id = ?", link, mandate["id"]
    )
    body = result(
        "Subscription created successfully",
        subReferenceId=mandate["id"],
        authLink=link,
        subStatus=INITIALIZED,
    )
    return Answer("created", body)
