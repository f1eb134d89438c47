"""Infomedia's methods as a partner calls them, with and without mistakes."""

import pytest

from tests.integration.simulators.driver import BILLING_PRODUCT, NUMBER, PRODUCTION, SANDBOX, SERVICE, Driver


def test_a_pin_reaches_the_handset_and_is_not_in_the_answer(driver: Driver) -> None:
    params = [
        {"key": "description", "value": "Chess"},
        {"key": "amount", "value": "4.99"},
        {"key": "frequency", "value": "month"},
    ]
    answer = driver.infomedia("PINGenerateWithParams", productId=SERVICE, params=params)

    message = driver.get(f"/handset/{NUMBER}")["inbox"][0]
    assert answer.json() == {"status": "Success", "description": "00 - Everything was OK", "pinId": ""}
    assert message["kind"] == "pin"
    assert len(message["pin"]) == 6
    assert "Chess at 4.99 per month" in message["text"]


@pytest.mark.parametrize("product", [SANDBOX, PRODUCTION], ids=["sandbox", "production"])
def test_a_right_pin_bills_and_the_ledger_and_the_handset_show_it(driver: Driver, product: dict[str, str]) -> None:
    driver.infomedia("PinGenerateWithParams", product, productId=SERVICE)
    pin = driver.get(f"/handset/+{NUMBER}")["inbox"][-1]["pin"]

    body = driver.infomedia(
        "sendbillwithpin", product, bpid=BILLING_PRODUCT, pin=pin, amount="4.99", pt="a-1", itemDescription="Chess"
    ).json()

    debit = driver.debits(f"msisdn=%2B{NUMBER}")[0]
    handset = driver.get(f"/handset/{NUMBER}")
    assert body["status"] == body["conf"]["status"] == "Success"
    assert (body["bpid"], body["mx"], body["mcc"], body["mnc"]) == (BILLING_PRODUCT, NUMBER, "234", "2")
    assert body["conf"]["portedMcc"] is None
    assert debit["transaction"] == body["txid"]
    assert (debit["amount_minor"], debit["currency"], debit["reference"], debit["method"], debit["product"]) == (
        499,
        "GBP",
        "a-1",
        "SendBillWithPIN",
        str(BILLING_PRODUCT),
    )
    assert handset["balance_minor"] == 100_000 - 499
    assert handset["inbox"][-1]["kind"] == "receipt"
    assert "4.99 GBP for Chess" in handset["inbox"][-1]["text"]


@pytest.mark.parametrize("method", ["PINValidate", "PinValidateWithParams"])
def test_a_validated_pin_bills_nobody_and_serves_once(driver: Driver, method: str) -> None:
    pin = driver.pin()

    first = driver.infomedia(method, productId=SERVICE, pin=pin).json()
    second = driver.infomedia(method, productId=SERVICE, pin=pin).json()

    assert first == {"status": "Success", "description": "00 - Everything was OK"}
    assert second["description"] == "P4 - no PIN requested"
    assert driver.debits() == []


def test_every_send_bill_debits_again_even_with_the_same_reference(driver: Driver) -> None:
    txids = {driver.renew(pt="same").json()["txid"] for _ in range(2)}

    assert len(txids) == 2
    assert [row["reference"] for row in driver.debits("reference=same&method=SendBill")] == ["same", "same"]


def test_activities_are_journalled_and_repeats_succeed(driver: Driver) -> None:
    answers = [driver.activity("LogActivity").json()["status"] for _ in range(2)]
    logged = driver.get(f"/handset/{NUMBER}")["subscriptions"]
    answers.append(driver.activity("UpdateActivity", kind="Unsubscribe").json()["status"])

    assert answers == ["Success"] * 3
    assert [(entry["productId"], entry["status"]) for entry in logged] == [(str(SERVICE), "subscribed")]
    assert driver.get(f"/handset/{NUMBER}")["subscriptions"][0]["status"] == "unsubscribed"
    assert [row["method"] for row in driver.get("/control/activities")["activities"]] == [
        "LogActivity",
        "LogActivity",
        "UpdateActivity",
    ]


def test_a_wrong_pin_is_counted_and_the_right_one_is_refused_after_three(driver: Driver) -> None:
    pin = driver.pin()
    wrong = f"{(int(pin) + 1) % 10**6:06d}"

    answers = [driver.first_bill(pin=wrong).json() for _ in range(3)]
    last = driver.first_bill(pin=pin).json()

    assert {answer["description"] for answer in answers} == {"P1 - PIN incorrect"}
    assert (last["status"], last["description"]) == ("Error", "P3 - PIN attempts exceeded")
    assert last["conf"] is None
    assert last["txid"] is None
    assert driver.debits() == []


def test_a_pin_expires_by_the_simulators_clock(driver: Driver) -> None:
    pin = driver.pin()
    driver.advance(601)

    assert driver.first_bill(pin=pin).json()["description"] == "P2 - PIN expired"


def test_a_pin_that_was_never_asked_for_is_refused(driver: Driver) -> None:
    assert driver.first_bill(pin="123456").json()["description"] == "P4 - no PIN requested"


def test_a_new_pin_replaces_the_old_one(driver: Driver) -> None:
    old, new = driver.pin(), driver.pin()

    assert driver.first_bill(pin=old).json()["description"] == "P1 - PIN incorrect" or old == new
    assert driver.first_bill(pin=new).json()["conf"]["status"] == "Success"


def test_a_pin_outlives_a_decline_so_that_the_user_can_top_up(driver: Driver) -> None:
    driver.post(f"/handset/{NUMBER}/balance", amount=100)
    pin = driver.pin()

    declined = driver.first_bill(pin=pin).json()
    driver.post(f"/handset/{NUMBER}/topup", amount=1000)
    paid = driver.first_bill(pin=pin).json()

    assert (declined["status"], declined["conf"]["status"]) == ("Success", "Error")
    assert declined["description"].startswith("AA - ")
    assert paid["conf"]["status"] == "Success"
    assert driver.get(f"/handset/{NUMBER}")["balance_minor"] == 1100 - 499


def test_a_barred_handset_is_declined_until_the_bar_is_lifted(driver: Driver) -> None:
    driver.post(f"/handset/{NUMBER}/bar", barred=True)
    declined = driver.renew().json()
    driver.post(f"/handset/{NUMBER}/bar", barred=False)

    assert declined["conf"]["description"].startswith("A5 - ")
    assert driver.renew().json()["conf"]["status"] == "Success"


def test_numbers_are_taken_as_strings_and_strings_as_numbers(driver: Driver) -> None:
    answer = driver.renew(mcc=234, mnc=2, bpid=str(BILLING_PRODUCT), amount="1.10").json()

    assert answer["conf"]["status"] == "Success"
    assert driver.debits()[0]["amount_minor"] == 110
