"""Bad input: bodies, fields, numbers and plans."""

from __future__ import annotations

from typing import Any

from tests.e2e.desk import BANK, GONE, NETWORK, RIVALS, WEEKLY, Desk, Request

JSON = {"Content-Type": "application/json"}
KEY = {"Idempotency-Key": "any"}
SUBSCRIBE = "/v1/subscriptions"
NO_JSON: list[str | bytes] = [
    '{"plan": "weekly"',
    '{"plan": "weekly"} {}',
    "{'plan': 'weekly'}",
    "[" * 8000,
    '{"plan": ' + "[" * 3000 + "]" * 3000 + "x}",
    '{"plan": ' + "1" * 5000 + "}",
    b'\xff\xfe{"plan": "weekly"}',
]
NO_OBJECT = ["[]", '[{"plan": "weekly"}]', '"weekly"', "4", "true", "null", "[" * 500 + "]" * 500]
OTHER_TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/json-patch+json",
]
NO_E164 = [
    "07700900123",
    "447700900123",
    "00447700900123",
    "+44 7700 900123",
    "+44(0)7700900123",
    "+44-7700-900123",
    "+4477009001x3",
    "+0447700900123",
    "+447700",
    "+4477009001234567",
    "+44770090012345678901234567890",
    "++447700900123",
    "+\u0664\u0664\u0667\u0667\u0660\u0660\u0669\u0660\u0660\u0661\u0662\u0663",
    "+447700900123\u200b",
    "tel:+447700900123",
    "",
    "+",
]


def posts(id: str) -> dict[str, dict[str, str]]:
    """Every path that takes a body, with the headers that it needs."""
    one = f"{SUBSCRIBE}/{id}"
    paths = [SUBSCRIBE, *(f"{one}/{what}" for what in ("pin", "confirm", "charges", "cancel", "pause", "resume"))]
    return {path: KEY if path.endswith("charges") else {} for path in paths}


def everywhere(desk: Desk, bodies: list[Any], headers: dict[str, str] | None = None) -> list[Request]:
    """Each body sent to every path that takes one."""
    paths = posts(desk.subscribe())
    return [
        Request("POST", path, body, JSON | needed | (headers or {}))
        for path, needed in paths.items()
        for body in bodies
    ]


def other_content_type(desk: Desk) -> list[Request]:
    return [one for kind in OTHER_TYPES for one in everywhere(desk, ["{}"], {"Content-Type": kind})]


def missing_field(desk: Desk) -> list[Request]:
    id = desk.subscribe()
    charges = f"{SUBSCRIBE}/{id}/charges"
    whole = {"amount": "1.00", "currency": "GBP", "description": "gems"}
    without = [{name: whole[name] for name in whole if name != gone} for gone in whole]
    return [
        Request("POST", SUBSCRIBE),
        Request("POST", SUBSCRIBE, {}),
        Request("POST", SUBSCRIBE, {"plan": WEEKLY}),
        Request("POST", SUBSCRIBE, {"msisdn": desk.number()}),
        Request("POST", SUBSCRIBE, {"plan": WEEKLY, "msisdn": desk.number(), "network": {"mcc": "234"}}),
        Request("POST", SUBSCRIBE, {"plan": BANK, "msisdn": desk.number(), "mandate": {"reference": "100"}}),
        Request("POST", charges, None, KEY),
        *(Request("POST", charges, body, KEY) for body in without),
    ]


