"""What partners see when a provider or the installation is in trouble, and that what the answer promises then works."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import requests

from pinbill.domain.stops import Scope, Stop
from pinbill.store.stops import DynamoStops
from tests.e2e.desk import NETWORK, PARTNER, TRIAL, WEEKLY, Desk
from tests.e2e.evidence import Evidence, evidence
from tests.e2e.functions import given
from tests.e2e.problem import assert_is
from tests.e2e.troubles import closed_port, report, secret_of, wrong_key
from tests.e2e.waiting import act_until, wait_until

PIN, FIRST, BILL = "PinGenerateWithParams", "SendBillWithPIN", "SendBill"
LOG, CLOSE, CHECK = "LogActivity", "UpdateActivity", "PINValidate"
DEBITED_AND_LOST = ["drop_after_debit", "timeout_after_debit", "http_500_after_debit", "garbage_after_debit"]


def subscribing(desk: Desk, msisdn: str) -> requests.Response:
    return desk.post("/v1/subscriptions", {"plan": WEEKLY, "msisdn": msisdn, "network": NETWORK})


def assert_ended_without_a_pin(desk: Desk, earlier: Evidence) -> None:
    """The one new subscription has ended, holds no number and waits for nothing."""
    new = evidence(desk).beside(earlier).rows
    [item] = [row for (_, sk), row in new.items() if sk == "SUB"]
    assert (item["state"]["S"], item["end_reason"]["S"]) == ("ended", "pin_not_sent")
    assert "due_pk" not in item
    assert not [pk for pk, _ in new if "#N#" in pk]


def assert_subscribes(desk: Desk, msisdn: str) -> None:
    """Repeating the subscribe call works, up to the first bill, which is taken once."""
    id = desk.subscribe(msisdn=msisdn)
    assert desk.confirm(id, desk.pin(msisdn)).status_code == 200
    assert len(desk.debits(id)) == 1


def assert_charges_once(desk: Desk, id: str, key: str) -> None:
    """Repeating the charge under its key works, and again changes nothing."""
    charged = [desk.charge(id, key) for _ in range(2)]
    assert [answer.status_code for answer in charged] == [201, 201], charged[0].text
    assert charged[0].json() == charged[1].json()
    assert [row["method"] for row in desk.debits(id)] == [FIRST, BILL]


def assert_nothing_charged(desk: Desk, id: str, state: str) -> None:
    """The subscription goes on, nothing is open, and its newest ledger entry says what became of the charge."""
    now_is = desk.read(id)
    assert (now_is["state"], now_is["open_attempt"]) == ("active", None)
    assert newest_bill(desk, id)["state"] == state
    assert [row["method"] for row in desk.debits(id)] == [FIRST]


def newest_bill(desk: Desk, id: str) -> dict[str, Any]:
    bills = requests.get(
        f"{desk.world.api_url}/v1/subscriptions/{id}/bills?limit=1", headers={"x-api-key": desk.key}, timeout=40
    ).json()["bills"]
    attempt: dict[str, Any] = bills[0]["attempt"]
    return attempt


def test_a_key_that_the_provider_refuses_is_repaired_in_the_secret_alone(desk: Desk) -> None:
    number, earlier = desk.number(), evidence(desk)

    with secret_of(desk, "PinRequestFunction", wrong_key(desk)):
        answer = subscribing(desk, number)

    assert_is(answer, desk, "The provider does not accept our key")
    assert_ended_without_a_pin(desk, earlier)
    assert desk.office.inbox(number) == []
    assert_subscribes(desk, number)


def test_a_charge_under_a_refused_key_is_a_new_try_when_it_is_repeated(desk: Desk) -> None:
    id = desk.active()

    with secret_of(desk, "ChargeFunction", wrong_key(desk)):
        answer = desk.charge(id, "gems")

    assert_is(answer, desk, "The provider does not accept our key while charging")
    assert_nothing_charged(desk, id, "declined")
    assert_charges_once(desk, id, "gems")


def test_without_the_secret_nothing_is_made(desk: Desk) -> None:
    number, earlier = desk.number(), evidence(desk)

    with given(desk.world, "PinRequestFunction", PINBILL_PROVIDER_SECRET="pinbill/local/none"):
        answer = subscribing(desk, number)

    assert_is(answer, desk, "The provider secret is missing")
    found = evidence(desk).beside(earlier)
    assert (found.rows, found.calls) == ({}, [])
    assert_subscribes(desk, number)


@pytest.mark.parametrize("text", ["not json", "{}"])
def test_a_charge_without_credentials_was_not_sent_and_its_repeat_is_a_new_try(desk: Desk, text: str) -> None:
    id = desk.active()

    with secret_of(desk, "ChargeFunction", text):
        answer = desk.charge(id, "gems")

    assert_is(answer, desk, "The provider secret is not JSON, or has no credentials")
    assert_nothing_charged(desk, id, "not_sent")
    assert_charges_once(desk, id, "gems")


def test_a_table_that_is_not_there_is_said_without_its_name(desk: Desk) -> None:
    number, earlier = desk.number(), evidence(desk)

    with given(desk.world, "PinRequestFunction", PINBILL_TABLE="pinbill-none"):
        answer = subscribing(desk, number)

    assert_is(answer, desk, "The installation's table is missing, or forbidden to it")
    assert "pinbill-none" not in answer.text
    assert evidence(desk).beside(earlier).calls == []
    assert_subscribes(desk, number)


def test_a_provider_that_cannot_be_reached_leaves_the_number_free(desk: Desk) -> None:
    number, earlier = desk.number(), evidence(desk)

    with given(desk.world, "PinRequestFunction", PINBILL_INFOMEDIA_BASE_URL=closed_port()):
        answer = subscribing(desk, number)

    assert_is(answer, desk, "The provider cannot be reached")
    assert_ended_without_a_pin(desk, earlier)
    assert_subscribes(desk, number)


def test_a_charge_that_did_not_reach_the_provider_is_a_new_try_when_it_is_repeated(desk: Desk) -> None:
    id = desk.active()

    with given(desk.world, "ChargeFunction", PINBILL_INFOMEDIA_BASE_URL=closed_port()):
        answer = desk.charge(id, "gems")

    assert_is(answer, desk, "The provider cannot be reached while charging")
    assert_nothing_charged(desk, id, "not_sent")
    assert_charges_once(desk, id, "gems")


def test_a_busy_provider_says_when_to_come_again(desk: Desk) -> None:
    number, earlier = desk.number(), evidence(desk)
    desk.fault("throttle", PIN, number, retry_after=7)

    answer = subscribing(desk, number)

    assert_is(answer, desk, "The provider asks to slow down")
    assert answer.headers["Retry-After"] == "7"
    assert_ended_without_a_pin(desk, earlier)
    assert_subscribes(desk, number)


def test_a_charge_at_a_busy_provider_is_a_new_try_when_it_is_repeated(desk: Desk) -> None:
    number = desk.number()
    id = desk.active(msisdn=number)
    desk.fault("throttle", BILL, number, retry_after=7)

    answer = desk.charge(id, "gems")

    assert_is(answer, desk, "The provider asks to slow down while charging")
    assert answer.headers["Retry-After"] == "7"
    assert_nothing_charged(desk, id, "declined")
    assert_charges_once(desk, id, "gems")


def test_a_number_that_the_operator_does_not_take_is_free_again(desk: Desk) -> None:
    number, earlier = desk.number(), evidence(desk)
    desk.fault("refuse", PIN, number, code="A3", text="Number not recognised by the network")

    answer = subscribing(desk, number)

    assert_is(answer, desk, "The mobile operator takes no such number")
    assert_ended_without_a_pin(desk, earlier)
    assert_subscribes(desk, number)


def test_a_pin_that_may_not_have_been_sent_is_accepted_and_can_be_asked_for_again(desk: Desk) -> None:
    number = desk.number()
    desk.fault("http_500", PIN, number)

    answer = subscribing(desk, number)

    assert answer.status_code == 202
    made = answer.json()["subscription"]
    assert (made["state"], made["pin"]["delivery"]) == ("pending", "unknown")
    desk.move_clock(31)
    path = f"/v1/subscriptions/{made['id']}/pin"
    wait_until("a second PIN", lambda: desk.post(path).status_code == 200)
    assert desk.confirm(made["id"], desk.pin(number)).status_code == 200
    assert len(desk.debits(made["id"])) == 1


def test_without_the_acknowledged_log_nothing_is_billed_and_the_same_confirm_works_later(desk: Desk) -> None:
    number = desk.number()
    id = desk.subscribe(msisdn=number)
    desk.fault("http_500", LOG, number)

    answer = desk.confirm(id, desk.pin(number))

    assert_is(answer, desk, "The provider is not told of the subscription before its first bill")
    now_is = desk.read(id)
    assert (now_is["state"], now_is["open_attempt"], now_is["pin"]["tries_used"]) == ("pending", None, 1)
    assert desk.calls(number, FIRST) == []
    assert desk.confirm(id, desk.pin(number)).status_code == 200
    assert len(desk.debits(id)) == 1


def test_a_pin_check_without_an_answer_starts_no_free_period_and_works_when_repeated(desk: Desk) -> None:
    number = desk.number()
    id = desk.subscribe(TRIAL, number)
    desk.fault("http_500", CHECK, number)

    answer = desk.confirm(id, desk.pin(number))

    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unclear")
    assert desk.read(id)["state"] == "pending"
    again = desk.confirm(id, desk.pin(number))
    assert (again.status_code, again.json()["subscription"]["state"], again.json()["bill"]) == (200, "trialing", None)
    assert desk.debits(id) == []


def test_a_declined_first_bill_is_confirmed_again_after_a_top_up(desk: Desk) -> None:
    number = desk.number()
    desk.office.post(f"/handset/{number}/balance", amount=0)
    id = desk.subscribe(msisdn=number)

    answer = desk.confirm(id, desk.pin(number))

    assert_is(answer, desk, "The first bill is declined")
    body = answer.json()
    assert (body["bill"]["code"], body["bill"]["failure"], body["subscription"]["state"]) == ("AA", "soft", "pending")
    assert "still pending" in body["next_step"]
    desk.office.post(f"/handset/{number}/topup", amount=1000)
    assert desk.confirm(id, desk.pin(number)).status_code == 200
    assert len(desk.debits(id)) == 1


def test_a_declined_charge_keeps_its_answer_and_a_new_key_tries_again(desk: Desk) -> None:
    number = desk.number()
    id = desk.active(msisdn=number)
    desk.office.post(f"/handset/{number}/balance", amount=0)

    answer = desk.charge(id, "gems")

    assert_is(answer, desk, "A charge is declined")
    desk.office.post(f"/handset/{number}/topup", amount=1000)
    again = desk.charge(id, "gems")
    assert (again.status_code, again.json()) == (402, answer.json())
    assert len(desk.calls(number, BILL)) == 1
    assert_charges_once(desk, id, "gems-2")


@pytest.mark.parametrize("fault", DEBITED_AND_LOST)
def test_a_first_bill_that_was_debited_and_not_answered_is_never_billed_again(desk: Desk, fault: str) -> None:
    number = desk.number()
    id = desk.subscribe(msisdn=number)
    desk.fault(fault, FIRST, number)

    answer = desk.confirm(id, desk.pin(number))

    assert answer.status_code == 202
    body = answer.json()
    assert (body["subscription"]["state"], body["subscription"]["access"]) == ("pending", False)
    assert body["subscription"]["open_attempt"]["state"] == body["bill"]["state"] == "unknown"
    assert_is(desk.confirm(id, desk.pin(number)), desk, "A second confirm while the first bill has no outcome")
    desk.wake(id)
    assert len(desk.debits(id)) == 1

    assert report(desk, body["bill"]["id"], desk.debits(id)[0]) == 200

    now_is = desk.read(id)
    assert (now_is["state"], now_is["open_attempt"], now_is["periods_settled"]) == ("active", None, 1)
    assert len(desk.debits(id)) == 1


@pytest.mark.parametrize("fault", DEBITED_AND_LOST)
def test_a_charge_that_was_debited_and_not_answered_is_never_charged_again(desk: Desk, fault: str) -> None:
    number = desk.number()
    id = desk.active(msisdn=number)
    desk.fault(fault, BILL, number)

    answer = desk.charge(id, "gems")

    assert (answer.status_code, answer.json()["charge"]["state"]) == (202, "unknown")
    repeated = desk.charge(id, "gems")
    assert (repeated.status_code, repeated.json()) == (202, answer.json())
    assert_is(desk.charge(id, "other"), desk, "A further payment while one has no outcome")
    pause = desk.post(f"/v1/subscriptions/{id}/pause")
    assert_is(pause, desk, "A pause while a payment has no outcome")
    assert [row["method"] for row in desk.debits(id)] == [FIRST, BILL]

    assert report(desk, answer.json()["charge"]["attempt"]["id"], desk.debits(id)[1]) == 200

    settled = desk.charge(id, "gems")
    assert (settled.status_code, settled.json()["charge"]["state"]) == (201, "paid")
    assert [row["method"] for row in desk.debits(id)] == [FIRST, BILL]
    assert desk.charge(id, "other").status_code == 201
    assert [row["method"] for row in desk.debits(id)] == [FIRST, BILL, BILL]


def test_a_cancel_is_told_again_and_again_by_the_schedule_until_it_is_acknowledged(desk: Desk) -> None:
    number = desk.number()
    id = desk.active(msisdn=number)
    desk.fault("http_500", CLOSE, number, times=2)

    answer = desk.post(f"/v1/subscriptions/{id}/cancel")

    assert (answer.status_code, answer.json()["subscription"]["state"]) == (200, "cancelled")
    assert told(desk, number) == [500]
    desk.move_clock(121)
    # The provider has seen the call before its failure is written down, and the wait counts from then.
    act_until("a second call", lambda: run(desk), lambda: tries_to_tell(desk, id) == 2)
    assert told(desk, number) == [500, 500]
    desk.move_clock(241)
    act_until("a third call", lambda: run(desk), lambda: told(desk, number) == [500, 500, 200])
    desk.move_clock(32 * 86400)
    act_until("a run that finds nothing of it", lambda: run(desk), lambda: not due(desk, id))
    assert told(desk, number) == [500, 500, 200]
    assert len(desk.debits(id)) == 1


def told(desk: Desk, number: str) -> list[int]:
    return [call["http_status"] for call in desk.calls(number, CLOSE)]


def tries_to_tell(desk: Desk, id: str) -> int:
    return int(evidence(desk).rows[f"P#{PARTNER}#S#{id}", "SUB"]["activity_tries"]["N"])


def run(desk: Desk) -> None:
    """The dispatcher's next run; a function may see a moved clock a second late, so it runs again and again."""
    desk.world.invoke("RecurringBillFunction", {"mode": "run"})


