"""Faults in detail: what they reshape, when they land, how rules combine and are counted."""

from typing import Any

import pytest
import requests

from tests.integration.simulators.conftest import Partner
from tests.integration.simulators.driver import NUMBER, Driver, symptom


def test_throttling_says_when_to_come_back(driver: Driver) -> None:
    driver.fault("throttle", retry_after=7)

    assert driver.renew().headers["Retry-After"] == "7"
    assert driver.charge(driver.mandate()).headers["Retry-After"] == "7"


def test_a_late_debit_lands_by_the_simulators_clock_with_the_reference_of_the_call(driver: Driver) -> None:
    pin = driver.pin()
    driver.fault("land_late", seconds=300, times=1)
    assert symptom(lambda: driver.first_bill(pin=pin, pt="late")) == "reset"
    driver.advance(299)
    too_early = driver.debits()
    landed = driver.advance(2)["landed"]

    assert too_early == []
    assert landed == 1
    assert [(row["reference"], row["method"]) for row in driver.debits()] == [("late", "SendBillWithPIN")]
    assert driver.get(f"/handset/{NUMBER}")["inbox"][-1]["kind"] == "receipt"
    assert driver.first_bill(pin=pin).json()["status"] == "Error"


def test_a_late_debit_does_not_land_on_a_wrong_pin_or_an_empty_balance(driver: Driver) -> None:
    driver.pin()
    driver.fault("land_late", seconds=10)
    symptom(lambda: driver.first_bill(pin="0", pt="wrong-pin"))
    symptom(lambda: driver.renew(pt="too-poor"))
    driver.post(f"/handset/{NUMBER}/balance", amount=1)
    driver.advance(11)

    assert driver.debits() == []


def test_a_late_charge_is_among_the_payments_only_once_it_has_landed(driver: Driver) -> None:
    mandate = driver.mandate()
    driver.fault("land_late", seconds=300, times=1)
    symptom(lambda: driver.charge(mandate))
    before = driver.payments(mandate)
    driver.advance(301)
    after = driver.payments(mandate)
    driver.advance(86_400)

    assert before == []
    assert [payment["status"] for payment in after] == ["PENDING"]
    assert len(driver.debits()) == 1


def test_answers_are_reshaped_as_asked(driver: Driver) -> None:
    driver.fault("missing_txid", provider="infomedia", times=1)
    assert "txid" not in driver.renew().json()
    driver.fault("d_wrapped", times=1)
    assert set(driver.renew().json()) == {"d"}
    driver.fault("string_types", provider="infomedia", times=1)
    assert isinstance(driver.renew().json()["bpid"], str)

    mandate = driver.mandate()
    driver.fault("unwrapped", times=1)
    assert driver.charge(mandate).json()["payment"]["status"] == "PENDING"
    driver.fault("missing_txid", provider="signzy", times=1)
    assert "paymentId" not in driver.charge(mandate).json()["result"]["payment"]
    driver.fault("string_types", provider="signzy", times=1)
    payment = driver.charge(mandate).json()["result"]["payment"]
    assert isinstance(payment["paymentId"], str)
    assert isinstance(payment["amount"], str)
    driver.fault("unknown_status", provider="signzy", method="GetPayment", status="LOST", times=1)
    path = f"/{mandate}/payments/{payment['paymentId']}"
    assert driver.signzy("GET", path).json()["result"]["payment"]["status"] == "LOST"
    assert driver.signzy("GET", path).json()["result"]["payment"]["status"] == "PENDING"


def test_a_followed_redirect_is_told(driver: Driver) -> None:
    driver.fault("redirect", times=1)
    requests.post(driver.renew().headers["Location"], timeout=10)

    assert driver.calls("provider=elsewhere")[0]["outcome"] == "redirect followed"


def test_a_failed_charge_has_its_reason_when_it_is_due(driver: Driver) -> None:
    mandate = driver.mandate()
    driver.fault("signzy_failed", reason="Account closed", times=1)
    driver.charge(mandate)
    driver.advance(86_400)

    payment = driver.payments(mandate)[0]
    assert (payment["status"], payment["failureReason"]) == ("FAILED", "Account closed")
    assert driver.debits() == []
    assert len(driver.get("/control/ledger")["failed"]) == 1


