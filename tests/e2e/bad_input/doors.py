"""Bad input: paths, listings and callbacks."""

from __future__ import annotations

from tests.e2e.bad_input.bodies import SUBSCRIBE
from tests.e2e.desk import PARTNER, Desk, Request

NO_CALLBACKS = ["", "etid=", "etid=two", "etid=2", "etid=2&productid=x&msisdn=447700900500", "etid=5&pt=x-1"]
NO_STOPS = [
    "etid=2&productid=92000101&msisdn=not-a-number",
    "etid=2&etid=5&productid=92000101",
    "etid=5&pt=x-1&transactionStatus=00&success=0",
    "etid=5&pt=x-1&transactionStatus=00&chargeAmount=4.505&currencyCode=GBP",
]
NO_EVENTS: list[str | bytes] = [
    "",
    "hello",
    "{",
    "[]",
    "{}",
    '{"event": "SUBSCRIPTION_NEW_PAYMENT"}',
    '{"event": "SUBSCRIPTION_NEW_PAYMENT", "subReferenceId": "P#rival"}',
    "event=SUBSCRIPTION_NEW_PAYMENT&event=OTHER",
    '{"event": "' + "x" * 17_000 + '"}',
    b"\xff\xfe\x00",
    "[" * 9000,
]


def forged(desk: Desk) -> list[Request]:
    phone, bank = callback(desk, "news"), callback(desk, "bank")
    swapped = [phone.replace("/infomedia/", "/signzy/"), bank.replace("/signzy/", "/infomedia/")]
    stop = "?etid=2&productid=92000101&msisdn=447700900500"
    event = '{"event": "SUBSCRIPTION_NEW_PAYMENT", "subReferenceId": 100050}'
    return [
        Request("GET", f"/v1/callbacks/infomedia/forged{stop}", key=None),
        Request("GET", f"{phone}x{stop}", key=None),
        Request("GET", f"{swapped[1]}{stop}", key=None),
        Request("POST", "/v1/callbacks/signzy/forged", event, key=None),
        Request("POST", swapped[0], event, key=None),
    ]


def unreadable(desk: Desk) -> list[Request]:
    phone, bank = callback(desk, "news"), callback(desk, "bank")
    return [Request("GET", f"{phone}?{query}", key=None) for query in (*NO_CALLBACKS, *NO_STOPS)] + [
        Request("POST", bank, body, key=None) for body in NO_EVENTS
    ]


def callback(desk: Desk, service: str) -> str:
    """A good path for the provider of a service; the token in it is a secret."""
    path = desk.operator.create_callback(PARTNER, service)
    desk.secrets.append(path.rpartition("/")[2])
    return path


def listings(desk: Desk, queries: list[str]) -> list[Request]:
    path = f"{SUBSCRIBE}/{desk.active()}/bills"
    return [Request("GET", f"{path}?{query}") for query in queries]


CURSORS = [
    "cursor=",
    "cursor=zzz",
    "cursor=MA",
    "cursor=LTE",
    "cursor=MQ%3D%3D",
    "cursor=%22",
    "cursor=SiMwMDAwMDAwMDAx",
]
LIMITS = ["limit=0", "limit=101", "limit=-1", "limit=ten", "limit=1.5", "limit=1e1", "limit=", "limit=1&limit=x"]

CASES = {
    "A path that no operation has": (
        lambda desk: [
            Request("GET", path)
            for path in ("/", "/v1", "/v2/plans", "/v1/plans/weekly", "/v1/subscriptions/x/refunds", "/v1/PLANS")
        ]
    ),
    "A method that the path does not have": (
        lambda desk: [
            Request("GET", SUBSCRIBE),
            Request("DELETE", f"{SUBSCRIBE}/{desk.subscribe()}"),
            Request("PUT", "/v1/plans", {}),
            Request("PATCH", f"{SUBSCRIBE}/{desk.subscribe()}/cancel", {}),
            Request("GET", f"{SUBSCRIBE}/{desk.subscribe()}/charges"),
        ]
    ),
    "A cursor that the listing did not give out": lambda desk: listings(desk, CURSORS),
    "A limit that is no number from 1 to 100": lambda desk: listings(desk, LIMITS),
    "A callback under a path that we did not give out, or under another provider's": forged,
    "A callback under a good path that cannot be read": unreadable,
}
