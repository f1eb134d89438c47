"""Signzy's eMandates calls as a partner makes them, with and without mistakes."""

from typing import Any

import pytest
import requests

from tests.integration.simulators.conftest import Partner
from tests.integration.simulators.driver import EMANDATES, NUMBER, Driver

_DAY = 86_400


def test_a_charge_is_accepted_first_and_debited_a_day_later(driver: Driver) -> None:
    mandate = driver.mandate(msisdn=NUMBER)

    result = driver.charge(mandate, 99.5).json()["result"]
    accepted, early = driver.accepted(), driver.debits()
    done = driver.advance(_DAY)

    payment_id = result["payment"]["paymentId"]
    paid = driver.signzy("GET", f"/{mandate}/payments/{payment_id}").json()["result"]["payment"]
    debit = driver.debits(f"mandate={mandate}")[0]
    assert (result["status"], result["message"]) == ("OK", "Subscription charge pending")
    assert result["payment"]["status"] == "PENDING"
    assert result["payment"]["amount"] == 99.5
    assert result["payment"]["subReferenceId"] == mandate
    assert result["payment"]["referenceId"] is None
    assert [row["transaction"] for row in accepted] == [str(payment_id)]
    assert early == []
    assert done["settled"] == 1
    assert paid["status"] == "SUCCESS"
    assert isinstance(paid["referenceId"], int)
    assert (debit["amount_minor"], debit["currency"], debit["msisdn"], debit["state"]) == (
        9950,
        "INR",
        NUMBER,
        "debited",
    )
    assert driver.accepted() == []
    assert driver.get(f"/handset/{NUMBER}")["inbox"][-1]["kind"] == "receipt"


def test_a_charge_may_name_its_mandate_in_the_body(driver: Driver) -> None:
    mandate = driver.mandate()

    in_body = driver.signzy("POST", "/charge", json={"subReferenceId": str(mandate), "amount": 10})
    in_both = driver.signzy("POST", f"/{mandate}/charge", json={"subReferenceId": mandate, "amount": 10})
    in_conflict = driver.signzy("POST", f"/{mandate}/charge", json={"subReferenceId": mandate + 1, "amount": 10})

    assert [in_body.status_code, in_both.status_code, in_conflict.status_code] == [200, 200, 400]
    assert len(driver.accepted()) == 2


def test_payments_are_paged_by_their_last_id(driver: Driver) -> None:
    mandate = driver.mandate()
    made = {driver.charge(mandate, 10 + number).json()["result"]["payment"]["paymentId"] for number in range(5)}

    seen: list[int] = []
    last: Any = None
    for _ in range(4):
        params = {"count": "2"} | ({"lastId": str(last)} if last else {})
        page = driver.signzy("GET", f"/{mandate}/payments", params=params).json()["result"]
        seen += [payment["paymentId"] for payment in page["payments"]]
        last = page["lastId"]
        if last is None:
            break

    assert len(seen) == 5
    assert set(seen) == made


def test_details_show_the_mandate(driver: Driver) -> None:
    mandate = driver.mandate(maxAmount=750)

    subscription = driver.signzy("GET", f"/{mandate}").json()["result"]["subscription"]

    assert (subscription["subReferenceId"], subscription["status"], subscription["maxAmount"]) == (
        mandate,
        "ACTIVE",
        750,
    )
    assert subscription["mode"] == "NPCI_SBC"


def test_a_mandate_is_created_authorised_by_the_bank_and_charged(driver: Driver, partner: Partner) -> None:
    asked = {
        "customerEmail": "someone@example.com",
        "customerPhone": NUMBER,
        "mandateName": "plan-1",
        "mandateType": "ON_DEMAND",
        "maxAmount": 500,
        "callbackUrl": partner.url,
    }
    made = driver.signzy("POST", "", json=asked).json()["result"]
    too_early = driver.charge(made["subReferenceId"])
    requests.post(made["authLink"], timeout=10)
    charged = driver.charge(made["subReferenceId"])

    params = partner.wait_for(1)[0]["params"]
    assert made["subStatus"] == "INITIALIZED"
    assert (too_early.status_code, charged.status_code) == (400, 200)
    assert (params["event"], params["lastStatus"], params["status"]) == (
        "SUBSCRIPTION_STATUS_CHANGE",
        "INITIALIZED",
        "ACTIVE",
    )


