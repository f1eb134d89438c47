"""Webhooks of every type that a test sends by hand: as published, wrong, late, twice; and refunds."""

from typing import Any

import pytest
import requests

from tests.integration.simulators.conftest import Partner
from tests.integration.simulators.driver import BILLING_PRODUCT, NUMBER, SERVICE, Driver

USER_EVENTS = [1, 2, 3, 24, 25]


@pytest.fixture
def told(driver: Driver, partner: Partner) -> Partner:
    """The partner whose address Infomedia has, after one bill of 4.99 under the reference `bill-1`."""
    driver.post("/control/callbacks", infomedia=partner.url, callback_delay_seconds=0)
    driver.renew(pt="bill-1")
    return partner


def webhook(driver: Driver, event: int, **more: Any) -> dict[str, Any]:
    return dict(driver.post("/control/webhooks", event=event, **more)["params"])


def received(partner: Partner, count: int = 1) -> list[dict[str, Any]]:
    deliveries = partner.wait_for(count)
    assert {delivery["verb"] for delivery in deliveries} == {"GET"}
    return [{name: value for name, value in delivery["params"].items() if name != "secret"} for delivery in deliveries]


@pytest.mark.parametrize("event", USER_EVENTS)
def test_what_concerns_a_user_names_number_network_and_product(driver: Driver, told: Partner, event: int) -> None:
    sent = webhook(driver, event, msisdn=f"+{NUMBER}", productId=SERVICE, reference="any-1")

    assert received(told) == [sent]
    assert sent == {
        "msisdn": NUMBER,
        "mcc": "234",
        "mnc": "02",
        "productid": str(SERVICE),
        "etid": str(event),
        "pt": "any-1",
        "success": "1",
    }


@pytest.mark.parametrize("event", [5, 31])
def test_what_concerns_money_is_taken_from_the_ledger(driver: Driver, told: Partner, event: int) -> None:
    (debit,) = driver.debits()

    sent = webhook(driver, event, reference="bill-1")

    assert received(told) == [sent]
    assert (sent["etid"], sent["pt"], sent["productid"]) == (str(event), "bill-1", str(BILLING_PRODUCT))
    assert (sent["chargeAmount"], sent["currencyCode"], sent["transactionStatus"]) == ("4.99", "GBP", "00")
    assert (sent["txid"] == debit["transaction"]) is (event == 5)


@pytest.mark.parametrize(("status", "success"), [("00", "1"), ("AA", "0"), ("48", "0")])
def test_a_charge_that_was_paid_may_be_reported_with_any_status(
    driver: Driver, told: Partner, status: str, success: str
) -> None:
    webhook(driver, 5, reference="bill-1", status=status)

    (params,) = received(told)
    assert (params["transactionStatus"], params["success"]) == (status, success)


def test_a_bill_that_never_was_may_be_reported_as_paid(driver: Driver, told: Partner) -> None:
    webhook(driver, 5, reference="never-1", msisdn=NUMBER, productId=BILLING_PRODUCT, amount=450)

    (params,) = received(told)
    assert (params["pt"], params["chargeAmount"], params["transactionStatus"]) == ("never-1", "4.50", "00")
    assert [row["reference"] for row in driver.debits()] == ["bill-1"]


def test_parameters_are_changed_and_left_out_at_will(driver: Driver, told: Partner) -> None:
    changes = {"txid": None, "chargeAmount": "1.00", "currencyCode": None, "etid": "99", "more": 1}
    webhook(driver, 31, reference="bill-1", **{"with": changes})

    (params,) = received(told)
    assert "txid" not in params
    assert "currencyCode" not in params
    assert (params["chargeAmount"], params["etid"], params["more"]) == ("1.00", "99", "1")


def test_a_webhook_comes_as_often_as_it_is_wanted(driver: Driver, told: Partner) -> None:
    shown = webhook(driver, 24, msisdn=NUMBER, productId=SERVICE, copies=0)
    sent = webhook(driver, 25, msisdn=NUMBER, productId=SERVICE, copies=3)

    assert shown["etid"] == "24"
    assert received(told, 3) == [sent] * 3
    assert len(driver.get("/control/callbacks/log")["deliveries"]) == 3


