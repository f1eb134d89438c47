"""The Python client: a method for each operation, errors by what to do, repeats that can do no harm, no secrets."""

from __future__ import annotations

import ast
import inspect
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, override

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

import pinbill_client
from contract.breaking import operations
from contract.schema_changes import resolved
from local.template import ROOT
from pinbill_client import Client, Consent, Mandate, Money, Network, errors
from pinbill_client.models import OPERATIONS
from pinbill_client.transport import Retries
from tests.unit.clients.session import API, CORRELATION, KEY, answer, bench, problem, success
from tests.unit.contract.kept import contract, responses

TIME = datetime(2027, 3, 2, 9, tzinfo=UTC)
NUMBER, PIN, ID = "+447700900123", "4711", "SUB1"
PACKAGE = ROOT / "clients" / "python" / "pinbill_client"
NO_CONNECTION = requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "refused")))  # type: ignore[arg-type]
LOST = requests.ReadTimeout("read timed out")
CALLS: dict[str, Any] = {
    "plans": lambda client: client.plans(),
    "subscribe": lambda client: client.subscribe("games-weekly", NUMBER, network=Network("234", "02")),
    "resend": lambda client: client.resend(ID),
    "confirm": lambda client: client.confirm(ID, PIN),
    "charge": lambda client: client.charge(ID, "1.20", "GBP", "100 gems"),
    "cancel": lambda client: client.cancel(ID),
    "pause": lambda client: client.pause(ID),
    "resume": lambda client: client.resume(ID),
    "subscription": lambda client: client.subscription(ID),
    "bills": lambda client: list(client.bills(ID)),
    "consent": lambda client: client.consent(ID),
    "notice": lambda client: client.notice(ID, 2, "4.50", "GBP", TIME, TIME),
    "opt_out": lambda client: client.opt_out(ID, 2),
    "receipt": lambda client: client.receipt(ID, f"{ID}-1", TIME, "email"),
}
OPERATION = {operation["operationId"]: (label, operation) for label, operation in operations(contract())}
KEYED = sorted(name for name, (_, operation) in OPERATION.items() if operation["security"])
WRITES = [name for name in KEYED if OPERATION[name][0].startswith("POST")]
every_call = pytest.mark.parametrize("name", KEYED)


@every_call
def test_there_is_a_method_for_each_operation_with_its_fields(name: str) -> None:
    _, operation = OPERATION[name]
    parameters = set(inspect.signature(getattr(Client, name)).parameters)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    fields = resolved(contract(), body)["properties"] if body else {}

    assert set(fields) <= parameters
    assert {"correlation_id"} <= parameters


@every_call
def test_a_call_is_the_request_of_the_contract_and_its_answer_an_object(name: str) -> None:
    at = bench(success(name, "last_page" if name == "bills" else None))

    found = CALLS[name](at.client)

    label, operation = OPERATION[name]
    [sent] = at.session.sent
    assert f"{sent.method} {sent.url.removeprefix(API)}" == label.replace("{subscription_id}", ID)
    assert sent.headers["x-api-key"] == KEY
    assert sent.timeout == (5.0, 35.0)
    takes_key = any("Idempotency-Key" in str(one) for one in operation["parameters"])
    assert ("Idempotency-Key" in sent.headers) is takes_key is OPERATIONS[name][2]
    assert found


@pytest.mark.parametrize(
    ("name", "status", "example"),
    [
        (OPERATION_ID, status, shown)
        for label, status, response in responses()
        if status < "300"
        and (OPERATION_ID := contract()["paths"][label.split()[1]][label.split()[0].lower()]["operationId"]) in CALLS
        for shown in response["content"]["application/json"]["examples"]
    ],
)
def test_every_answer_that_the_contract_shows_is_understood(name: str, status: str, example: str) -> None:
    last = [success("bills", "last_page")] if example == "first_of_more" else []

    assert CALLS[name](bench(success(name, example), *last).client)


@pytest.mark.parametrize(
    "code",
    sorted(
        {
            code
            for _, status, one in responses()
            if status >= "400"
            for media in one["content"].values()
            for code in media["examples"]
        }
    ),
)
def test_every_problem_that_the_contract_shows_becomes_an_error(code: str) -> None:
    at = bench(problem(code, **{"Retry-After": "7"}), retries=Retries(times=0))

    with pytest.raises(errors.ApiError) as raised:
        at.client.plans()

    error = raised.value
    assert (error.code, error.correlation_id, error.retry_after) == (code, CORRELATION, 7)
    assert type(error) is not errors.ApiError
    assert error.next_step in str(error)


