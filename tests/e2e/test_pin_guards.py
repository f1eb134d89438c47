"""Guesses of a PIN through the deployed API, all at once: Infomedia's own record of its checks is the judge."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from pinbill.domain.pin_guards import Guards
from tests.e2e.bad_input.keys import by, rivals, rivals_subscription
from tests.e2e.desk import PARTNER, WEEKLY, Desk, Request

GUESSERS, EACH = 12, 4


@pytest.fixture(scope="module")
def desk(desk: Desk) -> Iterator[Desk]:
    tries = desk.office.get("/control/settings")["pin_tries"]
    desk.office.post("/control/settings", pin_tries=1_000)  # the provider's own limit is none that we may count on
    yield desk
    desk.office.post("/control/settings", pin_tries=tries)


def checks(desk: Desk, number: str) -> int:
    """How many PINs Infomedia was asked to check."""
    return sum(len(desk.calls(number, method)) for method in ("SendBillWithPIN", "PINValidate"))


def test_parallel_guessers_through_two_partners_get_the_few_tries_of_the_number(desk: Desk) -> None:
    rivals(desk)
    number = desk.number()
    ours = desk.subscribe(WEEKLY, number)
    theirs = desk.made(desk.send(rivals_subscription(desk, number)))
    codes: Counter[str] = Counter()
    gate, lock = threading.Barrier(GUESSERS), threading.Lock()

    def guess(at: int) -> None:
        gate.wait()
        for n in range(EACH):
            id, key = (ours, desk.key) if at % 2 else (theirs, desk.rival_key)
            body = {"pin": f"9{at:02}{n:02}0000"}
            answer = desk.send(by(key, Request("POST", f"/v1/subscriptions/{id}/confirm", body)))
            with lock:
                codes[answer.json()["code"]] += 1

    threads = [threading.Thread(target=guess, args=(at,)) for at in range(GUESSERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes.total() == GUESSERS * EACH
    assert set(codes) <= {"pin_wrong", "pin_exhausted", "pin_locked", "concurrent_change", "attempt_open"}
    # Each try is compared with both PINs, and weighs two.
    assert 1 <= checks(desk, number) == codes["pin_wrong"] <= Guards().tries_a_number // 2


def test_an_honest_user_of_another_partner_is_not_locked_out_by_one_who_guesses(desk: Desk) -> None:
    rivals(desk, tries=4)
    number = desk.number()
    theirs = desk.made(desk.send(rivals_subscription(desk, number)))
    confirm = by(desk.rival_key, Request("POST", f"/v1/subscriptions/{theirs}/confirm", {"pin": "0000000000"}))
    for _ in range(6):
        assert desk.send(confirm).status_code in (422, 429)

    ours = desk.subscribe(WEEKLY, number)

    assert desk.confirm(ours, desk.pin(number)).status_code == 200


def test_the_end_of_sms_is_the_same_whether_the_number_is_in_use_elsewhere(desk: Desk) -> None:
    rivals(desk, sms_soon=1)
    known, unknown = desk.number(), desk.number()
    desk.active(WEEKLY, known)
    answers = []
    for number in (known, unknown):
        id = desk.made(desk.send(rivals_subscription(desk, number)))
        assert desk.send(by(desk.rival_key, Request("POST", f"/v1/subscriptions/{id}/cancel", {}))).status_code == 200
        answers.append(desk.send(rivals_subscription(desk, number)))

    first, second = answers
    assert first.json()["code"] == "sms_limited"
    assert (first.status_code, first.content, first.headers["Retry-After"]) == (
        second.status_code,
        second.content,
        second.headers["Retry-After"],
    )
    assert PARTNER not in first.text