def due(desk: Desk, id: str) -> bool:
    return "due_pk" in evidence(desk).rows[f"P#{PARTNER}#S#{id}", "SUB"]


def test_what_the_operator_has_stopped_is_not_charged_until_it_goes_on(desk: Desk) -> None:
    id = desk.active()
    stops, plan = DynamoStops(desk.table, time.monotonic), Scope.parse(f"plan/{PARTNER}/{WEEKLY}")
    stops.put(Stop(plan, "ann", "a wrong price", datetime.now(UTC)))
    # A function hears of a stop, and of its end, some seconds later.
    wait_until("the stop", lambda: desk.charge(id, uuid4().hex).status_code == 503)
    earlier, debits = evidence(desk), len(desk.debits(id))

    answer = desk.charge(id, "stopped")

    assert_is(answer, desk, "The operator has stopped this plan")
    assert evidence(desk).beside(earlier).rows == {}
    stops.lift(plan)
    wait_until("its end", lambda: desk.charge(id, "stopped").status_code == 201)
    assert len(desk.debits(id)) == debits + 1


def test_a_subscription_that_was_logged_and_then_barred_is_taken_back_at_the_provider(desk: Desk) -> None:
    number = desk.number()
    id = desk.subscribe(msisdn=number)
    desk.fault("bar", FIRST, number)

    answer = desk.confirm(id, desk.pin(number))

    assert (answer.status_code, answer.json()["code"]) == (402, "bill_declined")
    assert answer.json()["subscription"]["state"] == "ended"
    assert "has ended" in answer.json()["next_step"]
    assert told(desk, number) == [200]
    assert desk.debits(id) == []
    assert_subscribes(desk, number)