def test_what_further_members_say_is_read() -> None:
    def error_of(code: str) -> Any:
        with pytest.raises(errors.ApiError) as raised:
            bench(problem(code)).client.plans()
        return raised.value

    assert error_of("charge_declined").charge.attempt.failure == "soft"
    assert error_of("bill_declined").bill.state == "declined"
    assert error_of("bill_declined").subscription.state == "pending"
    assert error_of("bill_declined").charge is None
    assert error_of("subscription_exists").subscription_id
    assert [one.code for one in error_of("field_unknown").fields] == ["field_unknown"]


def test_times_are_aware_and_amounts_are_texts() -> None:
    found = bench(success("subscription", "active")).client.subscription(ID)

    assert found.created_at == datetime(2027, 1, 31, 9, tzinfo=UTC)
    assert found.price.amount == "4.50"
    assert found.pin is None


def test_a_member_or_a_value_that_is_new_is_no_trouble_and_one_that_is_missing_is() -> None:
    shown = success("subscription", "active").json()
    shown["subscription"] |= {"colour": "red", "rail": "pigeon", "state": "frozen"}

    assert bench(answer(200, shown)).client.subscription(ID).rail == "pigeon"
    del shown["subscription"]["access"]
    with pytest.raises(errors.UnexpectedAnswer, match=r"Subscription\.access is missing"):
        bench(answer(200, shown)).client.subscription(ID)


def test_bills_are_read_page_by_page_as_they_are_needed() -> None:
    at = bench(success("bills", "first_of_more"), success("bills", "last_page"))

    bills = at.client.bills(ID, limit=1)

    assert next(bills).sequence == 44
    assert len(at.session.sent) == 1
    assert [bill.sequence for bill in bills] == [3]
    assert [dict(sent.query) for sent in at.session.sent][1]["limit"] == 1


def test_what_is_sent_is_what_was_given() -> None:
    at = bench(success("subscribe"), success("pause"), success("cancel"), success("confirm"))

    at.client.subscribe("films", NUMBER, mandate=Mandate("20001", "500.00", "INR"), correlation_id="try-1")
    at.client.pause(ID, resume_at=datetime(2027, 3, 2, 9, tzinfo=UTC))
    at.client.cancel("a/b?c", when="period_end", reason="too_dear")
    at.client.confirm(ID)

    first, second, third, last = at.session.sent
    mandate = {"reference": "20001", "max_amount": "500.00", "currency": "INR"}
    assert first.body == {"plan": "films", "msisdn": NUMBER, "mandate": mandate}
    assert first.headers["X-Correlation-Id"] == "try-1"
    assert second.body == {"resume_at": "2027-03-02T09:00:00+00:00"}
    assert third.body == {"when": "period_end", "reason": "too_dear"}
    assert third.url.endswith("/v1/subscriptions/a%2Fb%3Fc/cancel")
    assert last.body == {}


def test_consent_is_sent_as_it_was_shown_and_without_what_was_not() -> None:
    at = bench(success("subscribe"), success("confirm"))

    shown = Consent(text_version="v7", price=Money("4.50", "GBP"), given_at=TIME, method="web")
    at.client.subscribe("games-weekly", NUMBER, network=Network("234", "02"), consent=shown, user_ip="192.0.2.1")
    at.client.confirm(ID, PIN, consent=Consent(second_confirmation=True))

    first, second = at.session.sent
    price = {"amount": "4.50", "currency": "GBP"}
    evidence = {"text_version": "v7", "price": price, "given_at": TIME.isoformat(), "method": "web"}
    assert (first.body["consent"], first.body["user_ip"]) == (evidence, "192.0.2.1")
    assert second.body == {"pin": PIN, "consent": {"second_confirmation": True}}


@pytest.mark.parametrize(
    "lost", [LOST, problem("internal_error"), problem("answer_timed_out"), problem("store_unavailable")]
)
def test_a_charge_is_repeated_with_the_same_key(lost: Any) -> None:
    at = bench(lost, lost, success("charge"))

    at.client.charge(ID, "1.20", "GBP", "100 gems")

    assert len({sent.headers["Idempotency-Key"] for sent in at.session.sent}) == 1
    assert len(at.session.sent) == 3
    assert at.pauses == [0.5, 1.0]


def test_two_charges_have_two_keys_and_a_given_one_is_kept() -> None:
    at = bench(success("charge"), success("charge"), success("charge"))

    for key in (None, None, "order-4711"):
        at.client.charge(ID, "1.20", "GBP", "100 gems", idempotency_key=key)

    first, second, third = (sent.headers["Idempotency-Key"] for sent in at.session.sent)
    assert first != second
    assert third == "order-4711"


@pytest.mark.parametrize("name", WRITES)
def test_every_write_takes_a_key_and_is_repeated_with_it(name: str) -> None:
    at = bench(LOST, problem("internal_error"), success(name))

    CALLS[name](at.client)

    assert OPERATIONS[name][2]
    assert "idempotency_key" in inspect.signature(getattr(Client, name)).parameters
    assert len({sent.headers["Idempotency-Key"] for sent in at.session.sent}) == 1
    assert len(at.session.sent) == 3


