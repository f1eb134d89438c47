"""Calls that go wrong: of the providers, by them, to partners' endpoints, and those of the API itself."""

from __future__ import annotations

from collections.abc import Generator

import requests

from tests.e2e.alarm_causes.scene import PATIENT, Scene, sets_off
from tests.e2e.desk import NETWORK, PARTNER, QUICK
from tests.e2e.functions import given
from tests.e2e.hooked import hooked
from tests.e2e.operating import operate
from tests.e2e.troubles import closed_port, reported_paid, secret_of, wrong_key
from tests.e2e.waiting import wait_until

BILL = "SendBill"
ENOUGH = 20  # calls, for a share of them to say something
TIMEOUT = 40


@sets_off("InfomediaFailingAlarm")
def infomedia_that_cannot_be_reached(scene: Scene) -> Generator[None]:
    id = scene.desk.active()
    with given(scene.world, "ChargeFunction", PINBILL_INFOMEDIA_BASE_URL=closed_port()):
        assert {scene.desk.charge(id, f"gems-{count}").status_code for count in range(ENOUGH)} == {503}
    yield


@sets_off("SignzyFailingAlarm")
def signzy_that_cannot_be_reached(scene: Scene) -> Generator[None]:
    id = scene.desk.active_by_mandate()
    with given(scene.world, "ChargeFunction", PINBILL_SIGNZY_BASE_URL=closed_port()):
        answers = {scene.desk.charge(id, f"gems-{count}", "10.00", "INR").status_code for count in range(ENOUGH)}
    assert answers == {503}
    yield


@sets_off("InfomediaSlowAlarm")
def infomedia_that_takes_its_time(scene: Scene) -> Generator[None]:
    yield from _slow_bills(scene, 5.5)


@sets_off("ApiSlowAlarm")
def answers_that_wait_for_a_provider(scene: Scene) -> Generator[None]:
    yield from _slow_bills(scene, 8.5)


def _slow_bills(scene: Scene, seconds: float) -> Generator[None]:
    number = scene.desk.number()
    id = scene.desk.active(msisdn=number)
    scene.watch.let_pass(scene.alarms["ApiSlowAlarm"].period)  # what was fast was before
    with given(scene.world, "ChargeFunction", **PATIENT):
        while True:
            scene.desk.fault("slow", BILL, number, seconds=seconds)
            assert scene.desk.charge(id, f"gems-{scene.watch.now:%H%M}").status_code == 201
            yield


@sets_off("SignzySlowAlarm")
def signzy_that_takes_its_time(scene: Scene) -> Generator[None]:
    desk, mandate = scene.desk, scene.desk.mandate(magic="success-now")
    id = desk.subscribe_by_mandate(mandate)
    assert desk.confirm(id, None).status_code == 200
    scene.watch.let_pass(scene.alarms["SignzySlowAlarm"].period)
    scope = {"provider": "signzy", "mandate": mandate["reference"], "method": "Charge"}
    with given(scene.world, "ChargeFunction", **PATIENT):
        while True:
            desk.office.post("/control/faults", fault="slow", times=1, seconds=5.5, **scope)
            desk.office.post("/control/faults", fault="signzy_success_now", times=1, **scope)
            assert desk.charge(id, f"gems-{scene.watch.now:%H%M}", "10.00", "INR").status_code == 201
            yield


@sets_off("ProviderRefusedAlarm")
def a_key_that_was_rotated_away(scene: Scene) -> Generator[None]:
    id = scene.desk.active()
    with secret_of(scene.desk, "ChargeFunction", wrong_key(scene.desk)):
        assert scene.desk.charge(id, "gems").status_code == 502
    yield


@sets_off("ProviderCodeUnlistedAlarm")
def a_code_that_nobody_has_heard_of(scene: Scene) -> Generator[None]:
    number = scene.desk.number()
    id = scene.desk.active(msisdn=number)
    scene.desk.fault("unknown_code", BILL, number)
    assert scene.desk.charge(id, "gems").status_code == 402
    yield


@sets_off("CallbackForgedAlarm")
def callback_paths_that_are_guessed(scene: Scene) -> Generator[None]:
    url = f"{scene.world.api_url}/v1/callbacks/infomedia"
    guesses = [f"{count:043}" for count in range(10)]
    assert {requests.get(f"{url}/{guess}", timeout=TIMEOUT).status_code for guess in guesses} == {404}
    yield


@sets_off("CallbackUnmatchedAlarm")
def bills_reported_that_are_not_ours(scene: Scene) -> Generator[None]:
    number = scene.desk.number()
    assert [reported_paid(scene.desk, f"nobody{count}-1", number, 450) for count in range(3)] == [200] * 3
    yield


@sets_off("WebhookSwitchedOffAlarm")
def an_endpoint_that_is_gone(scene: Scene) -> Generator[None]:
    with hooked(scene.desk) as hook:
        hook.book.mood = 410
        scene.desk.active()
        wait_until("it to be switched off", lambda: "(gone)" in operate(scene.desk, "webhook", "list", PARTNER).stdout)
        yield


@sets_off("SmsPumpingAlarm")
def sms_beyond_what_a_partner_may_spend_a_day(scene: Scene) -> Generator[None]:
    asked = [{"plan": QUICK, "msisdn": scene.desk.number(), "network": NETWORK} for _ in range(12)]
    with given(scene.world, "PinRequestFunction", PINBILL_PIN_GUARDS="spend_a_day=1 sms_price=10000"):
        answers = [scene.desk.post("/v1/subscriptions", body).status_code for body in asked]
    assert answers.count(429) >= 10
    yield


@sets_off("ApiErrorsAlarm")
def a_bad_deployment_behind_the_api(scene: Scene) -> Generator[None]:
    with given(scene.world, "ReadFunction", PINBILL_STAGE="nowhere"):
        while True:
            url, key = f"{scene.world.api_url}/v1/plans", {"x-api-key": scene.desk.key}
            assert requests.get(url, headers=key, timeout=TIMEOUT).status_code >= 500
            yield
