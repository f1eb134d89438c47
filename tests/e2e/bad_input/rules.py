"""Bad input: consent, caps, notices and receipts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.e2e.bad_input.bodies import KEY, SUBSCRIBE
from tests.e2e.bad_input.operations import BODY, NOTICE, RECEIPT
from tests.e2e.desk import NETWORK, NOTICED, RULED, Desk, Request


def subscribing(desk: Desk, *consents: dict[str, Any] | None) -> list[Request]:
    plan = {"plan": RULED, "network": NETWORK}
    sent = [{"consent": consent} if consent is not None else {} for consent in consents]
    return [Request("POST", SUBSCRIBE, {**plan, "msisdn": desk.number(), **consent}) for consent in sent]


def without(desk: Desk, part: str) -> dict[str, Any]:
    return {name: value for name, value in desk.consent().items() if name != part}


def no_second_stage(desk: Desk) -> list[Request]:
    number = desk.number()
    body = {"plan": RULED, "msisdn": number, "network": NETWORK, "consent": desk.consent()}
    id = desk.made(desk.post(SUBSCRIBE, body))
    pin = desk.pin(number)
    return [
        Request("POST", f"{SUBSCRIBE}/{id}/confirm", {"pin": pin}),
        Request("POST", f"{SUBSCRIBE}/{id}/confirm", {"pin": pin, "consent": {"method": "web"}}),
    ]


def contradicting(desk: Desk) -> list[Request]:
    times = [(desk.now() + by).isoformat() for by in (timedelta(hours=1), timedelta(hours=-2))]
    prices = [{"amount": "4.49", "currency": "GBP"}, {"amount": "4.50", "currency": "EUR"}]
    wrong: list[dict[str, Any]] = [{"given_at": at} for at in times] + [{"price": price} for price in prices]
    wrong.append({"second_confirmation": False})
    return subscribing(desk, *(desk.consent(**change) for change in wrong))


def over_cap(desk: Desk) -> list[Request]:
    id = desk.ruled()
    assert desk.charge(id, "within", "4.50").status_code == 201
    path = f"{SUBSCRIBE}/{id}/charges"
    return [Request("POST", path, BODY | {"amount": amount}, KEY) for amount in ("5.01", "1.01")]


def on_demand(desk: Desk) -> list[Request]:
    path = f"{SUBSCRIBE}/{desk.active_by_mandate(plan=NOTICED)}/charges"
    return [Request("POST", path, BODY | {"currency": "INR"}, KEY)]


def not_announced(desk: Desk) -> list[Request]:
    return [
        request
        for id in (desk.active(), desk.active_by_mandate(plan=NOTICED))
        for request in (
            Request("POST", f"{SUBSCRIBE}/{id}/notices", NOTICE),
            Request("POST", f"{SUBSCRIBE}/{id}/opt-outs", {"period": 2}),
        )
    ]


def not_owed(desk: Desk) -> list[Request]:
    id, ruled = desk.active(), desk.ruled()
    path = f"{SUBSCRIBE}/{ruled}/receipts"
    return [
        Request("POST", f"{SUBSCRIBE}/{id}/receipts", RECEIPT | {"attempt": f"{id}-1"}),
        Request("POST", path, RECEIPT | {"attempt": f"{ruled}-99"}),
    ]


CASES = {
    "No evidence of consent, or not all that the plan requires": (
        lambda desk: subscribing(desk, None, {}, without(desk, "price"), without(desk, "text_version"))
    ),
    "A confirm without the second stage of consent that the plan requires": no_second_stage,
    "Consent to another price, in the future, too long ago, or not confirmed": contradicting,
    "An amount above the plan's cap for a payment, or for the month": over_cap,
    "A charge under a plan whose users get a notice before each debit": (
        lambda desk: [
            Request(
                "POST", f"{SUBSCRIBE}/{desk.active_by_mandate(plan=NOTICED)}/charges", BODY | {"currency": "INR"}, KEY
            )
        ]
    ),
    "A notice, or an opt-out, of a debit that is not announced": not_announced,
    "The receipt of a payment that there is not, or that others owe": not_owed,
}
