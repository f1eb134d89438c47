"""The control routes: ledger and journal, clock, settings, callbacks by hand, reset."""

import json

import pytest
import requests

from local.simulators import SimulatorServer
from tests.integration.simulators.conftest import Eventually, Partner
from tests.integration.simulators.driver import BILL, NUMBER, SANDBOX, Driver


def test_it_is_healthy(driver: Driver) -> None:
    assert driver.get("/control/health") == {"status": "ok"}


def test_the_ledger_can_be_asked_by_number_mandate_and_reference(driver: Driver) -> None:
    driver.renew(pt="one")
    driver.renew("447700900002", pt="two")
    mandate = driver.mandate()
    payment = driver.charge(mandate).json()["result"]["payment"]["paymentId"]
    driver.advance(86_400)

    assert [row["reference"] for row in driver.debits(f"msisdn=+{NUMBER}")] == ["one"]
    assert [row["msisdn"] for row in driver.debits("reference=two")] == ["447700900002"]
    assert [row["transaction"] for row in driver.debits(f"mandate={mandate}")] == [str(payment)]
    assert len(driver.debits("provider=infomedia")) == 2
    assert driver.get("/control/ledger/summary")["debits"] == [
        {"provider": "infomedia", "currency": "GBP", "count": 2, "total_minor": 998},
        {"provider": "signzy", "currency": "INR", "count": 1, "total_minor": 9900},
    ]


def test_the_ledger_cannot_be_changed(simulator: SimulatorServer, driver: Driver) -> None:
    driver.renew()
    database = simulator.world.database

    for sql in ("UPDATE ledger SET amount_minor = 0", "DELETE FROM ledger"):
        with pytest.raises(Exception, match="append only"):
            database.run(sql)
    assert len(driver.debits()) == 1


def test_the_journal_holds_every_call_and_no_secret_of_it(driver: Driver) -> None:
    pin = driver.pin()
    driver.first_bill(pin=pin, pt="j-1")
    driver.renew(p="wrong-password")
    driver.charge(driver.mandate())

    calls = driver.calls()
    text = json.dumps(calls)
    assert [call["method"] for call in calls] == ["PinGenerateWithParams", "SendBillWithPIN", "SendBill", "Charge"]
    assert [call["authorised"] for call in calls] == [True, True, False, True]
    assert calls[1]["reference"] == "j-1"
    assert calls[1]["environment"] == "sandbox"
    assert not any(
        secret in text for secret in (pin, *SANDBOX.values(), "wrong-password", "access-key") if secret != "dcbsb"
    )
    assert [call["id"] for call in driver.calls("after=2&limit=1")] == [calls[2]["id"]]


def test_the_clock_moves_and_settles_what_fell_due(driver: Driver) -> None:
    driver.charge(driver.mandate())
    moved = driver.post("/control/clock", offset_seconds=86_399)
    more = driver.post("/control/clock", advance_seconds=2)

    assert (moved["settled"], more["settled"]) == (0, 1)
    assert driver.get("/control/clock")["offset_seconds"] == 86_401
    assert driver.debits()[0]["at"] < more["now"]


def test_payments_become_final_in_the_background(driver: Driver, eventually: Eventually) -> None:
    driver.post("/control/settings", settle_after_seconds=0)
    driver.charge(driver.mandate())

    eventually(lambda: len(driver.debits()) == 1)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/callbacks", {"infomedia": "http://192.0.2.1/x"}),
        ("/control/callbacks", {"signzy": "https://example.com/x"}),
        ("/control/callbacks", {"signzy": "file:///etc/passwd"}),
        ("/control/callbacks", {"other": 1}),
        ("/control/callbacks/send", {"provider": "x"}),
        ("/control/pins", {"pin": "111111"}),
        ("/control/pins", {"msisdn": NUMBER, "pin": "one"}),
        ("/control/pins", {"msisdn": NUMBER, "pin": 111111}),
        ("/control/settings", {"pin_digits": "six"}),
        ("/control/settings", {"nonsense": 1}),
        ("/control/settings", {"callback_signzy": "http://192.0.2.1/x"}),
        ("/control/clock", {}),
        ("/control/clock", {"advance_seconds": "1"}),
        ("/control/mandates", {"maxAmount": 0}),
        ("/control/mandates", {"maxAmount": 1, "magic": "nonsense"}),
        ("/control/mandates", {"maxAmount": 1, "status": "SLEEPING"}),
        ("/control/mandates/1/status", {"status": "ACTIVE"}),
        ("/control/payments/1/settle", {"status": "SUCCESS"}),
        ("/handset/abc/topup", {"amount": 1}),
        (f"/handset/{NUMBER}/topup", {"amount": -1}),
        (f"/handset/{NUMBER}/bar", {"barred": "yes"}),
    ],
    ids=str,
)
def test_an_impossible_wish_is_refused(driver: Driver, path: str, body: dict[str, object]) -> None:
    assert requests.post(driver.url + path, json=body, timeout=10).status_code == 400


