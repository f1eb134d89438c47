"""Repeats with one Idempotency-Key, also all at once, through the deployed API: the provider's own record judges."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import requests

from tests.e2e.desk import BANK, NETWORK, TRIAL, WEEKLY, Desk
from tests.e2e.waiting import wait_until

AT_ONCE = 8
WRONG = "0000000000"


def key_of(desk: Desk) -> str:
    """A new one, which no log may show."""
    desk.secrets.append(f"order-{uuid4().hex}")
    return desk.secrets[-1]


def at_once(desk: Desk, path: str, body: Any, key: str) -> list[requests.Response]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(desk.post, path, body, Idempotency_Key=key) for _ in range(AT_ONCE)]
        return [each.result() for each in sent]


def codes(answers: list[requests.Response]) -> set[str]:
    """Of those that were refused."""
    return {answer.json()["code"] for answer in answers if answer.status_code >= 400}


def sms(desk: Desk, number: str) -> int:
    """How many PINs came to the handset."""
    return sum(message["kind"] == "pin" for message in desk.office.inbox(number))


def billed(desk: Desk, number: str) -> int:
    """How often Infomedia was asked for the first bill."""
    return len(desk.calls(number, "SendBillWithPIN"))


def test_subscribes_at_once_with_one_key_make_one_subscription_and_send_one_pin(desk: Desk) -> None:
    number, key = desk.number(), key_of(desk)
    body = {"plan": WEEKLY, "msisdn": number, "network": NETWORK}

    answers = at_once(desk, "/v1/subscriptions", body, key)

    ids = {answer.json()["subscription"]["id"] for answer in answers if answer.status_code in (201, 202)}
    assert len(ids) == 1
    assert codes(answers) <= {"request_in_progress", "concurrent_change", "sms_limited", "slow_down"}
    assert sms(desk, number) == 1
    assert desk.confirm(ids.copy().pop(), desk.pin(number)).status_code == 200
    later = desk.post("/v1/subscriptions", body, Idempotency_Key=key)
    assert later.status_code == 201
    assert later.json()["subscription"]["id"] in ids
    assert later.json()["subscription"]["state"] == "active"
    assert sms(desk, number) == 1
    other = desk.post("/v1/subscriptions", body | {"msisdn": desk.number()}, Idempotency_Key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_subscribe_whose_pin_was_not_sent_is_done_by_its_repeat(desk: Desk) -> None:
    number, key = desk.number(), key_of(desk)
    body = {"plan": WEEKLY, "msisdn": number, "network": NETWORK}
    desk.fault("throttle", "PinGenerateWithParams", number)

    failed = desk.post("/v1/subscriptions", body, Idempotency_Key=key)
    done = desk.post("/v1/subscriptions", body, Idempotency_Key=key)
    again = desk.post("/v1/subscriptions", body, Idempotency_Key=key)

    assert (failed.status_code, done.status_code, again.status_code) == (503, 201, 201)
    assert again.json() == done.json()
    assert sms(desk, number) == 1


def test_resends_at_once_with_one_key_send_one_pin(desk: Desk) -> None:
    number, key = desk.number(), key_of(desk)
    path = f"/v1/subscriptions/{desk.subscribe(WEEKLY, number)}/pin"
    desk.move_clock(60)
    wait_for_the_clock(desk, path)
    before = sms(desk, number)
    desk.move_clock(120)

    answers = at_once(desk, path, {}, key)

    assert codes(answers) <= {"request_in_progress", "concurrent_change", "pin_resend_too_soon", "slow_down"}
    assert sms(desk, number) <= before + 1
    again = desk.post(path, {}, Idempotency_Key=key)
    assert again.status_code == 200, again.text
    assert sms(desk, number) == before + 1


def wait_for_the_clock(desk: Desk, path: str) -> None:
    """A second PIN goes out as soon as the function sees the moved clock."""
    wait_until("a second PIN", lambda: desk.post(path).status_code == 200)


def test_confirms_at_once_with_one_key_bill_once_and_count_one_try(desk: Desk) -> None:
    number, key = desk.number(), key_of(desk)
    id = desk.subscribe(WEEKLY, number)
    path, body = f"/v1/subscriptions/{id}/confirm", {"pin": desk.pin(number)}

    answers = at_once(desk, path, body, key)

    assert any(answer.status_code in (200, 202) for answer in answers)
    assert codes(answers) <= {"request_in_progress", "concurrent_change", "attempt_open", "slow_down"}
    assert all(answer.json()["retryable"] for answer in answers if answer.status_code >= 400)
    later = desk.post(path, body, Idempotency_Key=key)
    assert later.status_code == 200
    assert later.json()["bill"]["state"] == "paid"
    assert (billed(desk, number), len(desk.debits(id))) == (1, 1)
    assert desk.post(path, body).json()["code"] == "wrong_state"


def test_a_confirm_whose_answer_was_lost_on_the_way_to_us_is_answered_as_it_is_known(desk: Desk) -> None:
    number, key = desk.number(), key_of(desk)
    id = desk.subscribe(WEEKLY, number)
    path, body = f"/v1/subscriptions/{id}/confirm", {"pin": desk.pin(number)}
    desk.fault("drop_after_debit", "SendBillWithPIN", number)

    first = desk.post(path, body, Idempotency_Key=key)
    again = desk.post(path, body, Idempotency_Key=key)

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["bill"]["id"] == first.json()["bill"]["id"]
    assert (billed(desk, number), len(desk.debits(id))) == (1, 1)


def test_a_wrong_pin_stays_wrong_for_its_key_and_costs_one_try(desk: Desk) -> None:
    number, key = desk.number(), key_of(desk)
    id = desk.subscribe(WEEKLY, number)
    path = f"/v1/subscriptions/{id}/confirm"

    answers = [desk.post(path, {"pin": WRONG}, Idempotency_Key=key) for _ in range(3)]
    with_another_pin = desk.post(path, {"pin": desk.pin(number)}, Idempotency_Key=key)

    assert [answer.json()["code"] for answer in [*answers, with_another_pin]] == ["pin_wrong"] * 4
    assert (billed(desk, number), desk.read(id)["pin"]["tries_used"]) == (1, 1)
    assert desk.post(path, {"pin": desk.pin(number)}, Idempotency_Key=key_of(desk)).status_code == 200


def test_a_free_period_and_a_mandate_are_confirmed_once(desk: Desk) -> None:
    number = desk.number()
    trial = desk.subscribe(TRIAL, number)
    by_bank = desk.subscribe_by_mandate(desk.mandate(magic="success-now"), BANK)
    key = key_of(desk)  # of two subscriptions: it is another one for each
    bodies = {trial: {"pin": desk.pin(number)}, by_bank: {}}

    for id, body in bodies.items():
        answers = [desk.post(f"/v1/subscriptions/{id}/confirm", body, Idempotency_Key=key) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert answers[2].json()["bill"] == answers[0].json()["bill"]

    assert len(desk.calls(number, "PINValidate")) == 1
    debits = [row for row in desk.office.debits() if str(row["reference"]).startswith(by_bank)]
    assert len(debits) <= 1
    assert desk.read(by_bank)["periods_settled"] == 1


def test_a_late_copy_of_a_pause_or_a_resume_changes_nothing(desk: Desk) -> None:
    path = f"/v1/subscriptions/{desk.active()}"
    paused, resumed = key_of(desk), key_of(desk)
    states = []
    for what, key in (
        ("pause", paused),
        ("resume", resumed),
        ("pause", paused),
        ("resume", resumed),
        ("pause", key_of(desk)),
        ("resume", resumed),
    ):
        answer = desk.post(f"{path}/{what}", {}, Idempotency_Key=key)
        assert answer.status_code == 200, answer.text
        states.append(answer.json()["subscription"]["state"])

    assert states == ["paused", "active", "active", "active", "paused", "paused"]


def test_pauses_and_cancels_at_once_with_one_key_are_all_answered_alike(desk: Desk) -> None:
    id = desk.active()
    sequences = []
    for what, state in (("pause", "paused"), ("cancel", "cancelled")):
        answers = at_once(desk, f"/v1/subscriptions/{id}/{what}", {}, key_of(desk))
        assert codes(answers) <= {"concurrent_change", "slow_down"}
        done = [answer.json()["subscription"] for answer in answers if answer.status_code == 200]
        assert {one["state"] for one in done} == {state}
        sequences.append({one["sequence"] for one in done})

    assert [len(each) for each in sequences] == [1, 1]
    assert len(desk.debits(id)) == 1


def test_a_key_is_in_no_answer_of_the_api(desk: Desk) -> None:
    id, key = desk.active(), key_of(desk)

    answers = [desk.post(f"/v1/subscriptions/{id}/pause", body, Idempotency_Key=key) for body in ({}, {"colour": 1})]
    answers.append(
        desk.post(f"/v1/subscriptions/{id}/pause", {"resume_at": "2100-01-01T00:00:00Z"}, Idempotency_Key=key)
    )

    assert [answer.status_code for answer in answers] == [200, 400, 422]
    for answer in answers:
        assert key not in answer.text + str(dict(answer.headers))
