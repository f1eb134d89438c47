"""What a charge's answer proves; the payment's own status decides."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.money import Money
from pinbill.providers.http import Answer
from pinbill.providers.json_wire import decode
from pinbill.providers.signzy.replies import Payment, charge_result, payment_of, payments_of

AMOUNT = Money(19_900, "INR")


def payment(status: object = "PENDING", **more: object) -> dict[str, object]:
    return {
        "paymentId": 5000001,
        "cfOrderId": None,
        "referenceId": None,
        "subReferenceId": 100001,
        "currency": "INR",
        "amount": 199,
        "cycle": 1,
        "status": status,
        "addedOn": "2026-11-21 20:30:00",
        "retryAttempts": 0,
        "remarks": "",
        "failureReason": "",
        "scheduledOn": None,
        **more,
    }


def answer(body: object, status: int = 200, retry_after: int | None = None) -> Answer:
    return Answer(status, decode(json.dumps(body).encode()), retry_after)


def taken(paid: dict[str, object]) -> dict[str, object]:
    return {"result": {"status": "OK", "message": "Subscription charge pending", "payment": paid}}


def charge(body: object) -> BillResult:
    return charge_result(answer(body), "100001", AMOUNT)


@pytest.mark.parametrize(
    ("status", "state", "failure", "code"),
    [
        ("INITIALIZED", AttemptState.PENDING, None, "INITIALIZED"),
        ("PENDING", AttemptState.PENDING, None, "PENDING"),
        ("SUCCESS", AttemptState.PAID, None, "SUCCESS"),
        (" success", AttemptState.PAID, None, "SUCCESS"),
        ("CANCELLED", AttemptState.DECLINED, FailureClass.UNLISTED, "CANCELLED"),
        ("FAILED", AttemptState.DECLINED, FailureClass.SOFT, "FAILED"),
        ("ON_THE_WAY", AttemptState.PENDING, None, "STATUS_UNLISTED"),
        ("SUCCESSFUL", AttemptState.PENDING, None, "STATUS_UNLISTED"),
        ("OK", AttemptState.PENDING, None, "STATUS_UNLISTED"),
        (None, AttemptState.PENDING, None, "STATUS_UNLISTED"),
        (True, AttemptState.PENDING, None, "STATUS_UNLISTED"),
    ],
)
def test_the_payments_own_status_decides(
    status: object, state: AttemptState, failure: FailureClass | None, code: str
) -> None:
    result = charge(taken(payment(status)))

    assert (result.state, result.failure, result.code) == (state, failure, code)
    assert result.provider_reference == "5000001"


def test_a_result_that_is_ok_does_not_make_a_failed_payment_a_success() -> None:
    result = charge(taken(payment("FAILED", failureReason="Account closed")))

    assert (result.state, result.failure) == (AttemptState.DECLINED, FailureClass.HARD)


SAME = {
    "wrapped": taken(payment()),
    "unwrapped": {"status": "OK", "message": "m", "payment": payment()},
    "numbers as text": taken(payment(paymentId="5000001", subReferenceId="100001", amount="199.00")),
    "amount as a fraction": taken(payment(amount=199.0)),
    "other casing": {"Result": {"Payment": {name.upper(): value for name, value in payment().items()}}},
    "no amount": taken(payment(amount=None)),
    "no currency": taken(payment(currency=None)),
    "no mandate": taken(payment(subReferenceId=None)),
    "a null error beside it": {"error": None, **taken(payment())},
}


@pytest.mark.parametrize("body", SAME.values(), ids=SAME)
def test_a_charge_that_was_taken_is_pending_in_every_form_of_the_answer(body: object) -> None:
    result = charge(body)

    assert (result.state, result.provider_reference) == (AttemptState.PENDING, "5000001")


@pytest.mark.parametrize(
    "paid", [payment(amount=200), payment(amount="1.99"), payment(currency="USD"), payment(subReferenceId=100002)]
)
@pytest.mark.parametrize("status", ["PENDING", "SUCCESS", "FAILED"])
def test_a_payment_that_differs_from_what_was_asked_is_unknown_and_says_so(
    paid: dict[str, object], status: str
) -> None:
    result = charge(taken({**paid, "status": status}))

    assert (result.state, result.code) == (AttemptState.UNKNOWN, "payment_differs")
    assert result.provider_reference == "5000001"
    assert "another amount" in result.meaning


UNREADABLE = {
    "no payment id": taken(payment("SUCCESS", paymentId=None)),
    "a payment id that is none": taken(payment("SUCCESS", paymentId="x/../y")),
    "no payment": {"result": {"status": "OK", "message": "taken"}},
    "a payment that is no object": {"result": {"payment": "SUCCESS"}},
    "an error with a 200": {"error": {"message": "no"}, **taken(payment())},
    "an unknown shape": {"reply": {"code": 17}},
    "nothing": {},
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_names_no_payment_may_stand_for_one(body: object) -> None:
    result = charge(body)

    assert (result.state, result.code) == (AttemptState.UNKNOWN, "answer_unexpected")


def error(status: int, message: str) -> Answer:
    return answer({"error": {"name": "error", "message": message, "status": status, "statusCode": status}}, status, 30)


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (error(400, "Subscription is not active: ON_HOLD"), FailureClass.HARD),
        (error(400, "Amount is more than the maximum amount of the mandate"), FailureClass.HARD),
        (error(422, "Charge is allowed for ON_DEMAND mandates only"), FailureClass.HARD),
        (error(422, "scheduledOn is required for this payment mode"), FailureClass.HARD),
        (error(400, '"amount" is required'), FailureClass.REFUSED),
        (error(422, "Malformed JSON"), FailureClass.REFUSED),
        (Answer(400, None), FailureClass.REFUSED),
        (error(401, "Unauthorized"), FailureClass.REFUSED),
        (error(403, "Forbidden"), FailureClass.REFUSED),
        (error(404, "subReferenceId not found"), FailureClass.HARD),
        (error(404, "Not Found"), FailureClass.REFUSED),
        (answer({"message": "no Route matched for subscription"}, 404), FailureClass.REFUSED),
        (Answer(404, None), FailureClass.REFUSED),
        (error(429, "Too many"), FailureClass.REFUSED),
    ],
)
def test_a_refused_charge_is_final_only_when_the_error_speaks_of_the_mandate(
    said: Answer, failure: FailureClass
) -> None:
    result = charge_result(said, "100001", AMOUNT)

    assert (result.state, result.failure, result.code) == (AttemptState.DECLINED, failure, f"http_{said.status}")


def test_a_throttled_charge_says_when_to_come_back() -> None:
    assert charge_result(error(429, "x"), "100001", AMOUNT).retry_after == 30
    assert charge_result(error(403, "x"), "100001", AMOUNT).retry_after == 30


@pytest.mark.parametrize("status", [201, 202, 204, 302, 303, 408, 409, 500, 502, 503, 504])
def test_another_status_proves_nothing(status: int) -> None:
    result = charge_result(answer(taken(payment("FAILED")), status), "100001", AMOUNT)

    assert (result.state, result.code) == (AttemptState.UNKNOWN, f"http_{status}")


def test_times_are_indian_unless_they_say_otherwise() -> None:
    read = payment_of(answer(taken(payment())))
    zoned = payment_of(answer(taken(payment(addedOn="2026-11-21T20:30:00+00:00"))))

    assert read is not None
    assert read.added_at == datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    assert read.amount == Decimal(199)
    assert zoned is not None
    assert zoned.added_at == datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
    assert Payment.read({"addedon": "yesterday"}).added_at is None


@pytest.mark.parametrize("wrap", [True, False])
def test_a_page_of_payments_is_read_wrapped_or_not(wrap: bool) -> None:
    page = {"status": "OK", "payments": [payment(), payment(paymentId=5000002)], "lastId": 5000002}

    read = payments_of(answer({"result": page} if wrap else page))

    assert read is not None
    assert [each.id for each in read[0]] == ["5000001", "5000002"]
    assert read[1] == "5000002"


@pytest.mark.parametrize(
    "said",
    [
        answer({"result": {}}),
        answer({"result": {"payments": ["x"]}}),
        answer({"result": {"payments": None}}),
        Answer(200, None),
        error(500, "x"),
    ],
)
def test_what_is_no_page_is_not_read_as_an_empty_one(said: Answer) -> None:
    assert payments_of(said) is None