def test_a_late_webhook_waits_while_others_overtake_it(driver: Driver, told: Partner) -> None:
    webhook(driver, 24, msisdn=NUMBER, productId=SERVICE, delay_seconds=3600)
    webhook(driver, 25, msisdn=NUMBER, productId=SERVICE)

    assert [params["etid"] for params in received(told)] == ["25"]
    states = {row["params"]["etid"]: row["state"] for row in driver.get("/control/callbacks/log")["deliveries"]}
    assert states["24"] == "queued"


# --- refunds


def balance(driver: Driver) -> int:
    return int(driver.get(f"/handset/{NUMBER}")["balance_minor"])


def test_a_refund_gives_the_money_back_and_reports_it(driver: Driver, told: Partner) -> None:
    before = balance(driver)

    refund = driver.post("/control/refunds", reference="bill-1")

    ledger = driver.get("/control/ledger")
    assert received(told) == [refund["params"]]
    assert (refund["params"]["etid"], refund["params"]["chargeAmount"]) == ("31", "4.99")
    assert balance(driver) == before + 499
    assert [(row["reference"], row["amount_minor"], row["transaction"]) for row in ledger["refunds"]] == [
        ("bill-1", 499, refund["transaction"])
    ]
    assert [row["reference"] for row in ledger["debits"]] == ["bill-1"]
    assert driver.get("/control/ledger/summary")["refunds"][0]["total_minor"] == 499


def test_parts_are_given_back_until_nothing_is_left(driver: Driver, told: Partner) -> None:
    transactions = {
        driver.post("/control/refunds", reference="bill-1", amount=minor)["transaction"] for minor in (100, 200)
    }
    rest = driver.post("/control/refunds", reference="bill-1")

    assert len(transactions | {rest["transaction"]}) == 3
    assert rest["amount_minor"] == 199
    assert sorted(params["chargeAmount"] for params in received(told, 3)) == ["1.00", "1.99", "2.00"]
    answer = requests.post(f"{driver.url}/control/refunds", json={"reference": "bill-1"}, timeout=10)
    assert answer.status_code == 400


def test_a_refund_may_be_reported_twice_or_not_at_all(driver: Driver, told: Partner) -> None:
    driver.post("/control/refunds", reference="bill-1", amount=100, copies=0)
    driver.post("/control/refunds", reference="bill-1", amount=200, copies=2)

    assert [params["chargeAmount"] for params in received(told, 2)] == ["2.00", "2.00"]
    assert [row["amount_minor"] for row in driver.get("/control/ledger")["refunds"]] == [100, 200]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("webhooks", {}),
        ("webhooks", {"event": 4, "msisdn": NUMBER, "productId": 1}),
        ("webhooks", {"event": "2", "msisdn": NUMBER, "productId": 1}),
        ("webhooks", {"event": [2]}),
        ("webhooks", {"event": 2, "msisdn": NUMBER}),
        ("webhooks", {"event": 2, "productId": 1}),
        ("webhooks", {"event": 2, "msisdn": "twelve", "productId": 1}),
        ("webhooks", {"event": 5}),
        ("webhooks", {"event": 5, "reference": "never-1"}),
        ("webhooks", {"event": 5, "reference": 1}),
        ("webhooks", {"event": 5, "reference": "bill-1", "status": "0"}),
        ("webhooks", {"event": 5, "reference": "bill-1", "amount": 0}),
        ("webhooks", {"event": 5, "reference": "bill-1", "with": "txid"}),
        ("webhooks", {"event": 5, "reference": "bill-1", "copies": 1000}),
        ("webhooks", {"event": 5, "reference": "bill-1", "delay_seconds": "1"}),
        ("refunds", {}),
        ("refunds", {"reference": "never-1"}),
        ("refunds", {"reference": "bill-1", "amount": 0}),
        ("refunds", {"reference": "bill-1", "amount": 500}),
        ("refunds", {"reference": "bill-1", "copies": -1}),
    ],
    ids=str,
)
def test_an_impossible_wish_is_refused_and_moves_nothing(
    driver: Driver, told: Partner, path: str, body: dict[str, object]
) -> None:
    assert requests.post(f"{driver.url}/control/{path}", json=body, timeout=10).status_code == 400

    assert driver.get("/control/callbacks/log")["deliveries"] == []
    assert driver.get("/control/ledger")["refunds"] == []
