"""What Infomedia's methods refuse: keys, users, bodies, fields."""

import json
from typing import Any

import pytest
import requests

from tests.integration.simulators.driver import BILLING_PRODUCT, NUMBER, SANDBOX, SERVICE, Driver


@pytest.mark.parametrize(
    ("headers", "message"),
    [({}, "missing"), ({"X-Infomedia-Api-Key": "production-key"}, "invalid")],
    ids=["missing", "of the other product"],
)
def test_a_missing_or_foreign_key_is_401(driver: Driver, headers: dict[str, str], message: str) -> None:
    answer = requests.post(f"{driver.url}/dcbsb/SendBill", json={}, headers=headers, timeout=10)

    assert answer.status_code == 401
    assert answer.json()["statusCode"] == 401
    assert message in answer.json()["message"]
    assert driver.calls()[-1]["authorised"] is False


@pytest.mark.parametrize("wrong", [{"u": "nobody"}, {"p": "wrong"}, {"u": None}, {"p": 7}])
def test_a_wrong_user_or_password_is_an_error_inside_200(driver: Driver, wrong: dict[str, Any]) -> None:
    answer = driver.renew(**wrong)

    assert answer.status_code == 200
    assert answer.json()["status"] == "Error"
    assert answer.json()["conf"] is None
    assert driver.debits() == []


def test_an_unknown_method_is_404_and_a_get_is_405(driver: Driver) -> None:
    assert driver.infomedia("SendBills").status_code == 404
    assert requests.get(f"{driver.url}/dcb/SendBill", timeout=10).status_code == 405


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"amount": NaN}', b"\xff"])
def test_a_body_that_is_no_json_object_is_400(driver: Driver, body: bytes) -> None:
    key = {"X-Infomedia-Api-Key": SANDBOX["key"]}
    answer = requests.post(f"{driver.url}/dcbsb/SendBill", data=body, headers=key, timeout=10)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"mx": "+447700900001"},
        {"mx": "abc"},
        {"mx": None},
        {"mcc": "23"},
        {"mcc": None},
        {"mnc": "x"},
        {"bpid": None},
        {"bpid": True},
        {"amount": None},
        {"amount": 0},
        {"amount": -1},
        {"amount": 1.005},
        {"amount": "1,00"},
        {"amount": True},
        {"amount": "Infinity"},
        {"pt": "with space"},
        {"pt": "x" * 51},
        {"pt": 7},
        {"itemDescription": 7},
    ],
    ids=str,
)
def test_a_missing_or_impossible_field_of_a_bill_is_an_error_and_moves_no_money(
    driver: Driver, wrong: dict[str, Any]
) -> None:
    answer = driver.renew(**wrong).json()

    assert answer["status"] == "Error"
    assert answer["description"].startswith("E1 - ")
    assert next(iter(wrong)) in answer["description"]
    assert driver.debits() == []


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("PinGenerateWithParams", {"productId": None}),
        ("PinGenerateWithParams", {"params": [{"key": "amount", "value": 1}]}),
        ("PINValidate", {"pin": None}),
        ("SendBillWithPIN", {"pin": "12ab"}),
        ("LogActivity", {"activityType": None}),
        ("UpdateActivity", {"productId": "x"}),
    ],
)
def test_a_missing_field_of_another_method_is_an_error(driver: Driver, method: str, wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "productId": SERVICE,
        "bpid": BILLING_PRODUCT,
        "pin": "123456",
        "amount": 1,
        "activityType": "Subscribe",
    }

    assert driver.infomedia(method, **(fields | wrong)).json()["status"] == "Error"


def test_a_chunked_body_is_read_and_an_oversized_one_is_413(driver: Driver) -> None:
    body = {"mx": NUMBER, "mcc": "234", "mnc": "02", "u": SANDBOX["u"], "p": SANDBOX["p"], "bpid": 1, "amount": 1}
    text = json.dumps(body).encode()
    key = {"X-Infomedia-Api-Key": SANDBOX["key"]}

    chunked = driver.session.post(
        f"{driver.url}/dcbsb/SendBill", data=iter([text[:9], text[9:]]), headers=key, timeout=10
    )
    oversized = driver.session.post(f"{driver.url}/dcbsb/SendBill", data=b" " * 1_100_000, headers=key, timeout=10)

    assert chunked.json()["conf"]["status"] == "Success"
    assert oversized.status_code == 413
    assert len(driver.debits()) == 1


def test_a_bug_of_the_simulator_tells_its_place_but_no_number(
    driver: Driver, capsys: pytest.CaptureFixture[str]
) -> None:
    driver.server.world.database.run("ALTER TABLE sms RENAME TO lost")

    answer = driver.session.get(f"{driver.url}/handset/{NUMBER}", timeout=10)

    written = capsys.readouterr().err
    assert answer.status_code == 500
    assert "OperationalError" in written
    assert "subscribers.py" in written
    assert NUMBER not in written
