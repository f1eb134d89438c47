"""Callbacks as JSON and as a form; they only say where to look."""

import json
from urllib.parse import urlencode

import pytest

from pinbill.errors import CallbackMalformed
from pinbill.providers.signzy.callbacks import read
from pinbill.usecases.callback import MandateMoved

NEW_PAYMENT = {
    "event": "SUBSCRIPTION_NEW_PAYMENT",
    "subReferenceId": "100001",
    "eventTime": "2026-11-21 20:30:00",
    "paymentId": 5000001,
    "amount": 199.0,
    "referenceId": 45000001,
    "retryAttempts": 0,
}


def status_change(status: str) -> dict[str, object]:
    return {
        "event": "SUBSCRIPTION_STATUS_CHANGE",
        "subReferenceId": "100001",
        "status": status,
        "lastStatus": "ACTIVE",
        "eventTime": "2026-11-21 20:30:00",
    }


def encodings(fields: dict[str, object]) -> list[bytes]:
    return [json.dumps(fields).encode(), urlencode(fields).encode()]


def test_a_new_payment_says_that_the_mandate_has_moved() -> None:
    for body in [*encodings(NEW_PAYMENT), *encodings({**NEW_PAYMENT, "subReferenceId": 100001})]:
        assert read(body) == MandateMoved("100001", revoked=False)


@pytest.mark.parametrize(
    "status", ["CANCELLED", "CUSTOMER_CANCELLED", "COMPLETED", "EXPIRED", "LINK_EXPIRED", "cancelled"]
)
def test_a_final_status_revokes_the_mandate(status: str) -> None:
    for body in encodings(status_change(status)):
        assert read(body) == MandateMoved("100001", revoked=True)


@pytest.mark.parametrize(
    "status",
    ["ACTIVE", "ON_HOLD", "PAUSED", "CUSTOMER_PAUSED", "INITIALIZED", "BANK_APPROVAL_PENDING", "CARD_EXPIRED", "?"],
)
def test_another_status_changes_nothing(status: str) -> None:
    for body in encodings(status_change(status)):
        assert read(body) is None


@pytest.mark.parametrize("event", ["SUBSCRIPTION_AUTH_STATUS", "SUBSCRIPTION_PAYMENT_DECLINED", "REFUND_STATUS", "new"])
def test_another_event_changes_nothing(event: str) -> None:
    for body in encodings({**NEW_PAYMENT, "event": event}):
        assert read(body) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"plain text",
        b"\xff\xfe",
        b"a=%ff",
        b"event=A&event=B",
        b'{"event": "A", "Event": "B"}',
        json.dumps({**NEW_PAYMENT, "subReferenceId": None}).encode(),
        json.dumps({**NEW_PAYMENT, "subReferenceId": "100001/x"}).encode(),
        json.dumps({**NEW_PAYMENT, "event": None}).encode(),
        json.dumps({**NEW_PAYMENT, "x": "y" * 20_000}).encode(),
        urlencode({f"a{n}": 1 for n in range(60)}).encode(),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(CallbackMalformed):
        read(body)
