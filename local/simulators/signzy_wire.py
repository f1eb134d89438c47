"""Signzy's wire forms: requests, results, payments, mandates, errors, callbacks (providers' notes 2.1 to 2.9)."""

import json
from decimal import Decimal
from typing import Any

from local.simulators.clock import indian_time
from local.simulators.mandates import ON_DEMAND, PERIODIC
from local.simulators.msisdn import normalise

PREFIX = "/api/v3/eNach/eMandates"
CURRENCY = "INR"
_ERRORS = {
    400: ("INVALID_PARAM", "Bad Request"),
    401: ("UNAUTHORIZED", "Unauthorized"),
    403: ("FORBIDDEN", "Forbidden"),
    404: ("NOT_FOUND", "Not Found"),
    405: ("METHOD_NOT_ALLOWED", "Method Not Allowed"),
    422: ("UNPROCESSABLE_ENTITY", "Unprocessable Entity"),
    429: ("TOO_MANY_REQUESTS", "Too Many Requests"),
    500: ("INTERNAL_ERROR", "Internal Server Error"),
}


class BadInput(ValueError):
    """The request cannot be served; `http_status` says how it is refused."""

    def __init__(self, http_status: int, message: str) -> None:
        super().__init__(message)
        self.http_status = http_status


def error_body(http_status: int, message: str) -> dict[str, Any]:
    """The documented error object; status and statusCode are integers, as in the published sample."""
    reason, kind = _ERRORS.get(http_status, ("INTERNAL_ERROR", "Internal Server Error"))
    error = {
        "name": "error",
        "message": message,
        "status": http_status,
        "reason": reason,
        "type": kind,
        "statusCode": http_status,
    }
    return {"error": error}


def load(body: bytes) -> dict[str, Any]:
    """The JSON object in the body, with exact decimals; an empty body is an empty object. Raises BadInput."""
    try:
        loaded = json.loads(body or b"{}", parse_float=Decimal)
    except (ValueError, RecursionError):
        raise BadInput(422, "Malformed JSON") from None
    if not isinstance(loaded, dict):
        raise BadInput(422, "The body must be a JSON object")
    return loaded


def paise(sent: dict[str, Any], name: str) -> int:
    """An amount of rupees as minor units. Raises BadInput."""
    value = sent.get(name)
    if value is None:
        raise BadInput(400, f'"{name}" is required')
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadInput(400, f'"{name}" must be a number')
    try:
        minor = Decimal(value) * 100
        if not 0 < minor <= 10**12 or minor != int(minor):
            raise BadInput(400, f'"{name}" must be positive with at most two decimals')
    except ArithmeticError:
        raise BadInput(400, f'"{name}" must be a number') from None
    return int(minor)


def rupees(minor: int) -> int | float:
    """Minor units as the number that the answers show: an integer where it can be one."""
    return minor // 100 if minor % 100 == 0 else minor / 100


def result(message: str, **more: Any) -> dict[str, Any]:
    """A wrapped answer; its status OK says only that the request was taken."""
    return {"result": {"status": "OK", "message": message, **more}}


def payment_view(row: dict[str, Any]) -> dict[str, Any]:
    """A payment as the API shows it."""
    added = indian_time(row["added_at"])
    return {
        "paymentId": row["id"],
        "cfOrderId": None,
        "referenceId": row["reference_id"],
        "subReferenceId": row["mandate"],
        "currency": CURRENCY,
        "amount": rupees(row["amount_minor"]),
        "cycle": row["cycle"],
        "status": row["status"],
        "addedOn": added,
        "retryAttempts": 0,
        "remarks": "",
        "failureReason": row["failure_reason"],
        "scheduledOn": indian_time(row["due_at"])[:10],
        "initiatedOn": added[:10],
        "merchantTxnId": None,
    }


def mandate_view(row: dict[str, Any], cycles: int) -> dict[str, Any]:
    """A mandate as the API shows it."""
    asked = json.loads(row["request"])
    return {
        "subReferenceId": row["id"],
        "customerName": asked.get("customerName"),
        "customerEmail": asked.get("customerEmail"),
        "customerPhone": asked.get("customerPhone") or row["msisdn"],
        "mode": "NPCI_SBC" if row["mode"] == "NACH" else row["mode"],
        "cardNumber": None,
        "status": row["status"],
        "type": row["type"],
        "firstChargeDate": asked.get("firstChargeDate"),
        "addedOn": indian_time(row["added_at"]),
        "scheduledOn": None,
        "currentCycle": cycles,
        "authLink": asked.get("authLink"),
        "bankAccountNumber": None,
        "bankAccountHolder": asked.get("customerName"),
        "umrn": None,
        "maxAmount": rupees(row["max_amount_minor"]),
        "currency": CURRENCY,
    }


def check_new_mandate(sent: dict[str, Any]) -> int:
    """Check the input of the create call; returns the highest amount of a charge. Raises BadInput."""
    for name in ("customerEmail", "customerPhone", "mandateName", "mandateType"):
        if not isinstance(sent.get(name), str) or not sent[name]:
            raise BadInput(400, f'"{name}" is required')
    phone = normalise(sent["customerPhone"])
    if phone is None or phone != sent["customerPhone"] or len(phone) > 12:
        raise BadInput(400, '"customerPhone" must be 8 to 12 digits')
    if sent["mandateType"] == ON_DEMAND:
        return paise(sent, "maxAmount")
    if sent["mandateType"] != PERIODIC:
        raise BadInput(400, '"mandateType" must be PERIODIC or ON_DEMAND')
    for name in ("firstChargeDate", "intervalType"):
        if not sent.get(name):
            raise BadInput(400, f'"{name}" is required')
    return paise(sent, "amount")


def status_change(mandate: dict[str, Any], before: str, at: str) -> dict[str, Any]:
    """Callback: the mandate has changed."""
    return {
        "event": "SUBSCRIPTION_STATUS_CHANGE",
        "subReferenceId": str(mandate["id"]),
        "status": mandate["status"],
        "lastStatus": before,
        "eventTime": indian_time(at),
    }


def payment_event(payment: dict[str, Any], succeeded: bool, at: str) -> dict[str, Any]:
    """Callback: a payment succeeded; the other event is Cashfree's, which Signzy does not list but may let through."""
    common = {
        "event": "SUBSCRIPTION_NEW_PAYMENT" if succeeded else "SUBSCRIPTION_PAYMENT_DECLINED",
        "subReferenceId": str(payment["mandate"]),
        "eventTime": indian_time(at),
        "paymentId": payment["id"],
        "amount": payment["amount_minor"] / 100,
        "retryAttempts": 0,
    }
    return common | (
        {"referenceId": payment["reference_id"] or payment["id"]} if succeeded else {"reasons": "Declined"}
    )
