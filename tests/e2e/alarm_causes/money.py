"""Outcomes that go wrong: not written, contradicted, taken twice, written off, halted, fewer than planned."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

from local.drill.proxy import LossyProxy, Rule
from local.world import Ports
from pinbill.domain.stops import Scope
from pinbill.store.stops import DynamoStops
from tests.e2e.alarm_causes.scene import PATIENT, Scene, sets_off
from tests.e2e.desk import PARTNER
from tests.e2e.functions import given
from tests.e2e.troubles import DOOMED, doom, reported_paid
from tests.e2e.waiting import wait_until

BILL = "SendBill"
WEEK = 7 * 24 * 3600
ENOUGH = 20  # bills, for a share of them to say something


@sets_off("OutcomeNotWrittenAlarm")
def a_table_that_goes_away_while_the_provider_answers(scene: Scene) -> Generator[None]:
    desk, number = scene.desk, scene.desk.number()
    id = desk.active(msisdn=number)
    desk.fault("slow", BILL, number, seconds=8)
    proxy = LossyProxy(scene.folder, scene.world.aws.url, Ports.free().aws, seed=1)
    proxy.start()
    try:
        lossy = {"PINBILL_AWS_ENDPOINT": proxy.url, **PATIENT}
        with given(scene.world, "ChargeFunction", **lossy), ThreadPoolExecutor(1) as aside:
            charging = aside.submit(desk.charge, id, "gems")
            wait_until("the claim", lambda: desk.read(id)["open_attempt"])
            proxy.use([Rule("the table is away", {"service": "dynamodb", "reset": True})])
            answer = charging.result()
    finally:
        proxy.stop()
    assert answer.status_code == 202, answer.text
    yield


@sets_off("OutcomeContradictedAlarm")
def a_decline_that_is_reported_paid(scene: Scene) -> Generator[None]:
    desk, number = scene.desk, scene.desk.number()
    id = desk.active(msisdn=number)
    desk.office.post(f"/handset/{number}/balance", amount=0)
    declined = desk.charge(id, "gems").json()["charge"]["attempt"]["id"]
    assert reported_paid(desk, declined, number, 120) == 200
    yield


@sets_off("ExcessDebitAlarm")
def a_declined_bill_that_is_reported_paid_after_another_was(scene: Scene) -> Generator[None]:
    desk, number = scene.desk, scene.desk.number()
    desk.office.post(f"/handset/{number}/balance", amount=0)
    id = desk.subscribe(msisdn=number)
    declined = desk.confirm(id, desk.pin(number)).json()["bill"]["id"]
    desk.office.post(f"/handset/{number}/topup", amount=1000)
    assert desk.confirm(id, desk.pin(number)).status_code == 200
    assert reported_paid(desk, declined, number, 450) == 200
    yield


@sets_off("PeriodsWrittenOffAlarm")
def an_outage_of_three_weeks(scene: Scene) -> Generator[None]:
    id = scene.desk.active()
    scene.desk.move_clock(3 * WEEK + 60)
    scene.desk.wake_until(id, lambda found: found["periods_settled"] > 1)
    yield


@sets_off("BillingHaltedAlarm")
def a_day_on_which_every_bill_fails(scene: Scene) -> Generator[None]:
    doom(scene.desk, scene.folder)
    assert scene.call("RecurringBillFunction", {"mode": "run"})
    DynamoStops(scene.desk.table, lambda: 0.0).lift(Scope(partner=PARTNER, plan=DOOMED))
    yield


@sets_off("InfomediaSuccessAlarm")
def a_batch_of_bills_that_the_carrier_declines(scene: Scene) -> Generator[None]:
    desk, number = scene.desk, scene.desk.number()
    id = desk.active(msisdn=number)
    desk.office.post(f"/handset/{number}/balance", amount=0)
    assert {desk.charge(id, f"gems-{count}").status_code for count in range(ENOUGH)} == {402}
    yield


@sets_off("SignzySuccessAlarm")
def a_batch_of_charges_that_the_bank_declines(scene: Scene) -> Generator[None]:
    desk = scene.desk
    mandate = desk.mandate(magic="success-now")
    id = desk.subscribe_by_mandate(mandate)
    assert desk.confirm(id, None).status_code == 200
    scope = {"provider": "signzy", "mandate": mandate["reference"], "method": "Charge"}
    desk.office.post("/control/faults", fault="decline", times=ENOUGH, **scope)
    assert {desk.charge(id, f"gems-{count}", "10.00", "INR").status_code for count in range(ENOUGH)} == {402}
    yield
