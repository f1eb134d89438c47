"""Billed, not billed, or not known: by what the answer proves."""

import json
from typing import Any

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass, PinVerdict
from pinbill.providers.http import Answer
from pinbill.providers.infomedia.codes import DECLINES
from pinbill.providers.infomedia.replies import bill_result
from pinbill.providers.json_wire import decode

TXID = "0f8fad5b-d9cb-469f-a165-70867728950e"
OK = "00 - Everything was OK"
PIN_CODES = {"P1": "wrong", "p2": "expired", "P3": "exhausted", "P9": "nonsense"}
UNKNOWN = AttemptState.UNKNOWN


def answer(body: object, status: int = 200, retry_after: int | None = None) -> Answer:
    return Answer(status, decode(json.dumps(body).encode()), retry_after)


def reply(status: object = "Success", description: object = OK, conf: Any = None, **more: object) -> dict[str, object]:
    return {"status": status, "description": description, "txid": TXID, "conf": conf, **more}


def carrier(status: object = "Success", description: object = OK, **more: object) -> dict[str, object]:
    return {"status": status, "description": description, "portedMcc": None, "portedMnc": None, **more}


def bill(body: object, *, with_pin: bool = False) -> BillResult:
    return bill_result(answer(body), PIN_CODES, ("234", "02"), with_pin)


BILLED_ANSWERS = {
    "as documented": reply(conf=carrier()),
    "d-wrapped": {"d": {"__type": "Reply", **reply(conf=carrier())}},
    "PascalCase": {
        "Status": "Success",
        "Description": OK,
        "TxId": TXID,
        "Conf": {"Status": "Success", "Description": OK, "PortedMcc": None, "PortedMnc": None},
    },
    "words in another casing": reply("SUCCESS", conf=carrier("success ")),
    "no description": reply(description=None, conf=carrier(description=None)),
    "a description without a code": reply(description="OK", conf=carrier(description="Everything was OK")),
}


@pytest.mark.parametrize("body", BILLED_ANSWERS.values(), ids=BILLED_ANSWERS)
@pytest.mark.parametrize("with_pin", [False, True])
def test_a_bill_is_paid_when_platform_and_carrier_say_so(body: object, with_pin: bool) -> None:
    result = bill(body, with_pin=with_pin)

    assert (result.state, result.code, result.failure) == (AttemptState.PAID, "00", None)
    assert result.provider_reference == TXID
    assert result.network is None


@pytest.mark.parametrize("txid", [None, "", {"a": 1}, "x y"])
def test_a_paid_bill_may_come_without_a_readable_transaction(txid: object) -> None:
    result = bill(reply(conf=carrier(), txid=txid))

    assert result.state is AttemptState.PAID
    assert result.provider_reference is None


@pytest.mark.parametrize("code", DECLINES)
def test_a_carriers_error_is_declined_by_its_code(code: str) -> None:
    for description in (f"{code} - some text", f" {code.lower()} -text"):
        result = bill(reply(conf=carrier("Error", description)))

        assert (result.state, result.code) == (AttemptState.DECLINED, code)
        assert result.failure is DECLINES[code].failure
        assert result.provider_reference == TXID


@pytest.mark.parametrize("code", DECLINES)
def test_a_code_of_the_table_from_the_platform_alone_is_declined_with_and_without_a_pin(code: str) -> None:
    for with_pin in (False, True):
        result = bill(reply("Error", f"{code} - some text"), with_pin=with_pin)

        assert (result.state, result.code, result.failure) == (
            AttemptState.DECLINED,
            code,
            DECLINES[code].failure,
        )


def test_the_carriers_code_goes_before_the_platforms() -> None:
    assert bill(reply(description="A5 - x", conf=carrier("Error", "AA - y"))).code == "AA"
    assert bill(reply(description="A5 - x", conf=carrier("Error", None))).code == "A5"
    assert bill(reply("Error", "A5 - x", conf=carrier("Error", "AA - y"))).code == "AA"


UNLISTED_ANSWERS = {
    "carrier with an unlisted code": reply(conf=carrier("Error", "ZZ - what")),
    "carrier without a code": reply(conf=carrier("Error", None)),
    "carrier with words only": reply(conf=carrier("Error", "failed")),
    "platform with an unlisted code": reply("Error", "E1 - missing"),
    "platform without a code": reply("Error", None),
}


@pytest.mark.parametrize("body", UNLISTED_ANSWERS.values(), ids=UNLISTED_ANSWERS)
def test_an_error_without_a_code_of_the_table_is_declined_as_unlisted(body: object) -> None:
    result = bill(body)

    assert (result.state, result.failure) == (AttemptState.DECLINED, FailureClass.UNLISTED)


