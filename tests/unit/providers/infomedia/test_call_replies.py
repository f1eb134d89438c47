"""Calls without money: done only when the answer says so."""

import json

import pytest

from pinbill.domain.attempts import FailureClass, PinVerdict
from pinbill.providers.http import Answer
from pinbill.providers.infomedia.replies import call_result, pin_check_result
from pinbill.providers.json_wire import decode
from pinbill.usecases.calls import Answer as Outcome

OK = "00 - Everything was OK"
PIN_CODES = {"P1": "wrong", "p2": "expired"}


def answer(body: object, status: int = 200, retry_after: int | None = None) -> Answer:
    return Answer(status, decode(json.dumps(body).encode()), retry_after)


def reply(status: object = "Success", description: object = OK) -> dict[str, object]:
    return {"status": status, "description": description}


@pytest.mark.parametrize(
    ("body", "outcome", "code", "failure"),
    [
        (reply(), Outcome.DONE, "00", None),
        (reply("success", None), Outcome.DONE, None, None),
        (reply(description="AA - x"), Outcome.UNCLEAR, "answer_unexpected", None),
        (reply("Error", OK), Outcome.UNCLEAR, "answer_unexpected", None),
        (reply("Maybe"), Outcome.UNCLEAR, "answer_unexpected", None),
        ({}, Outcome.UNCLEAR, "answer_unexpected", None),
        (reply("Error", "A3 - x"), Outcome.REJECTED, "A3", FailureClass.HARD),
        (reply("Error", "E1 - x"), Outcome.REFUSED, "E1", FailureClass.UNLISTED),
        (reply("Error", None), Outcome.REFUSED, "no_code", FailureClass.UNLISTED),
    ],
)
def test_a_call_without_money_is_done_only_when_the_answer_says_so(
    body: object, outcome: Outcome, code: str | None, failure: FailureClass | None
) -> None:
    result = call_result(answer(body))

    assert (result.answer, result.code, result.failure) == (outcome, code, failure)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (429, Outcome.BUSY),
        (401, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (302, Outcome.UNCLEAR),
        (500, Outcome.UNCLEAR),
    ],
)
def test_a_call_without_money_by_its_http_status(status: int, outcome: Outcome) -> None:
    result = call_result(answer(reply(), status, 9))

    assert (result.answer, result.code) == (outcome, f"http_{status}")
    assert result.retry_after == (9 if status == 429 else None)


@pytest.mark.parametrize(
    ("body", "outcome", "verdict"),
    [
        (reply(), Outcome.DONE, None),
        (reply(description="P1 - PIN incorrect"), Outcome.UNCLEAR, None),
        (reply("Error", "P1 - PIN incorrect"), Outcome.REJECTED, PinVerdict.WRONG),
        (reply("Error", "P2 - PIN expired"), Outcome.REJECTED, PinVerdict.EXPIRED),
        (reply("Error", "X1 - ?"), Outcome.REFUSED, None),
        (reply("Error", None), Outcome.REFUSED, None),
        (reply("Error", "A5 - bar"), Outcome.REJECTED, None),
        (reply("Error", OK), Outcome.UNCLEAR, None),
        (reply("Yes"), Outcome.UNCLEAR, None),
    ],
)
def test_a_free_period_is_granted_only_for_a_pin_that_was_accepted(
    body: object, outcome: Outcome, verdict: PinVerdict | None
) -> None:
    result = pin_check_result(answer(body), PIN_CODES)

    assert (result.answer, result.pin) == (outcome, verdict)


@pytest.mark.parametrize("description", ["X1 - ?", None])
def test_without_codes_of_its_own_a_service_takes_every_other_error_for_a_wrong_pin(description: str | None) -> None:
    result = pin_check_result(answer(reply("Error", description)), {})

    assert (result.answer, result.pin) == (Outcome.REJECTED, PinVerdict.WRONG)