@pytest.mark.parametrize("failure", [LOST, problem("internal_error"), problem("answer_timed_out")])
def test_a_write_without_a_key_is_not_repeated_when_nobody_knows_what_became_of_it(failure: Any) -> None:
    at = bench(failure)

    with pytest.raises(errors.PinbillError):
        at.client._transport.call("pause", {"subscription_id": ID}, {})

    assert len(at.session.sent) == 1


@every_call
def test_what_was_not_sent_or_not_done_is_repeated_by_every_call(name: str) -> None:
    good = success(name, "last_page" if name == "bills" else None)

    for failure in (NO_CONNECTION, requests.ConnectTimeout(), problem("slow_down"), problem("store_unavailable")):
        at = bench(failure, good)
        assert CALLS[name](at.client)
        assert len(at.session.sent) == 2


def test_the_wait_that_the_api_asks_for_is_kept_unless_it_is_too_long() -> None:
    short = bench(problem("slow_down", **{"Retry-After": "3"}), success("plans"))
    long = bench(problem("slow_down", **{"Retry-After": "3000"}))

    assert short.client.plans()
    assert short.pauses == [3.5]
    with pytest.raises(errors.TooManyRequests):
        long.client.plans()
    assert long.pauses == []


@pytest.mark.parametrize(
    "code", ["attempt_open", "concurrent_change", "pin_wrong", "unauthenticated", "plan_not_found"]
)
def test_a_refusal_is_not_repeated(code: str) -> None:
    at = bench(problem(code))

    with pytest.raises(errors.ApiError):
        at.client.charge(ID, "1.20", "GBP", "100 gems")

    assert len(at.session.sent) == 1


def test_repeats_come_to_an_end() -> None:
    at = bench(*[LOST] * 4)

    with pytest.raises(errors.OutcomeUnknown) as lost:
        at.client.charge(ID, "1.20", "GBP", "100 gems", idempotency_key="order-4711")

    assert (len(at.session.sent), lost.value.idempotency_key) == (4, "order-4711")
    assert at.pauses == [0.5, 1.0, 2.0]
    with pytest.raises(errors.Unreachable):
        bench(*[NO_CONNECTION] * 4).client.cancel(ID)


@pytest.mark.parametrize("body", [b"<html>bad gateway</html>", b"[]", b"{}", b'{"status": "x"}'])
def test_an_answer_that_is_not_the_apis_is_said_to_be_one(body: bytes) -> None:
    with pytest.raises(errors.UnexpectedAnswer):
        bench(answer(502, body)).client.plans()
    with pytest.raises(errors.UnexpectedAnswer):
        bench(answer(200, body)).client.plans()


def test_no_secret_is_in_a_log_line_an_error_or_a_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="pinbill_client")
    texts: list[str] = []
    causes: list[BaseException | None] = []
    request = requests.Request("POST", API, json={"msisdn": NUMBER, "pin": PIN}, headers={"x-api-key": KEY}).prepare()
    for failure in (
        requests.ReadTimeout(f"{NUMBER} {KEY}", request=request),
        problem("msisdn_invalid"),
        answer(200, b"{}"),
    ):
        at = bench(failure, retries=Retries(times=0))
        try:
            at.client.subscribe("games-weekly", NUMBER, network=Network("234", "02"))
        except errors.PinbillError as error:
            texts += [str(error), repr(error), "".join(traceback.format_exception(error)), repr(at.client)]
            causes.append(None if error.__suppress_context__ else error.__context__)

    assert len(texts) == 12
    assert causes == [None] * 3
    assert caplog.records
    for text in [*texts, caplog.text]:
        assert NUMBER[1:] not in text
        assert KEY not in text


def test_the_client_ends_its_own_session_and_leaves_a_given_one() -> None:
    ended: list[str] = []

    class Session(requests.Session):
        @override
        def close(self) -> None:
            ended.append("given")

    with Client(API, KEY, session=Session()):
        pass
    with Client(API, KEY) as own:
        assert own._own_session

    assert ended == []


def test_the_package_stands_on_requests_alone_and_speaks_python_3_10() -> None:
    allowed = set(sys.stdlib_module_names) | {"pinbill_client", "requests", "urllib3"}
    for path in sorted(PACKAGE.glob("*.py")):
        tree = ast.parse(path.read_text(), feature_version=(3, 10))
        for node in ast.walk(tree):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.split(".")[0] for name in names} <= allowed, path.name


def test_everything_public_is_exported() -> None:
    classes = {
        name for name, one in vars(errors).items() if inspect.isclass(one) and issubclass(one, errors.PinbillError)
    }

    assert classes <= set(pinbill_client.__all__)
    assert all(hasattr(pinbill_client, name) for name in pinbill_client.__all__)