def unknown_field(desk: Desk) -> list[Request]:
    whole = {"plan": WEEKLY, "msisdn": desk.number(), "network": NETWORK}
    in_the_wrong_place = {whole["msisdn"]: 1}
    charge = {"amount": "1.00", "currency": "GBP", "description": "gems", "when": "now"}
    id = desk.subscribe()
    return [
        Request("POST", SUBSCRIBE, whole | {"price": "0.01"}),
        Request("POST", SUBSCRIBE, whole | {"Plan": WEEKLY}),
        Request("POST", SUBSCRIBE, whole | {"partner": "rival"}),
        Request("POST", SUBSCRIBE, whole | in_the_wrong_place),
        Request("POST", SUBSCRIBE, whole | {"network": NETWORK | {"name": "x"}}),
        Request("POST", f"{SUBSCRIBE}/{id}/pin", {"msisdn": whole["msisdn"]}),
        Request("POST", f"{SUBSCRIBE}/{id}/confirm", {"pin": "1234567890", "amount": "0.01"}),
        Request("POST", f"{SUBSCRIBE}/{id}/charges", charge, KEY),
        Request("POST", f"{SUBSCRIBE}/{id}/cancel", {"refund": True}),
        Request("POST", f"{SUBSCRIBE}/{id}/pause", {"resume_on": "2027-01-31"}),
        Request("POST", f"{SUBSCRIBE}/{id}/resume", {"resume_at": "2027-01-31T09:00:00Z"}),
    ]


def wrong_type(desk: Desk) -> list[Request]:
    id, number = desk.subscribe(), desk.number()
    whole: dict[str, Any] = {"plan": WEEKLY, "msisdn": number, "network": NETWORK}
    charge: dict[str, Any] = {"amount": "1.00", "currency": "GBP", "description": "gems"}
    mandate = {"reference": "100", "max_amount": "900.00", "currency": "INR"}
    changes: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (SUBSCRIBE, whole, {"plan": 5}),
        (SUBSCRIBE, whole, {"plan": ["weekly"]}),
        (SUBSCRIBE, whole, {"plan": "SUB#1"}),
        (SUBSCRIBE, whole, {"plan": "x" * 65}),
        (SUBSCRIBE, whole, {"msisdn": int(number[1:])}),
        (SUBSCRIBE, whole, {"msisdn": None}),
        (SUBSCRIBE, whole, {"msisdn": {"e164": number}}),
        (SUBSCRIBE, whole, {"msisdn": "\ud800"}),
        (SUBSCRIBE, whole, {"network": "23402"}),
        (SUBSCRIBE, whole, {"network": {"mcc": 234, "mnc": 2}}),
        (SUBSCRIBE, whole, {"network": {"mcc": "2345", "mnc": "02"}}),
        (SUBSCRIBE, whole, {"mandate": mandate | {"reference": "1/2"}}),
        (SUBSCRIBE, whole, {"mandate": mandate | {"max_amount": 900}}),
        (f"{SUBSCRIBE}/{id}/confirm", {}, {"pin": 123456}),
        (f"{SUBSCRIBE}/{id}/confirm", {}, {"pin": "12"}),
        (f"{SUBSCRIBE}/{id}/confirm", {}, {"pin": "12345678901"}),
        (f"{SUBSCRIBE}/{id}/confirm", {}, {"pin": "12a456"}),
        (f"{SUBSCRIBE}/{id}/confirm", {}, {"pin": "\u0661\u0662\u0663\u0664"}),
        (f"{SUBSCRIBE}/{id}/charges", charge, {"amount": 1.0}),
        (f"{SUBSCRIBE}/{id}/charges", charge, {"amount": True}),
        (f"{SUBSCRIBE}/{id}/charges", charge, {"currency": None}),
        (f"{SUBSCRIBE}/{id}/charges", charge, {"description": ""}),
        (f"{SUBSCRIBE}/{id}/charges", charge, {"description": "x" * 101}),
        (f"{SUBSCRIBE}/{id}/charges", charge, {"description": "two\nlines"}),
        (f"{SUBSCRIBE}/{id}/cancel", {}, {"when": "tomorrow"}),
        (f"{SUBSCRIBE}/{id}/cancel", {}, {"reason": "Too dear!"}),
        (f"{SUBSCRIBE}/{id}/pause", {}, {"resume_at": "2027-01-31T09:00:00"}),
        (f"{SUBSCRIBE}/{id}/pause", {}, {"resume_at": "tomorrow"}),
        (f"{SUBSCRIBE}/{id}/pause", {}, {"resume_at": 1801386000}),
        (f"{SUBSCRIBE}/{id}/pause", {}, {"resume_at": "9999-12-31T23:59:59-14:00"}),
    ]
    return [Request("POST", path, body | change, KEY) for path, body, change in changes]


