"""Bad input: ids, states, PINs, amounts and keys of single operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.e2e.bad_input.bodies import KEY, SUBSCRIBE
from tests.e2e.desk import BRIEF, NETWORK, QUICK, SENDS, TRIAL, WEEKLY, Desk, Request
from tests.e2e.waiting import wait_until

WRONG = "0000000000"
BODY = {"amount": "1.20", "currency": "GBP", "description": "100 gems"}
NOTICE = {
    "period": 2,
    "amount": "499.00",
    "currency": "INR",
    "bills_at": "2026-11-12T10:00:00Z",
    "given_at": "2026-11-10T10:00:00Z",
}
RECEIPT = {"attempt": "0123456789abcdef01234567-1", "sent_at": "2026-11-05T10:00:00Z", "channel": "email"}
NO_AMOUNTS = [
    "0",
    "0.00",
    "-0",
    "-1.20",
    "+1.20",
    "1e2",
    "1,20",
    "1_000",
    "1.2.3",
    " ",
    "",
    "NaN",
    "Infinity",
    "0x10",
    ".5",
    "5.",
    "one",
    "\u0661.20",
    "10000000.01",
    "9" * 25,
    "9" * 7000,
]


def operations(id: str) -> list[Request]:
    """Every operation on one subscription."""
    one = f"{SUBSCRIBE}/{id}"
    return [
        Request("GET", one),
        Request("GET", f"{one}/bills"),
        Request("POST", f"{one}/pin", {}),
        Request("POST", f"{one}/confirm", {"pin": WRONG}),
        Request("POST", f"{one}/charges", BODY, KEY),
        Request("POST", f"{one}/cancel", {}),
        Request("POST", f"{one}/pause", {}),
        Request("POST", f"{one}/resume", {}),
        Request("GET", f"{one}/consent"),
        Request("POST", f"{one}/notices", NOTICE),
        Request("POST", f"{one}/opt-outs", {"period": 2}),
        Request("POST", f"{one}/receipts", RECEIPT),
    ]


def impossible_ids(desk: Desk) -> list[Request]:
    ids = ["a-b", "SUB", "x" * 27, "x" * 2000, "%2e%2e", "a%20b", "*", "'", "%C3%A9", "P:rival", "$ne", "<script>"]
    return [one for id in ids for one in operations(id)]


def another_partners(desk: Desk) -> list[Request]:
    """Ours, asked for by the rival; each in the state in which we could do it."""
    pending, active = desk.subscribe(), desk.active()
    asked = [one for id in (pending, active) for one in operations(id)]
    return [Request(one.method, one.path, one.body, one.headers, desk.rival_key) for one in asked]


def over(desk: Desk) -> list[str]:
    return [desk.active(), desk.cancelled(), desk.expired()]


def ending(desk: Desk) -> str:
    """The id of a subscription that is cancelled to the end of its period."""
    id = desk.active()
    assert desk.post(f"{SUBSCRIBE}/{id}/cancel", {"when": "period_end"}).status_code == 200
    return id


def no_charge(desk: Desk) -> list[Request]:
    ids = [desk.subscribe(), desk.paused(), desk.cancelled(), desk.expired(), ending(desk)]
    return [Request("POST", f"{SUBSCRIBE}/{id}/charges", BODY, KEY) for id in ids]


def no_pause(desk: Desk) -> list[Request]:
    ids = [desk.subscribe(), desk.cancelled(), desk.expired(), ending(desk)]
    bodies = [{}, {"resume_at": (desk.now() + timedelta(days=5)).isoformat()}]
    return [Request("POST", f"{SUBSCRIBE}/{id}/pause", body) for id in ids for body in bodies]


def owing(desk: Desk) -> list[Request]:
    number = desk.number()
    id = desk.active(msisdn=number)
    desk.office.post(f"/handset/{number}/balance", amount=0)
    desk.move_clock(7 * 86400)
    desk.wake_until(id, lambda now_is: now_is["state"] == "past_due")
    return [Request("POST", f"{SUBSCRIBE}/{id}/pause", {})]


def wrong_times(desk: Desk) -> list[Request]:
    one = f"{SUBSCRIBE}/{desk.active()}/pause"
    near = [(desk.now() + timedelta(days=days)).isoformat() for days in (-1, 367)]
    far = ["0101-01-01T00:00:00-14:00", "2020-01-31T09:00:00Z", "9999-12-31T23:59:59+14:00"]
    return [Request("POST", one, {"resume_at": at}) for at in (*near, *far)]


def pin_by_mandate(desk: Desk) -> list[Request]:
    one = f"{SUBSCRIBE}/{desk.subscribe_by_mandate(desk.mandate())}"
    return [Request("POST", f"{one}/pin", {}), Request("POST", f"{one}/confirm", {"pin": WRONG})]


def confirming(id: str, pin: str | None) -> list[Request]:
    return [Request("POST", f"{SUBSCRIBE}/{id}/confirm", {"pin": pin} if pin else {})]


def expired_pin(desk: Desk) -> list[Request]:
    """The right PIN, too late; a subscription of its own shows when the function has seen the moved clock."""
    number, probe = desk.number(), desk.subscribe(BRIEF)
    id = desk.subscribe(BRIEF, number)
    desk.move_clock(61)
    wait_until("the PIN to be old", lambda: desk.confirm(probe, WRONG).json()["code"] == "pin_expired")
    return confirming(id, desk.pin(number))


def exhausted_pin(desk: Desk) -> list[Request]:
    number = desk.number()
    id = desk.subscribe(msisdn=number)
    tries = [desk.confirm(id, WRONG).json()["code"] for _ in range(3)]
    assert set(tries) == {"pin_wrong"}
    return confirming(id, desk.pin(number))


def last_pin_sent(desk: Desk) -> list[Request]:
    id = desk.subscribe(QUICK)
    for _ in range(SENDS - 1):
        assert desk.post(f"{SUBSCRIBE}/{id}/pin").status_code == 200
    return [Request("POST", f"{SUBSCRIBE}/{id}/pin", {})]


def charges(id: str, *changes: dict[str, Any]) -> Iterator[Request]:
    for change in changes:
        yield Request("POST", f"{SUBSCRIBE}/{id}/charges", BODY | change, KEY)


def over_mandate(desk: Desk) -> list[Request]:
    id = desk.active_by_mandate(1000)
    return list(charges(id, {"amount": "1000.01", "currency": "INR"}, {"amount": "9999999", "currency": "INR"}))


def no_key(desk: Desk) -> list[Request]:
    path = f"{SUBSCRIBE}/{desk.active()}/charges"
    return [Request("POST", path, BODY, {"Idempotency-Key": text}) for text in ("", "k" * 256, "k" * 4000)] + [
        Request("POST", path, BODY)
    ]


def reused_key(desk: Desk) -> list[Request]:
    id = desk.active()
    paid = desk.charge(id, "any")
    assert paid.status_code == 201, paid.text
    return list(charges(id, {"amount": "1.21"}, {"description": "200 gems"}, {"amount": "9.00", "currency": "EUR"}))


def useless_keys(id: str) -> Iterator[Request]:
    for one in operations(id):
        if one.method == "POST":
            for text in ("", "k" * 256):
                yield replace(one, headers={"Idempotency-Key": text})


def another_body(desk: Desk) -> list[Request]:
    """The first of each pair is carried out; a PIN that was wrong is not what is compared."""
    number = desk.number()
    subscribing = {"plan": WEEKLY, "msisdn": number, "network": NETWORK}
    subscribed = desk.send(Request("POST", SUBSCRIBE, subscribing, KEY))
    assert subscribed.status_code == 201, subscribed.text
    one = f"{SUBSCRIBE}/{subscribed.json()['subscription']['id']}"
    other = f"{SUBSCRIBE}/{desk.active()}"
    done = [
        Request("POST", f"{one}/confirm", {"pin": WRONG}, KEY),
        Request("POST", f"{other}/pause", {}, KEY),
        Request("POST", f"{other}/cancel", {}, KEY),
    ]
    assert [desk.send(request).status_code for request in done] == [422, 200, 200]
    soon = "2100-01-31T09:00:00Z"
    return [
        Request("POST", SUBSCRIBE, subscribing | {"msisdn": desk.number()}, KEY),
        Request("POST", SUBSCRIBE, subscribing | {"plan": TRIAL}, KEY),
        Request("POST", f"{one}/confirm", {"pin": WRONG, "consent": {"second_confirmation": True}}, KEY),
        Request("POST", f"{other}/pause", {"resume_at": soon}, KEY),
        Request("POST", f"{other}/cancel", {"when": "period_end"}, KEY),
        Request("POST", f"{other}/cancel", {"reason": "another"}, KEY),
    ]


CASES = {
    "An id that no subscription has": lambda desk: operations("0123456789abcdef01234567"),
    "Another partner's subscription": another_partners,
    "An id that no subscription can have": impossible_ids,
    "A PIN again for a subscription that is active, cancelled or expired": (
        lambda desk: [Request("POST", f"{SUBSCRIBE}/{id}/pin", {}) for id in over(desk)]
    ),
    "Confirming a subscription that is active, cancelled or expired": (
        lambda desk: [one for id in over(desk) for one in confirming(id, WRONG)]
    ),
    "Charging a subscription that is pending, paused, cancelled, expired, or cancelled to the end of its period": (
        no_charge
    ),
    "Pausing a subscription that is pending, cancelled, expired, or cancelled to the end of its period": no_pause,
    "Resuming a subscription that is pending, cancelled or expired": (
        lambda desk: [
            Request("POST", f"{SUBSCRIBE}/{id}/resume", {})
            for id in (desk.subscribe(), desk.cancelled(), desk.expired())
        ]
    ),
    "Pausing a subscription whose last bill is not paid": owing,
    "A time to resume at that has passed, or is more than 366 days ahead": wrong_times,
    "A PIN for a subscription by bank mandate": pin_by_mandate,
    "No PIN for a subscription on the phone bill": lambda desk: confirming(desk.subscribe(), None),
    "A wrong PIN": lambda desk: confirming(desk.subscribe(), WRONG),
    "A PIN that is too old": expired_pin,
    "A PIN after too many tries, even the right one": exhausted_pin,
    "A PIN again a moment after the last": lambda desk: [Request("POST", f"{SUBSCRIBE}/{desk.subscribe()}/pin", {})],
    "A PIN again after the last one that the service sends": last_pin_sent,
    "An amount of zero, a negative one, one above 10 million, or no plain decimal": (
        lambda desk: list(charges(desk.active(), *({"amount": text} for text in NO_AMOUNTS)))
    ),
    "An amount with more decimals than its currency": (
        lambda desk: list(
            charges(desk.active(), {"amount": "1.205"}, {"amount": "0.001"}, {"amount": "1." + "1" * 900})
        )
    ),
    "An amount above the mandate's maximum": over_mandate,
    "An amount in another currency than the subscription's": (
        lambda desk: list(charges(desk.active(), {"currency": "EUR"}, {"currency": "INR"}))
    ),
    "A currency that does not exist, or in lower case": (
        lambda desk: list(charges(desk.active(), *({"currency": text} for text in ("XXX", "gbp", "", "GBPP", "£"))))
    ),
    "No Idempotency-Key, an empty one, or one above 255 characters": no_key,
    "An Idempotency-Key that was used with another amount or description": reused_key,
    "An Idempotency-Key that is empty, or above 255 characters": lambda desk: list(useless_keys(desk.active())),
    "An Idempotency-Key that was used with another body": another_body,
}
