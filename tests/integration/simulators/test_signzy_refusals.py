"""What Signzy's calls refuse: keys, bodies, fields, amounts, mandates that cannot be charged."""

from typing import Any

import pytest

from tests.integration.simulators.driver import ACCESS_KEY, NUMBER, Driver

_DAY = 86_400


@pytest.mark.parametrize("missing", ["customerEmail", "customerPhone", "mandateName", "mandateType", "maxAmount"])
def test_a_mandate_needs_its_mandatory_fields(driver: Driver, missing: str) -> None:
    asked: dict[str, Any] = {
        "customerEmail": "someone@example.com",
        "customerPhone": NUMBER,
        "mandateName": "plan-1",
        "mandateType": "ON_DEMAND",
        "maxAmount": 500,
    }
    del asked[missing]

    assert driver.signzy("POST", "", json=asked).status_code == 400
    assert driver.get("/control/mandates")["mandates"] == []


@pytest.mark.parametrize(
    ("mandate", "amount", "status"),
    [
        ({}, 500.01, 400),
        ({"status": "ON_HOLD"}, 10, 400),
        ({"status": "BANK_APPROVAL_PENDING"}, 10, 400),
        ({"type": "PERIODIC"}, 10, 422),
        ({"mode": "UPI"}, 10, 422),
        ({"mode": "CARD"}, 10, 422),
        ({}, 0, 400),
        ({}, -5, 400),
        ({}, 10.005, 400),
        ({}, "10", 400),
        ({}, None, 400),
        ({}, True, 400),
    ],
    ids=str,
)
def test_a_charge_that_cannot_be_taken_gets_the_error_object(
    driver: Driver, mandate: dict[str, Any], amount: Any, status: int
) -> None:
    answer = driver.charge(driver.mandate(**mandate), amount)

    error = answer.json()["error"]
    assert answer.status_code == error["status"] == error["statusCode"] == status
    assert set(error) == {"name", "message", "status", "reason", "type", "statusCode"}
    assert driver.get("/control/ledger")["entries"] == []


@pytest.mark.parametrize("key", ["", "wrong", f"Bearer {ACCESS_KEY}"])
def test_a_wrong_key_is_401(driver: Driver, key: str) -> None:
    mandate = driver.mandate()

    answer = driver.signzy("POST", f"/{mandate}/charge", key=key, json={"amount": 10})

    assert answer.status_code == 401
    assert answer.json()["error"]["statusCode"] == 401
    assert driver.accepted() == []


def test_malformed_json_is_422_and_an_unknown_mandate_or_payment_is_404(driver: Driver) -> None:
    mandate, other = driver.mandate(), driver.mandate()
    payment = driver.charge(other).json()["result"]["payment"]["paymentId"]

    assert driver.signzy("POST", f"/{mandate}/charge", data=b"{").status_code == 422
    assert driver.signzy("POST", "/999999/charge", json={"amount": 10}).status_code == 404
    assert driver.signzy("GET", "/nonsense").status_code == 404
    assert driver.signzy("GET", f"/{mandate}/payments/{payment}").status_code == 404
    assert driver.signzy("GET", f"/{mandate}/nonsense").json()["error"]["statusCode"] == 404


def test_a_periodic_mandate_is_created_but_never_charged_on_demand(driver: Driver) -> None:
    asked = {
        "customerEmail": "someone@example.com",
        "customerPhone": NUMBER,
        "mandateName": "plan-1",
        "mandateType": "PERIODIC",
        "amount": 50,
        "firstChargeDate": "2030-01-01",
        "intervalType": "MONTH",
    }
    made = driver.signzy("POST", "", json=asked).json()["result"]["subReferenceId"]
    driver.post(f"/control/mandates/{made}/status", status="ACTIVE")

    assert driver.charge(made, 50).status_code == 422
    assert driver.signzy("POST", "", json=asked | {"firstChargeDate": None}).status_code == 400
    assert driver.signzy("POST", "", key="wrong", json=asked).status_code == 401