def subscribes(desk: Desk, *bodies: dict[str, Any]) -> list[Request]:
    """Subscribing a fresh number, with what each body changes."""
    whole: dict[str, Any] = {"plan": WEEKLY, "network": NETWORK}
    return [Request("POST", SUBSCRIBE, whole | {"msisdn": desk.number()} | body) for body in bodies]


def by_mandate(desk: Desk, **change: str) -> Request:
    """Subscribing by a signed mandate, of which something is told otherwise."""
    mandate = desk.mandate() | change
    return Request("POST", SUBSCRIBE, {"plan": BANK, "msisdn": desk.number(), "mandate": mandate})


def same_number(desk: Desk) -> list[Request]:
    number = desk.number()
    desk.subscribe(WEEKLY, number)
    return subscribes(desk, {"msisdn": number}, {"msisdn": f" {number} "})


def same_mandate(desk: Desk) -> list[Request]:
    mandate = desk.mandate()
    desk.subscribe_by_mandate(mandate)
    return [Request("POST", SUBSCRIBE, {"plan": BANK, "msisdn": desk.number(), "mandate": mandate})]


CASES = {
    "A body that is no JSON: cut off, nested thousands deep, a number of thousands of digits, bytes that are no text": (
        lambda desk: everywhere(desk, NO_JSON)
    ),
    "A body that is JSON but no object: a list, a text, a number, null": lambda desk: everywhere(desk, NO_OBJECT),
    "A body that is sent as something else than application/json": other_content_type,
    "A body above 8 KiB": lambda desk: everywhere(desk, ['{"plan": "' + "x" * 8192 + '"}', "x" * 200_000]),
    "A missing field, or no body where fields are required": missing_field,
    "An unknown field, also inside another or in an operation without fields": unknown_field,
    "A field of the wrong type or form": wrong_type,
    "A number that is not E.164: national, with spaces or brackets, with letters, without +, too short, too long, "
    "other digits": lambda desk: subscribes(desk, *({"msisdn": text} for text in NO_E164)),
    "A plan that does not exist, or is another partner's": (
        lambda desk: subscribes(desk, {"plan": "nothing"}, {"plan": RIVALS}, {"plan": "Weekly"})
    ),
    "A plan that is sold no more": lambda desk: subscribes(desk, {"plan": GONE}),
    "A number of a country that the plan is not sold to": (
        lambda desk: subscribes(desk, *({"msisdn": f"+{other}{desk.number()[3:]}"} for other in ("999", "9990")))
    ),
    "A plan on the phone bill without `network`": (
        lambda desk: [Request("POST", SUBSCRIBE, {"plan": WEEKLY, "msisdn": desk.number()})]
    ),
    "A plan on the phone bill with `mandate`": lambda desk: subscribes(desk, {"mandate": desk.mandate()}),
    "A plan by bank mandate without `mandate`": lambda desk: subscribes(desk, {"plan": BANK}),
    "A mandate whose maximum is below the plan's price": lambda desk: [by_mandate(desk, max_amount="498.99")],
    "A mandate in another currency than the plan's": lambda desk: [by_mandate(desk, currency="GBP")],
    "A mandate's maximum that is no amount": (
        lambda desk: [by_mandate(desk, max_amount=text) for text in ("0", "-1.00", "much", "1e9", "99999999999")]
    ),
    "A number that has the plan already": same_number,
    "A mandate that pays for another subscription": same_mandate,
}