def test_cancelling_a_mandate_is_told_and_ends_charges_but_not_what_is_in_flight(
    driver: Driver, partner: Partner
) -> None:
    driver.post("/control/callbacks", signzy=partner.url)
    mandate = driver.mandate()
    driver.charge(mandate)

    cancelled = driver.signzy("POST", f"/{mandate}/cancel").json()["result"]
    again = driver.signzy("POST", f"/{mandate}/cancel")
    refused = driver.charge(mandate)
    driver.advance(_DAY)

    events = [delivery["params"]["event"] for delivery in partner.wait_for(2)]
    assert cancelled["message"] == "Subscription Cancelled"
    assert (again.status_code, refused.status_code) == (400, 400)
    assert len(driver.debits()) == 1
    assert sorted(events) == ["SUBSCRIPTION_NEW_PAYMENT", "SUBSCRIPTION_STATUS_CHANGE"]


def test_a_charge_is_cancelled_only_while_it_is_initialized(driver: Driver) -> None:
    mandate = driver.mandate()
    pending = driver.charge(mandate).json()["result"]["payment"]["paymentId"]
    driver.post("/control/settings", first_payment_status="INITIALIZED")
    initialized = driver.charge(mandate).json()["result"]["payment"]["paymentId"]

    refused = driver.signzy("POST", f"/{mandate}/charge/{pending}/cancel")
    cancelled = driver.signzy("POST", f"/{mandate}/charge/{initialized}/cancel").json()["result"]
    driver.advance(_DAY)

    assert refused.status_code == 400
    assert cancelled["payment"]["status"] == "CANCELLED"
    assert [row["transaction"] for row in driver.debits()] == [str(pending)]
    assert [row["transaction"] for row in driver.get("/control/ledger")["cancelled"]] == [str(initialized)]


def test_the_greatest_amount_itself_can_be_charged(driver: Driver) -> None:
    assert driver.charge(driver.mandate(maxAmount=500), 500).json()["result"]["payment"]["amount"] == 500


@pytest.mark.parametrize("encoding", ["json", "form"])
def test_success_is_called_back_and_failure_is_not(driver: Driver, partner: Partner, encoding: str) -> None:
    driver.post("/control/callbacks", signzy=partner.url, signzy_encoding=encoding)
    mandate = driver.mandate()
    failed = driver.charge(mandate, 10).json()["result"]["payment"]["paymentId"]
    paid = driver.charge(mandate, 20).json()["result"]["payment"]["paymentId"]

    driver.post(f"/control/payments/{failed}/settle", status="FAILED", reason="Account closed")
    driver.post(f"/control/payments/{paid}/settle", status="SUCCESS")

    delivery = partner.wait_for(1)[0]
    assert delivery["encoding"] == encoding
    assert delivery["params"]["event"] == "SUBSCRIPTION_NEW_PAYMENT"
    assert str(delivery["params"]["paymentId"]) == str(paid)
    assert delivery["params"]["subReferenceId"] == str(mandate)
    assert len(driver.get("/control/callbacks/log")["deliveries"]) == 1
    shown = {payment["paymentId"]: payment for payment in driver.payments(mandate)}
    assert (shown[failed]["status"], shown[failed]["failureReason"]) == ("FAILED", "Account closed")
    assert [row["transaction"] for row in driver.get("/control/ledger")["failed"]] == [str(failed)]
    assert [row["transaction"] for row in driver.debits()] == [str(paid)]


def test_a_final_payment_stays_final(driver: Driver) -> None:
    payment = driver.charge(driver.mandate()).json()["result"]["payment"]["paymentId"]
    driver.post(f"/control/payments/{payment}/settle", status="SUCCESS")

    again = requests.post(f"{driver.url}/control/payments/{payment}/settle", json={"status": "FAILED"}, timeout=10)

    assert again.status_code == 400
    assert len(driver.debits()) == 1


def test_the_prefix_is_the_documented_one() -> None:
    assert EMANDATES == "/api/v3/eNach/eMandates"