@pytest.mark.parametrize(
    ("fault", "events"),
    [
        ("callback_duplicate", ["SUBSCRIPTION_NEW_PAYMENT"] * 2),
        ("callback_contradictory", ["SUBSCRIPTION_PAYMENT_DECLINED"]),
        ("callback_lost", []),
    ],
)
def test_a_payment_is_called_back_as_its_fault_says(
    driver: Driver, partner: Partner, fault: str, events: list[str]
) -> None:
    driver.post("/control/callbacks", signzy=partner.url)
    mandate = driver.mandate()
    driver.fault(fault, method="Charge", times=1)
    driver.charge(mandate)
    driver.advance(86_400)
    driver.signzy("POST", f"/{mandate}/cancel")

    received = [delivery["params"]["event"] for delivery in partner.wait_for(len(events) + 1)]
    assert sorted(received) == sorted([*events, "SUBSCRIPTION_STATUS_CHANGE"])


def test_an_early_callback_is_there_before_the_answer_and_the_money_is_taken(driver: Driver, partner: Partner) -> None:
    driver.post("/control/callbacks", signzy=partner.url)
    driver.fault("callback_early", times=1)
    payment = driver.charge(driver.mandate()).json()["result"]["payment"]

    assert [delivery["params"]["paymentId"] for delivery in partner.received] == [payment["paymentId"]]
    assert payment["status"] == "PENDING"
    assert len(driver.debits()) == 1


def test_faults_of_different_channels_meet_in_one_call(driver: Driver) -> None:
    driver.fault("decline", code="AA", times=1)
    driver.fault("drop_after_debit", times=1)

    assert symptom(driver.renew) == "reset"
    assert driver.debits() == []
    assert driver.calls()[-1]["fault"] == "decline+drop_after_debit"


def test_the_oldest_rule_goes_first_and_skipped_calls_are_let_through(driver: Driver) -> None:
    driver.fault("decline", code="A6", times=1, skip=1)
    driver.fault("decline", code="A7", times=1, method="sendbill")

    assert [symptom(driver.renew) for _ in range(3)] == ["declined A7", "declined A6", "ok"]


def test_faults_about_money_leave_other_methods_alone_unless_named(driver: Driver) -> None:
    driver.fault("drop_after_debit", msisdn=NUMBER, times=1)
    pin = driver.pin()
    assert symptom(lambda: driver.first_bill(pin=pin)) == "reset"
    driver.fault("drop_after_debit", method=["LogActivity", "UpdateActivity"], times=1)
    assert symptom(lambda: driver.activity("LogActivity")) == "reset"

    assert len(driver.debits()) == 1
    assert len(driver.get("/control/activities")["activities"]) == 1


def test_a_fault_is_not_spent_on_a_call_with_a_wrong_key(driver: Driver) -> None:
    driver.fault("http_500", times=1)
    requests.post(f"{driver.url}/dcbsb/SendBill", json={}, timeout=10)

    assert symptom(driver.renew) == "500"


def test_rules_are_removed_one_by_one_or_all(driver: Driver) -> None:
    first = driver.fault("http_500")
    driver.fault("http_502")
    driver.session.delete(f"{driver.url}/control/faults/{first}", timeout=10)
    assert symptom(driver.renew) == "502"
    driver.session.delete(f"{driver.url}/control/faults", timeout=10)

    assert symptom(driver.renew) == "ok"
    assert driver.session.delete(f"{driver.url}/control/faults/{first}", timeout=10).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"fault": "earthquake"},
        {},
        {"fault": "http_500", "colour": "red"},
        {"fault": "hang", "seconds": 121},
        {"fault": "hang", "seconds": -1},
        {"fault": "land_late", "hold_seconds": 121},
        {"fault": "http_500", "times": 0},
        {"fault": "http_500", "provider": "cashfree"},
        {"fault": "unwrapped", "provider": "infomedia"},
        {"fault": "http_500", "msisdn": "x"},
    ],
    ids=str,
)
def test_an_impossible_rule_is_refused(driver: Driver, body: dict[str, Any]) -> None:
    answer = requests.post(f"{driver.url}/control/faults", json=body, timeout=10)

    assert answer.status_code == 400
    assert driver.get("/control/faults")["faults"] == []