def test_callback_addresses_on_this_machine_are_taken(driver: Driver) -> None:
    for url in (
        "http://127.0.0.1:9/x",
        "http://localhost:9/x",
        "http://abc.execute-api.localhost:4566/x",
        "http://[::1]:9/",
    ):
        assert driver.post("/control/callbacks", infomedia=url)["infomedia"] == url
    assert driver.post("/control/callbacks", infomedia=None)["infomedia"] is None


def test_any_callback_can_be_sent_by_hand(driver: Driver, partner: Partner) -> None:
    driver.post("/control/callbacks", infomedia=partner.url, signzy=partner.url)
    driver.post("/control/callbacks/send", provider="infomedia", etid="24", msisdn=NUMBER, productid="1")
    driver.post("/control/callbacks/send", provider="signzy", event="SUBSCRIPTION_AUTH_STATUS", authStatus="FAILED")

    received = sorted(partner.wait_for(2), key=lambda delivery: str(delivery["verb"]))
    assert received[0]["params"] == {"secret": "abc", "etid": "24", "msisdn": NUMBER, "productid": "1"}
    assert received[1]["params"] == {"event": "SUBSCRIPTION_AUTH_STATUS", "authStatus": "FAILED"}


def test_an_unreachable_partner_is_noted_and_not_tried_again(driver: Driver, eventually: Eventually) -> None:
    driver.post("/control/callbacks", signzy="http://127.0.0.1:9/x")
    driver.signzy("POST", f"/{driver.mandate()}/cancel")

    def failed() -> bool:
        log = driver.get("/control/callbacks/log")["deliveries"]
        return [row["state"] for row in log] == ["failed"]

    eventually(failed)


def test_a_change_of_a_mandate_by_the_bank_is_called_back(driver: Driver, partner: Partner) -> None:
    driver.post("/control/callbacks", signzy=partner.url)
    mandate = driver.mandate()
    driver.post(f"/control/mandates/{mandate}/status", status="CUSTOMER_CANCELLED")

    params = partner.wait_for(1)[0]["params"]
    assert (params["status"], params["lastStatus"]) == ("CUSTOMER_CANCELLED", "ACTIVE")


def test_the_live_pin_of_a_number_can_be_made_a_known_one(driver: Driver) -> None:
    driver.ask_pin()

    assert driver.post("/control/pins", msisdn=NUMBER, pin="000111", life_seconds=3600) == {"fixed": 1}
    driver.advance(3500)
    assert driver.first_bill(pin="000111").json()["status"] == "Success"
    assert driver.post("/control/pins", msisdn=NUMBER, pin="000111") == {"fixed": 0}


def test_a_reset_forgets_everything_but_never_gives_out_an_id_again(driver: Driver) -> None:
    before = driver.charge(driver.mandate()).json()["result"]["payment"]["paymentId"]
    driver.renew()
    driver.fault("http_500")
    driver.advance(50)
    driver.post("/control/reset")

    after = driver.charge(driver.mandate()).json()["result"]["payment"]["paymentId"]
    assert driver.debits() == []
    assert driver.get("/control/clock")["offset_seconds"] == 0
    assert driver.get("/control/faults")["faults"] == []
    assert after > before


def test_settings_are_changed_all_or_none(driver: Driver) -> None:
    body = {"pin_digits": 4, "hold_seconds": "long"}
    refused = requests.post(f"{driver.url}/control/settings", json=body, timeout=10)

    assert refused.status_code == 400
    assert driver.get("/control/settings")["pin_digits"] == 6


def test_a_further_key_is_accepted_beside_the_first_until_either_is_ended(driver: Driver) -> None:
    further = {**SANDBOX, "key": "further-key"}
    assert driver.infomedia("SendBill", further, **BILL, pt="k-1").status_code == 401

    driver.post("/control/keys", provider="infomedia", issue="further-key")
    driver.post("/control/keys", provider="signzy", issue="further-access")

    assert driver.renew(pt="k-2").json()["status"] == "Success"
    assert driver.infomedia("SendBill", further, **BILL, pt="k-3").json()["status"] == "Success"
    mandate = driver.mandate()
    assert driver.signzy("POST", f"/{mandate}/charge", key="further-access", json={"amount": 99}).status_code == 200

    driver.post("/control/keys", provider="infomedia", end=SANDBOX["key"])

    assert driver.renew(pt="k-4").status_code == 401
    assert driver.infomedia("SendBill", further, **BILL, pt="k-5").json()["status"] == "Success"
    assert driver.charge(mandate).status_code == 200
    driver.post("/control/keys", provider="infomedia", issue=SANDBOX["key"])
    assert driver.renew(pt="k-6").json()["status"] == "Success"


def test_a_key_of_nobody_is_refused(driver: Driver) -> None:
    for body in ({"issue": "x"}, {"provider": "infomedia"}, {"provider": "nobody", "issue": "x"}):
        assert requests.post(f"{driver.url}/control/keys", json=body, timeout=10).status_code == 400
