"""What a request to Infomedia is made of, and how a service renames what no document fixes.

A service's `wire` setting maps names to text:

    <Call>.path            the method's name in the URL
    <Call>.<field>         the field's name on the wire; "params.<Key>" puts it into the list of parameters, and an
                           empty text leaves it out
    <Call>.<field>.type    "string" or "number", for product, mcc, mnc and amount
    <Call>.<field>.value   a constant, for language, frequency and activity_type
    <Call>.extra.<Name>    one more field of this name with a constant text

Calls and fields are those of CALLS below, for example {"SendBill.reference": "passThrough"}.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pinbill.errors import CatalogInvalid

type Values = Mapping[str, str | Decimal]

PIN_GENERATE, PIN_VALIDATE = "PinGenerateWithParams", "PINValidate"
FIRST_BILL, BILL = "SendBillWithPIN", "SendBill"
LOG, CLOSE = "LogActivity", "UpdateActivity"

_SUBSCRIBER = {"msisdn": "mx", "mcc": "mcc", "mnc": "mnc"}
_ACCOUNT = {"user": "u", "password": "p"}
_BY_PRODUCT = {**_SUBSCRIBER, "product": "productId", **_ACCOUNT}
_MONEY = {
    **_SUBSCRIBER,
    "product": "bpid",
    **_ACCOUNT,
    "amount": "amount",
    "description": "itemDescription",
    "reference": "pt",
}
_ACTIVITY = {**_BY_PRODUCT, "reference": "pt", "activity_type": "activityType"}
_PARAMETERS = {name: f"params.{name}" for name in ("amount", "frequency", "language", "description")}


@dataclass(frozen=True, slots=True)
class CallForm:
    """A call's name in the URL, the wire name of each field ("" = not sent), and default constants."""

    path: str
    fields: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)


# Documented: the names of PinGenerateWithParams. Seen in a public client: those of SendBillWithPIN. The rest is
# inferred from these two. Casing in URLs follows the one address or client in which the method was seen.
CALLS: Mapping[str, CallForm] = {
    PIN_GENERATE: CallForm(
        "PINGenerateWithParams", {**_BY_PRODUCT, **_PARAMETERS, "reference": ""}, {"language": "en"}
    ),
    PIN_VALIDATE: CallForm("PINValidate", {**_BY_PRODUCT, "pin": "pin", "reference": ""}),
    FIRST_BILL: CallForm("SendBillWithPin", {**_MONEY, "pin": "pin"}),
    BILL: CallForm("SendBill", _MONEY),
    LOG: CallForm("LogActivity", _ACTIVITY, {"activity_type": "Subscribe"}),
    CLOSE: CallForm("UpdateActivity", _ACTIVITY, {"activity_type": "Unsubscribe"}),
}

_TYPED = {"product": "number", "amount": "number", "mcc": "string", "mnc": "string"}
_CONSTANTS = frozenset({"language", "frequency", "activity_type"})
# Without these a call means something else, or its outcome can no longer be matched to our attempt.
_NEVER_OMITTED = {
    name: frozenset({"msisdn", "product", "pin", "amount"} | ({"reference"} if name in (FIRST_BILL, BILL) else set()))
    for name in CALLS
}
_WIRE_NAME = re.compile(r"(params\.)?[A-Za-z][A-Za-z0-9_]{0,39}")


def check(overrides: Mapping[str, str]) -> None:
    """Raises CatalogInvalid, naming the entry, for an override that CALLS and the scheme above do not allow."""
    if not overrides:
        return
    for key, value in overrides.items():
        call, _, rest = key.partition(".")
        if call not in CALLS or not _is_allowed(call, rest, value):
            raise CatalogInvalid(f"wire: {key!r} is not a name that can be set, or its value is not possible.")
    for call, form in CALLS.items():
        names = [name for each in form.fields if (name := _name(call, form, each, overrides))]
        names += [extra for extra, _ in _extras(call, overrides)]
        if len({name.lower() for name in names}) != len(names):
            raise CatalogInvalid(f"wire: two fields of {call} have the same name.")


def _is_allowed(call: str, rest: str, value: str) -> bool:
    name, dot, aspect = rest.partition(".")
    if rest == "path":
        return re.fullmatch(r"[A-Za-z0-9]{1,60}", value) is not None
    if name == "extra":
        return _WIRE_NAME.fullmatch(aspect) is not None
    if name not in CALLS[call].fields or bool(dot) is not bool(aspect):
        return False
    match aspect:
        case "":
            omitted = not value and name not in _NEVER_OMITTED[call]
            return omitted or _WIRE_NAME.fullmatch(value) is not None
        case "type":
            return name in _TYPED and value in ("string", "number")
        case "value":
            return name in _CONSTANTS
        case _:
            return False


def path(call: str, overrides: Mapping[str, str]) -> str:
    return "/" + overrides.get(f"{call}.path", CALLS[call].path)


def body(call: str, values: Values, overrides: Mapping[str, str]) -> dict[str, object]:
    """The fields of the request on the wire, for `check`ed overrides. `values` are by our own names."""
    form = CALLS[call]
    sent: dict[str, object] = {}
    params: list[dict[str, str]] = []
    constants = {name: overrides.get(f"{call}.{name}.value", form.values.get(name)) for name in _CONSTANTS}
    known = {**values, **{name: value for name, value in constants.items() if value is not None}}
    placed = [
        (_name(call, form, name, overrides), _typed(call, name, known[name], overrides))
        for name in form.fields
        if name in known
    ]
    for name, value in [*placed, *_extras(call, overrides)]:
        inner = name.removeprefix("params.")
        if inner != name:
            params.append({"key": inner, "value": str(value)})
        elif name:
            sent[name] = value
    return {**sent, "params": params} if params else sent


def _name(call: str, form: CallForm, name: str, overrides: Mapping[str, str]) -> str:
    return overrides.get(f"{call}.{name}", form.fields[name])


def _extras(call: str, overrides: Mapping[str, str]) -> list[tuple[str, str]]:
    prefix = f"{call}.extra."
    return [(key.removeprefix(prefix), value) for key, value in overrides.items() if key.startswith(prefix)]


def _typed(call: str, name: str, value: str | Decimal, overrides: Mapping[str, str]) -> object:
    kind = overrides.get(f"{call}.{name}.type", _TYPED.get(name, "string"))
    if kind == "string":
        return str(value)
    return value if isinstance(value, Decimal) else int(value)
