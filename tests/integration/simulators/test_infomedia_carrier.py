"""What the carrier decides, and the webhooks that tell of it."""

import pytest

from tests.integration.simulators.conftest import Partner
from tests.integration.simulators.driver import BILLING_PRODUCT, NUMBER, SERVICE, Driver

CODES = ["AA", "A6", "A7", "A8", "A9", "AB", "AC", "AD", "A5", "A3", "01", "48", "74", "A0", "A1", "A2", "A4", "AF"]


@pytest.mark.parametrize("code", CODES)
def test_every_published_code_is_a_decline_that_debits_nothing(driver: Driver, code: str) -> None:
    driver.fault("decline", msisdn=f"+{NUMBER}", code=code, times=2)

    for answer in (driver.first_bill(), driver.renew()):
        body = answer.json()
        assert answer.status_code == 200
        assert body["status"] == "Success"
        assert body["conf"]["status"] == "Error"
        assert body["description"] == body["conf"]["description"]
        assert body["description"].startswith(f"{code} - ")
        assert body["txid"]
    assert driver.debits() == []
    assert {call["outcome"] for call in driver.calls() if "Bill" in call["method"]} == {f"declined:{code}"}


def test_an_unlisted_code_is_a_decline(driver: Driver) -> None:
    driver.fault("unknown_code", code="Q9")

    assert driver.renew().json()["conf"]["description"].startswith("Q9 - ")
    assert driver.debits() == []


def test_a_ported_number_is_billed_and_names_its_network_until_it_is_used(driver: Driver) -> None:
    driver.fault("ported", mcc="234", mnc="15")

    first = driver.renew(mnc="02").json()["conf"]
    second = driver.renew(mnc="15").json()["conf"]

    assert (first["status"], first["portedMcc"], first["portedMnc"]) == ("Success", "234", "15")
    assert (second["portedMcc"], second["portedMnc"]) == (None, None)
    assert len(driver.debits()) == 2


def test_the_charge_webhook_is_off_until_it_is_asked_for(driver: Driver, partner: Partner) -> None:
    driver.post("/control/callbacks", infomedia=partner.url)
    driver.renew()
    silent = driver.get("/control/callbacks/log")["deliveries"]
    driver.post("/control/callbacks", infomedia_charge_webhook=True)
    body = driver.renew(pt="told", amount="2.50").json()

    delivery = partner.wait_for(1)[0]
    assert silent == []
    assert delivery["verb"] == "GET"
    assert delivery["params"] == {
        "secret": "abc",
        "msisdn": NUMBER,
        "mcc": "234",
        "mnc": "02",
        "productid": str(BILLING_PRODUCT),
        "etid": "5",
        "pt": "told",
        "success": "1",
        "chargeAmount": "2.50",
        "currencyCode": "GBP",
        "productDescription": "Chess",
        "transactionStatus": "00",
        "txid": body["txid"],
    }


def test_the_charge_webhook_tells_of_declines(driver: Driver, partner: Partner) -> None:
    driver.post("/control/callbacks", infomedia=partner.url, infomedia_charge_webhook=True)
    driver.fault("decline", code="A6")
    driver.renew()

    params = partner.wait_for(1)[0]["params"]
    assert (params["success"], params["transactionStatus"]) == ("0", "A6")


def test_stop_sends_an_exit_sms_and_a_webhook_with_the_logged_reference(driver: Driver, partner: Partner) -> None:
    driver.post("/control/callbacks", infomedia=partner.url)
    driver.activity("LogActivity")
    stopped = driver.post(f"/handset/+{NUMBER}/stop")["stopped"]

    params = partner.wait_for(1)[0]["params"]
    handset = driver.get(f"/handset/{NUMBER}")
    assert [entry["productId"] for entry in stopped] == [str(SERVICE)]
    assert (params["etid"], params["msisdn"], params["productid"], params["pt"]) == (
        "2",
        NUMBER,
        str(SERVICE),
        "activity-1",
    )
    assert handset["inbox"][-1]["kind"] == "info"
    assert handset["subscriptions"][0]["status"] == "unsubscribed"


def test_stop_for_a_product_that_was_only_billed_carries_the_reference_of_the_first_bill(
    driver: Driver, partner: Partner
) -> None:
    driver.post("/control/callbacks", infomedia=partner.url)
    driver.first_bill(pt="first-77")
    driver.post(f"/handset/{NUMBER}/stop", productId=BILLING_PRODUCT)

    assert partner.wait_for(1)[0]["params"]["pt"] == "first-77"


@pytest.mark.parametrize(("drawn", "begins"), [(b"\x00", "A"), (b"\xfb", "+")])
def test_a_webhook_may_carry_an_alias_that_calls_accept_in_place_of_the_number(
    driver: Driver, partner: Partner, monkeypatch: pytest.MonkeyPatch, drawn: bytes, begins: str
) -> None:
    monkeypatch.setattr("local.simulators.subscribers.secrets.token_bytes", lambda size: drawn * size)
    driver.post("/control/callbacks", infomedia=partner.url, infomedia_number="mx")
    driver.post(f"/handset/{NUMBER}/stop", productId=SERVICE)
    params = partner.wait_for(1)[0]["params"]

    driver.renew(mx=params["mx"])

    assert params["mx"].startswith(begins)
    assert "msisdn" not in params
    assert driver.debits()[0]["msisdn"] == NUMBER


@pytest.mark.parametrize(
    ("fault", "count", "code"),
    [("callback_duplicate", 2, "00"), ("callback_contradictory", 1, "AA"), ("callback_early", 1, "00")],
)
def test_a_webhook_comes_twice_or_contradicts_or_comes_early(
    driver: Driver, partner: Partner, fault: str, count: int, code: str
) -> None:
    driver.post("/control/callbacks", infomedia=partner.url, infomedia_charge_webhook=True)
    driver.fault(fault)
    driver.renew()

    early = len(partner.received)
    received = partner.wait_for(count)
    assert [delivery["params"]["transactionStatus"] for delivery in received] == [code] * count
    assert early == 1 if fault == "callback_early" else True
    assert len(driver.debits()) == 1


def test_a_lost_webhook_is_noted_and_never_sent(driver: Driver, partner: Partner) -> None:
    driver.post("/control/callbacks", infomedia=partner.url, infomedia_charge_webhook=True)
    driver.fault("callback_lost", times=1)
    driver.renew(pt="lost")
    driver.renew(pt="told")

    assert [delivery["params"]["pt"] for delivery in partner.wait_for(1)] == ["told"]
    states = {row["params"]["pt"]: row["state"] for row in driver.get("/control/callbacks/log")["deliveries"]}
    assert states["lost"] == "lost"


def test_the_handset_is_a_page_for_people(driver: Driver) -> None:
    pin = driver.pin()
    driver.activity("LogActivity")
    page = driver.session.get(f"{driver.url}/handset/{NUMBER}", headers={"Accept": "text/html,*/*;q=0.8"}, timeout=10)
    pressed = driver.session.post(f"{driver.url}/handset/{NUMBER}/stop", data={"productId": SERVICE}, timeout=10)

    assert page.headers["Content-Type"].startswith("text/html")
    assert pin in page.text
    assert "Send STOP" in page.text
    assert "unsubscribed" in pressed.text
    assert "447700900903" in driver.session.get(f"{driver.url}/handset?html=1", timeout=10).text
