"""Requests by the documented names, and what a service may change about them."""

from decimal import Decimal

import pytest

from pinbill.errors import CatalogInvalid
from pinbill.providers.infomedia.wire import (
    BILL,
    CALLS,
    CLOSE,
    FIRST_BILL,
    LOG,
    PIN_GENERATE,
    PIN_VALIDATE,
    body,
    check,
    path,
)

WHO = {"msisdn": "447700900123", "mcc": "234", "mnc": "02", "product": "92000000", "user": "user", "password": "pass"}
MONEY: dict[str, str | Decimal] = {
    **WHO,
    "product": "91000000",
    "amount": Decimal("4.50"),
    "description": "Acme News",
    "reference": "SUB1-1",
}
SENT = {"mx": "447700900123", "mcc": "234", "mnc": "02", "u": "user", "p": "pass"}


def test_a_pin_is_asked_for_with_the_documented_parameters() -> None:
    values: dict[str, str | Decimal] = {
        **WHO,
        "amount": Decimal("4.50"),
        "frequency": "month",
        "description": "Acme News",
        "reference": "SUB1",
    }

    assert path(PIN_GENERATE, {}) == "/PINGenerateWithParams"
    assert body(PIN_GENERATE, values, {}) == {
        **SENT,
        "productId": 92000000,
        "params": [
            {"key": "amount", "value": "4.50"},
            {"key": "frequency", "value": "month"},
            {"key": "language", "value": "en"},
            {"key": "description", "value": "Acme News"},
        ],
    }


def test_a_pin_is_checked_under_the_subscription_product() -> None:
    assert body(PIN_VALIDATE, {**WHO, "pin": "012345", "reference": "SUB1"}, {}) == {
        **SENT,
        "productId": 92000000,
        "pin": "012345",
    }


def test_a_bill_carries_its_reference_and_an_exact_amount() -> None:
    bill = {**SENT, "bpid": 91000000, "amount": Decimal("4.50"), "itemDescription": "Acme News", "pt": "SUB1-1"}

    assert body(BILL, MONEY, {}) == bill
    assert body(FIRST_BILL, {**MONEY, "pin": "012345"}, {}) == {**bill, "pin": "012345"}


@pytest.mark.parametrize(("call", "kind"), [(LOG, "Subscribe"), (CLOSE, "Unsubscribe")])
def test_an_activity_says_what_happened_to_which_subscription(call: str, kind: str) -> None:
    assert body(call, {**WHO, "reference": "SUB1"}, {}) == {
        **SENT,
        "productId": 92000000,
        "pt": "SUB1",
        "activityType": kind,
    }


def test_a_service_renames_omits_retypes_and_adds_fields() -> None:
    overrides = {
        "SendBill.path": "SendBillV2",
        "SendBill.reference": "passThrough",
        "SendBill.description": "",
        "SendBill.amount.type": "string",
        "SendBill.mnc.type": "number",
        "SendBill.mcc.type": "number",
        "SendBill.product.type": "string",
        "SendBill.extra.channel": "web",
        "SendBill.extra.params.Campaign": "7",
        "LogActivity.activity_type.value": "1",
    }
    check(overrides)

    assert path(BILL, overrides) == "/SendBillV2"
    assert body(BILL, MONEY, overrides) == {
        "mx": "447700900123",
        "mcc": 234,
        "mnc": 2,
        "bpid": "91000000",
        "u": "user",
        "p": "pass",
        "amount": "4.50",
        "passThrough": "SUB1-1",
        "channel": "web",
        "params": [{"key": "Campaign", "value": "7"}],
    }
    assert body(LOG, {**WHO, "reference": "SUB1"}, overrides)["activityType"] == "1"
    assert body(CLOSE, {**WHO, "reference": "SUB1"}, overrides)["activityType"] == "Unsubscribe"


def test_the_pin_can_travel_among_the_parameters_as_on_the_older_platform() -> None:
    overrides = {"PINValidate.pin": "params.PIN", "PINValidate.path": "PINValidateWithParams"}
    check(overrides)

    assert body(PIN_VALIDATE, {**WHO, "pin": "012345"}, overrides)["params"] == [{"key": "PIN", "value": "012345"}]


def test_a_reference_can_be_sent_with_the_pin_request() -> None:
    overrides = {"PinGenerateWithParams.reference": "pt"}
    check(overrides)

    assert body(PIN_GENERATE, {**WHO, "reference": "SUB1"}, overrides)["pt"] == "SUB1"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("", "x"),
        ("SendBill", "x"),
        ("Refund.reference", "pt"),
        ("SendBill.pin", "pin"),
        ("SendBill.nothing", "x"),
        ("SendBill.path", "../SendBill"),
        ("SendBill.path", ""),
        ("SendBill.reference", ""),
        ("SendBill.amount", ""),
        ("SendBill.msisdn", ""),
        ("SendBill.product", ""),
        ("SendBillWithPIN.pin", ""),
        ("SendBill.reference", "a b"),
        ("SendBill.amount.value", "0.01"),
        ("SendBill.msisdn.value", "447700900999"),
        ("SendBill.reference.value", "x"),
        ("SendBill.amount.type", "float"),
        ("SendBill.msisdn.type", "number"),
        ("SendBill.reference.", "pt"),
        ("SendBill.amount.type.more", "string"),
        ("SendBill.extra", "x"),
        ("SendBill.extra.", "x"),
        ("SendBill.extra.a b", "x"),
        ("SendBill.description", "amount"),
        ("SendBill.description", "MX"),
        ("SendBill.extra.pt", "x"),
    ],
)
def test_an_override_that_could_break_a_bill_is_refused_by_its_name(key: str, value: str) -> None:
    with pytest.raises(CatalogInvalid, match="wire:"):
        check({key: value})


def test_the_defaults_are_valid_and_complete() -> None:
    check({})

    assert set(CALLS) == {PIN_GENERATE, PIN_VALIDATE, FIRST_BILL, BILL, LOG, CLOSE}
