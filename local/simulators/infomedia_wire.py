"""Infomedia's wire forms: what a request must hold and what an answer looks like (providers' notes 1.0 to 1.6)."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from local.simulators.msisdn import normalise
from local.simulators.subscribers import currency_of

PIN_GENERATE, PIN_VALIDATE = "PinGenerateWithParams", "PINValidate"
FIRST_BILL, BILL, LOG, UPDATE = "SendBillWithPIN", "SendBill", "LogActivity", "UpdateActivity"

# Documents differ in casing and in the WithParams ending, so both are taken.
METHODS = {
    "pingeneratewithparams": PIN_GENERATE,
    "pingenerate": PIN_GENERATE,
    "pinvalidate": PIN_VALIDATE,
    "pinvalidatewithparams": PIN_VALIDATE,
    "sendbillwithpin": FIRST_BILL,
    "sendbill": BILL,
    "logactivity": LOG,
    "updateactivity": UPDATE,
}

OK = "00"
CARRIER_TEXT = {
    OK: "Everything was OK",
    "AA": "Insufficient credit",
    **dict.fromkeys(("A6", "A7", "A8", "A9", "AB", "AC", "AD"), "Expenditure limit reached"),
    "A5": "Operator bar",
    "A3": "Number not recognised by the network",
    **dict.fromkeys(("01", "48", "74", "A0", "A1", "A2", "A4", "AF"), "Billing attempt failed"),
}
_UNLISTED = "Unlisted answer of the carrier"
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,50}")


class BadField(ValueError):
    """A parameter is missing or impossible; holds its name only."""


@dataclass(frozen=True, slots=True)
class InfomediaRequest:
    """A well-formed request. Amount in minor units, 0 where the method has none."""

    environment: str
    method: str
    msisdn: str
    mcc: str
    mnc: str
    product: str
    reference: str | None
    sent: dict[str, Any] = field(repr=False)
    pin: str | None = field(default=None, repr=False)
    amount_minor: int = 0
    currency: str = "GBP"
    item: str = ""
    activity_type: str = ""
    wording: str = ""


def load(body: bytes) -> dict[str, Any] | None:
    """The JSON object in the body, with exact decimals; None when it is anything else."""
    try:
        loaded = json.loads(body, parse_float=Decimal, parse_constant=_no_constants)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _no_constants(text: str) -> Any:
    raise ValueError("not a number")


def parse(
    environment: str, method: str, sent: dict[str, Any], of_alias: Callable[[str], str | None]
) -> InfomediaRequest:
    """Check the fields of a method. Raises BadField with the name of the first that is wrong."""
    bills = method in (BILL, FIRST_BILL)
    mcc = _digits(sent, "mcc", 3, 3)
    return InfomediaRequest(
        environment=environment,
        method=method,
        msisdn=_number(sent, of_alias),
        mcc=mcc,
        mnc=_digits(sent, "mnc", 1, 3).zfill(2),
        product=_digits(sent, "bpid" if bills else "productId", 1, 12),
        reference=_reference(sent),
        sent=sent,
        pin=_digits(sent, "pin", 1, 10) if method in (PIN_VALIDATE, FIRST_BILL) else None,
        amount_minor=_amount(sent) if bills else 0,
        currency=currency_of(mcc),
        item=_text(sent, "itemDescription") if bills else "",
        activity_type=_activity_type(sent) if method in (LOG, UPDATE) else "",
        wording=_wording(sent) if method == PIN_GENERATE else "",
    )


def described(code: str) -> str:
    """Description in its documented form: code, hyphen, text."""
    return f"{code} - {CARRIER_TEXT.get(code, _UNLISTED)}"


def plain_answer(status: str, description: str, **more: Any) -> dict[str, Any]:
    """Answer of the methods that bill nobody."""
    return {"status": status, "description": description, **more}


def bill_answer(
    request: InfomediaRequest, status: str, description: str, txid: str | None, conf: dict[str, Any] | None
) -> dict[str, Any]:
    """Answer of the billing methods; `conf` is the carrier's confirmation, null when the carrier was not asked."""
    return {
        "status": status,
        "description": description,
        "bpid": int(request.product),
        "mx": str(request.sent["mx"]),
        "txid": txid,
        "mcc": str(int(request.mcc)),
        "mnc": str(int(request.mnc)),
        "conf": conf,
    }


def confirmation(code: str, ported: tuple[str, str] | None) -> dict[str, Any]:
    """The carrier's confirmation."""
    return {
        "status": "Success" if code == OK else "Error",
        "description": described(code),
        "portedMcc": ported[0] if ported else None,
        "portedMnc": ported[1] if ported else None,
    }


def error_body(http_status: int, message: str) -> dict[str, Any]:
    """Error in the form of the API-management portal."""
    return {"statusCode": http_status, "message": message}


def _number(sent: dict[str, Any], of_alias: Callable[[str], str | None]) -> str:
    mx = sent.get("mx")
    if not isinstance(mx, str):
        raise BadField("mx")
    # An alias may begin with a plus; a number must not.
    found = of_alias(mx) or (None if mx.startswith("+") else normalise(mx))
    if found is None:
        raise BadField("mx")
    return found


def _digits(sent: dict[str, Any], name: str, least: int, most: int) -> str:
    value = sent.get(name)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and least <= len(text) <= most):
        raise BadField(name)
    return text


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name)
    if value is not None and not isinstance(value, str):
        raise BadField(name)
    return value or ""


def _reference(sent: dict[str, Any]) -> str | None:
    value = _text(sent, "pt")
    if value and not _REFERENCE.fullmatch(value):
        raise BadField("pt")
    return value or None


def _amount(sent: dict[str, Any]) -> int:
    value = sent.get("amount")
    try:
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            raise BadField("amount")
        minor = Decimal(value) * 100
        if minor <= 0 or minor > 10**9 or minor != int(minor):
            raise BadField("amount")
    except ArithmeticError:
        raise BadField("amount") from None
    return int(minor)


def _activity_type(sent: dict[str, Any]) -> str:
    value = sent.get("activityType")
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value):
        raise BadField("activityType")
    return str(value)


def _wording(sent: dict[str, Any]) -> str:
    params = sent.get("params") or []
    if not isinstance(params, list):
        raise BadField("params")
    values: dict[str, str] = {}
    for param in params:
        if not isinstance(param, dict) or not all(isinstance(param.get(part), str) for part in ("key", "value")):
            raise BadField("params")
        values[param["key"]] = param["value"]
    words = values.get("description") or "your purchase"
    if "amount" in values:
        words += f" at {values['amount']}"
    return words + (f" per {values['frequency']}" if "frequency" in values else "")