CONTRADICTIONS = {
    "success without a carrier": reply(),
    "success with nothing from the carrier": reply(conf=carrier(None, None)),
    "success without a conf": {"status": "Success", "description": OK},
    "success of the platform only": reply(conf=carrier("Pending")),
    "carrier without a status": reply(conf=carrier(None)),
    "carrier that is no object": reply(conf="Success"),
    "carrier as a list": reply(conf=[carrier()]),
    "carrier with a boolean": reply(conf=carrier(True)),
    "platform with a boolean": reply(True, conf=carrier()),
    "platform with a number": reply(0, conf=carrier()),
    "platform without a status": reply(None, conf=carrier()),
    "another word": reply("OK", conf=carrier("OK")),
    "a decline's code beside two successes": reply(conf=carrier("Success", "AA - no credit")),
    "a decline's code of the platform beside two successes": reply(description="A5 - bar", conf=carrier()),
    "an unlisted code beside two successes": reply(conf=carrier("Success", "ZZ - what")),
    "the carrier's error with the code of a success": reply(conf=carrier("Error", OK)),
    "the platform's error with the code of a success": reply("Error", OK),
    "the platform's error and the carrier's success": reply("Error", "AA - no credit", conf=carrier()),
    "two errors with an unlisted code": reply("Error", "E1 - x", conf=carrier("Error", "ZZ - y")),
    "the platform's error and a carrier without a status": reply("Error", "AA - x", conf=carrier(None, OK)),
    "the platform's error and a carrier with a boolean": reply("Error", "AA - x", conf=carrier(True, None)),
    "the platform's error and a carrier that is text": reply("Error", "AA - x", conf="Success"),
    "an unknown shape": {"reply": {"code": 17}},
    "nothing": {},
}


@pytest.mark.parametrize("body", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
@pytest.mark.parametrize("with_pin", [False, True])
def test_every_other_mix_may_be_a_debit(body: object, with_pin: bool) -> None:
    result = bill(body, with_pin=with_pin)

    assert (result.state, result.code, result.failure) == (UNKNOWN, "answer_unexpected", None)


@pytest.mark.parametrize(
    ("description", "code", "verdict"),
    [
        ("P1 - PIN incorrect", "P1", PinVerdict.WRONG),
        ("P2 - PIN expired", "P2", PinVerdict.EXPIRED),
        ("P3 - attempts", "P3", PinVerdict.EXHAUSTED),
    ],
)
def test_an_error_before_the_carrier_is_about_the_pin_when_the_service_names_its_code(
    description: str | None, code: str, verdict: PinVerdict
) -> None:
    for conf in (None, carrier(None, None)):
        result = bill(reply("Error", description, conf=conf), with_pin=True)

        assert (result.state, result.code) == (AttemptState.DECLINED, code)
        assert (result.failure, result.pin) == (FailureClass.PIN, verdict)


@pytest.mark.parametrize("description", ["P9 - misconfigured verdict", "X7 - something else", "PIN incorrect", None])
def test_another_error_before_the_carrier_is_not_blamed_on_the_pin_when_the_service_knows_its_pin_codes(
    description: str | None,
) -> None:
    result = bill(reply("Error", description, conf=None), with_pin=True)

    assert (result.state, result.failure) == (AttemptState.DECLINED, FailureClass.UNLISTED)


@pytest.mark.parametrize("description", ["X7 - something else", "PIN incorrect", None])
def test_an_error_before_the_carrier_means_the_pin_when_no_code_of_it_is_known(description: str | None) -> None:
    result = bill_result(answer(reply("Error", description)), {}, ("234", "02"), with_pin=True)

    assert (result.failure, result.pin) == (FailureClass.PIN, PinVerdict.WRONG)


def test_a_service_may_name_a_billing_code_as_one_of_the_pin() -> None:
    result = bill_result(answer(reply("Error", "A4 - x")), {"A4": "expired"}, ("234", "02"), with_pin=True)

    assert (result.failure, result.pin) == (FailureClass.PIN, PinVerdict.EXPIRED)


@pytest.mark.parametrize(
    ("mcc", "mnc", "network"),
    [
        ("234", "30", ("234", "30")),
        (234, 3, ("234", "03")),
        ("310", "260", ("310", "260")),
        ("234", "02", None),
        (234, 2, None),
        ("234", None, None),
        (None, "30", None),
        ("0", "0", None),
        ("23", "30", None),
        ("abc", "30", None),
        ("234", "3000", None),
    ],
)
def test_a_number_that_has_moved_gives_its_new_network(
    mcc: object, mnc: object, network: tuple[str, str] | None
) -> None:
    for status, description in (("Success", OK), ("Error", "AA - x")):
        result = bill(reply(conf=carrier(status, description, portedMcc=mcc, portedMnc=mnc)))

        assert result.state is not UNKNOWN
        assert result.network == network


REFUSED = [400, 401, 403, 404, 405, 413, 415, 422, 429]


@pytest.mark.parametrize("status", REFUSED)
def test_a_request_that_the_server_refuses_asked_nobody_for_money(status: int) -> None:
    for body in ({"message": "no"}, reply(conf=carrier())):
        result = bill_result(answer(body, status, 7), {}, ("234", "02"), with_pin=True)

        assert (result.state, result.failure) == (AttemptState.DECLINED, FailureClass.REFUSED)
        assert (result.code, result.retry_after) == (f"http_{status}", 7)


@pytest.mark.parametrize(
    "status", [201, 202, 204, 301, 302, 303, 307, 308, 402, 408, 409, 425, 499, 500, 502, 503, 504]
)
def test_another_status_proves_nothing_whatever_the_body_says(status: int) -> None:
    for body in (reply(conf=carrier()), reply("Error", "AA - x"), "no object"):
        result = bill_result(answer(body, status), {}, ("234", "02"), with_pin=True)

        assert (result.state, result.code) == (UNKNOWN, f"http_{status}")


def test_a_200_without_a_json_object_proves_nothing() -> None:
    result = bill_result(Answer(200, None), {}, ("234", "02"), with_pin=True)

    assert (result.state, result.code) == (UNKNOWN, "answer_unreadable")
