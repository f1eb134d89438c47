"""The check that every end-to-end answer goes through refuses what the contract does not have."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from contract import examples
from pinbill.entrypoints.problems import problem_of
from pinbill.errors import PinbillError, PinSendsExhausted, SubscriptionNotFound, WrongState
from tests.e2e.documented import assert_documented

READ = "/v1/subscriptions/SUB1"
SHOWN = examples.ANSWERS["subscription", 200]["active"]
CORRELATION = {"X-Correlation-Id": "a"}


def answer(status: int, body: Any, kind: str = "application/json", **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({"Content-Type": kind, **CORRELATION, **headers})
    made._content = json.dumps(body).encode()
    return made


def problem(error: PinbillError, **headers: str) -> requests.Response:
    document = problem_of(error)
    return answer(document["status"], document, "application/problem+json", **headers)


def test_what_the_contract_says_is_let_pass() -> None:
    assert_documented("GET", READ, answer(200, SHOWN))
    assert_documented("GET", READ, problem(SubscriptionNotFound()))
    assert_documented("GET", f"{READ}/bills?limit=5", answer(200, examples.ANSWERS["bills", 200]["last_page"]))
    assert_documented("POST", f"{READ}/pin", problem(PinSendsExhausted()))


def test_of_other_paths_nothing_is_asked() -> None:
    assert_documented("GET", "/v1/callbacks/infomedia/token", answer(418, {}))
    assert_documented("PUT", READ, answer(404, {}))


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (answer(201, SHOWN), "is not in the contract"),
        (problem(WrongState()), "409 is not in the contract"),
        (answer(200, {"subscription": {**SHOWN["subscription"], "colour": "red"}}), "Unevaluated"),
        (answer(200, {"subscription": {**SHOWN["subscription"], "state": "frozen"}}), "frozen"),
        (answer(200, {"subscription": {**SHOWN["subscription"], "rail": "pigeon"}}), "pigeon"),
        (answer(200, {"subscription": {**SHOWN["subscription"], "created_at": "yesterday"}}), "yesterday"),
        (
            answer(200, {"subscription": {key: one for key, one in SHOWN["subscription"].items() if key != "pin"}}),
            "pin",
        ),
        (answer(200, SHOWN, "text/plain"), "is text/plain"),
        (answer(404, {**problem_of(SubscriptionNotFound()), "code": "lost"}, "application/problem+json"), "lost"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_it_does_not_say_is_refused(made: requests.Response, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        assert_documented("GET", READ, made)


def test_a_header_that_is_promised_must_be_there() -> None:
    without = answer(200, SHOWN)
    del without.headers["X-Correlation-Id"]

    with pytest.raises(AssertionError, match="has no X-Correlation-Id"):
        assert_documented("GET", READ, without)
