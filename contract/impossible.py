"""What `raised.py` finds and cannot happen: the code is reachable, but not with what these routes bring along.

Each row is held by tests: it must be found, and no answer to a test may be one of its errors.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

SUBSCRIBE = "POST /v1/subscriptions"
PIN, CONFIRM, CHARGE, CANCEL = (
    f"POST /v1/subscriptions/{{subscription_id}}/{what}" for what in ("pin", "confirm", "charges", "cancel")
)
PLANS = "GET /v1/plans"


class Impossible(NamedTuple):
    """An error that certain routes cannot raise, and why."""

    error: str
    routes: Collection[str]
    why: str


IMPOSSIBLE = (
    Impossible("AlreadySettled", (CONFIRM, CHARGE), "only the claim of a renewal raises it"),
    Impossible("ScopeInvalid", (CONFIRM, CHARGE), "the operator's stops are checked when they are written"),
    Impossible("CursorInvalid", (CONFIRM, CHARGE), "the ledger is read from its newest entry, without a cursor"),
    Impossible("PinWrong", (SUBSCRIBE, PIN), "only the check of a PIN gives a verdict on one"),
    Impossible("PinExpired", (SUBSCRIBE, PIN), "as above"),
    Impossible("PinExhausted", (SUBSCRIBE, PIN), "as above"),
    Impossible("OutOfTime", (SUBSCRIBE, PIN), "only a payment that was claimed can be too old to be asked for"),
    Impossible("WrongState", (SUBSCRIBE,), "a subscription that has left its first state meanwhile is left as it is"),
    Impossible("SubscriptionNotFound", (SUBSCRIBE,), "the id is our own, and no subscription is ever deleted"),
    Impossible("WrongState", (CANCEL,), "the table of states has a cancel for each"),
    Impossible("NotFound", (SUBSCRIBE, PLANS), "their paths hold nothing that could be of a form that no route has"),
)


def possible(route: str, errors: Collection[str]) -> set[str]:
    """The errors that remain."""
    return set(errors) - {row.error for row in IMPOSSIBLE if route in row.routes}
