"""The HTTP adapter: which bodies reach an operation, what a failure looks like, and who the partner is."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel, ConfigDict

from pinbill import errors
from pinbill.domain.allowances import Allowance, Use
from pinbill.domain.partners import ApiScope
from pinbill.entrypoints.callers import context_of
from pinbill.entrypoints.http import LARGEST_BODY, CallbackApi, PartnerApi, http_handler, reply
from pinbill.entrypoints.problems import CONTENT_TYPE, INTERNAL_ERROR
from pinbill.entrypoints.routes import Needs
from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.usecases.admit import Admit
from pinbill.usecases.ports.telemetry import Observation
from tests.fakes.clock import FakeClock
from tests.fakes.counters import InMemoryCounters
from tests.unit.entrypoints.rest_api import CALLER, PARTNER, SUBSCRIPTION, FakeContext, Log, event

NUMBER = "+447700900123"
ROUTE = "/v1/subscriptions/{subscription_id}"
NEEDS = {
    ("POST", ROUTE): Needs(ApiScope.SUBSCRIPTIONS_WRITE, Use.WRITES),
    ("GET", ROUTE): Needs(ApiScope.SUBSCRIPTIONS_READ, Use.READS),
}


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str = ""
    amount: int = 0


class Heard(BaseModel):
    """What an operation was given."""

    id: str
    partner: str
    note: str
    key: str | None
    limit: int


class Desk:
    """An API with one operation, which does what the test says and remembers that it was reached."""

    def __init__(self, does: Callable[[], None] = lambda: None) -> None:
        self.log = Log()
        logger = self.log.logger()
        self.telemetry = LogTelemetry(logger)
        self.counters = InMemoryCounters()
        self.api = PartnerApi(logger, Admit(self.counters, FakeClock(), self.telemetry), NEEDS)
        self.reached = 0
        self._handler = http_handler(self.api, logger, self.telemetry)

        @self.api.post("/v1/subscriptions/<id>")
        def operation(
            id: Annotated[str, Path()],
            body: Body,
            key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
            limit: Annotated[int, Query(ge=1)] = 5,
        ) -> Response[Heard]:
            self.reached += 1
            does()
            return reply(200, Heard(id=id, partner=self.api.partner, note=body.note, key=key, limit=limit))

        @self.api.get("/v1/subscriptions/<id>")
        def look(id: Annotated[str, Path()]) -> Response[Heard]:
            return reply(200, Heard(id=id, partner=self.api.partner, note="", key=None, limit=0))

    def ask(self, event: dict[str, Any], context: FakeContext | None = None) -> tuple[int, dict[str, Any]]:
        answer = self._handler(event, context or FakeContext())
        self.headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        return answer["statusCode"], json.loads(answer["body"])


def refused(desk: Desk, sent: dict[str, Any]) -> tuple[int, str]:
    """Status and code of a refusal, which has the form of one."""
    status, problem = desk.ask(sent)
    assert desk.headers["Content-Type"] == CONTENT_TYPE
    assert (problem["status"], problem["type"]) == (status, f"urn:pinbill:problem:{problem['code']}")
    assert problem["detail"]
    assert problem["next_step"]
    return status, problem["code"]


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{} {}",
        "[" * 8000,
        '{"note": ' + "1" * 5000 + "}",
        "[]",
        '"text"',
        "null",
        "17",
        "\ufeff{}",
        "\x00",
    ],
)
def test_a_body_that_is_no_json_object_does_not_reach_the_operation(body: str) -> None:
    desk = Desk()

    assert refused(desk, event(body=body)) == (400, "malformed_json")
    assert desk.reached == 0


@pytest.mark.parametrize("body", [None, "", "{}"])
def test_no_body_counts_as_an_empty_object(body: str | None) -> None:
    assert Desk().ask(event(body=body))[0] == 200


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json ;charset=x"]
)
def test_json_is_known_by_its_media_type_in_any_casing(kind: str) -> None:
    assert Desk().ask(event(body='{"note": "x"}', headers={"content-type": kind}))[1]["note"] == "x"


def test_a_body_without_a_content_type_counts_as_json() -> None:
    assert Desk().ask(event(body='{"note": "x"}', headers={}))[1]["note"] == "x"


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonx", "application/json-patch+json", "x", "text/json"])
def test_a_body_of_another_media_type_does_not_reach_the_operation(kind: str) -> None:
    desk = Desk()

    assert refused(desk, event(body="{}", headers={"Content-Type": kind})) == (415, "unsupported_media_type")
    assert desk.reached == 0


def test_a_body_is_measured_in_bytes() -> None:
    fits = json.dumps({"note": "x" * (LARGEST_BODY - 12)})
    too_large = '{"note": "' + "é" * (LARGEST_BODY // 2) + '"}'
    assert len(fits) == LARGEST_BODY
    assert len(too_large) < LARGEST_BODY

    desk = Desk()

    assert desk.ask(event(body=fits))[0] == 200
    assert refused(desk, event(body=too_large)) == (413, "body_too_large")
    assert desk.reached == 1


def test_a_body_in_base64_is_read_as_what_it_holds() -> None:
    encoded = base64.b64encode(b'{"note": "x"}').decode()

    assert Desk().ask(event(body=encoded) | {"isBase64Encoded": True})[1]["note"] == "x"
    assert refused(Desk(), event(body="!") | {"isBase64Encoded": True}) == (400, "malformed_json")


def test_a_body_on_a_reading_path_is_not_looked_at() -> None:
    assert Desk().ask(event("GET", body="{"))[0] == 200


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        (event(body='{"nope": 1}'), "field_unknown", "nope"),
        (event(body='{"amount": "much"}'), "field_invalid", "amount"),
        (event(body="{}", query={"limit": ["0"]}), "field_invalid", "limit"),
        (event(body="{}", query={"limit": ["1", "x"]}), "field_invalid", "limit"),
    ],
)
def test_a_wrong_field_is_named(sent: dict[str, Any], code: str, field: str) -> None:
    status, problem = Desk().ask(sent)

    assert (status, problem["code"]) == (400, code)
    assert [(one["field"], one["code"]) for one in problem["errors"]] == [(field, code)]
    assert problem["detail"].startswith(f"{field}: ")


@pytest.mark.parametrize("name", [NUMBER, "123456", "pin 1234", "a" * 41, "<b>", "P#rival", "\u0661"])
def test_an_unknown_field_with_an_odd_name_is_counted_but_not_repeated(name: str) -> None:
    desk = Desk()

    _, problem = desk.ask(event(body=json.dumps({name: 1})))

    assert problem["errors"][0]["code"] == "field_unknown"
    assert name not in json.dumps(problem, ensure_ascii=False)
    assert name not in desk.log.text


def test_what_a_wrong_field_held_is_neither_answered_nor_logged() -> None:
    desk = Desk()

    _, problem = desk.ask(event(body=json.dumps({"amount": f"{NUMBER}x", "note": 918273})))

    assert len(problem["errors"]) == 2
    for shown in (json.dumps(problem), desk.log.text):
        assert "447700900123" not in shown
        assert "918273" not in shown


def raising(error: BaseException) -> Callable[[], None]:
    def does() -> None:
        raise error

    return does


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.MsisdnInvalid(), 400),
        (errors.Unauthenticated(), 401),
        (errors.SubscriptionNotFound(), 404),
        (errors.WrongState("It is over."), 409),
        (errors.AttemptOpen(), 409),
        (errors.IdempotencyKeyReused(), 422),
        (errors.PinWrong(), 422),
        (errors.PinResendTooSoon(7), 429),
        (errors.SecretUnreadable(), 500),
        (errors.ProviderRefused(), 502),
        (errors.StoreUnavailable(), 503),
    ],
    ids=lambda value: getattr(value, "code", str(value)),
)
def test_an_error_is_answered_with_its_own_words(error: errors.PinbillError, status: int) -> None:
    answered, problem = Desk(raising(error)).ask(event())

    assert answered == status
    assert problem["code"] == error.code
    assert problem["detail"] == error.detail
    assert (problem["retryable"], problem["next_step"]) == (error.retryable, error.next_step)


def test_what_the_operator_must_repair_is_detailed_in_the_log_alone() -> None:
    desk = Desk(raising(errors.SecretUnreadable("No account 'second' under 'infomedia'.")))

    _, problem = desk.ask(event())

    assert problem["detail"] == errors.SecretUnreadable.message
    [line] = desk.log.lines
    assert (line["level"], line["detail"]) == ("ERROR", "No account 'second' under 'infomedia'.")


def test_a_wait_that_is_known_is_told_in_its_header() -> None:
    busy = errors.ProviderBusy()
    busy.retry_after = 42
    desk = Desk(raising(busy))

    desk.ask(event())

    assert desk.headers["Retry-After"] == "42"


def test_without_a_known_wait_there_is_no_header_for_it() -> None:
    desk = Desk(raising(errors.ProviderBusy()))

    desk.ask(event())

    assert "Retry-After" not in desk.headers


def test_a_subscription_in_the_way_is_named() -> None:
    _, problem = Desk(raising(errors.SubscriptionExists("SUB7"))).ask(event())

    assert problem["subscription_id"] == "SUB7"


@pytest.mark.parametrize("error", [kind(NUMBER) for kind in (ValueError, AssertionError, KeyError, RecursionError)])
def test_a_defect_is_answered_as_one_and_logged_by_its_place_without_its_message(error: Exception) -> None:
    desk = Desk(raising(error))

    status, problem = desk.ask(event())

    assert (status, problem) == (500, INTERNAL_ERROR)
    [line] = desk.log.lines
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "request_crashed", type(error).__name__)
    assert any("in does" in frame for frame in line["where"])
    assert "447700900123" not in desk.log.text


def test_an_answer_of_ours_that_has_another_form_is_a_defect_and_no_fault_of_the_request() -> None:
    desk = Desk()

    @desk.api.get("/v1/subscriptions/<id>/wrong")
    def wrong(id: Annotated[str, Path()]) -> Response[Heard]:
        other: Any = "{}"
        return Response(200, "application/json", other)

    assert desk.ask(event("GET", f"{SUBSCRIPTION}/wrong")) == (500, INTERNAL_ERROR)
    assert any(line["message"] == "request_crashed" for line in desk.log.lines)


def test_a_path_that_the_function_does_not_have_is_not_found() -> None:
    assert refused(Desk(), event(path="/v1/other")) == (404, "not_found")
    assert refused(Desk(), event(path=f"{SUBSCRIPTION}/x/y")) == (404, "not_found")
    assert refused(Desk(), event("DELETE")) == (404, "not_found")


def test_the_partner_is_who_the_authorizer_says_and_never_what_the_request_claims() -> None:
    claims = {"partner": "rival", "x-partner": "rival", "principalId": "rival"}

    status, heard = Desk().ask(event(body="{}", headers=claims, query={"partner": ["rival"]}))

    assert (status, heard["partner"]) == (200, PARTNER)


@pytest.mark.parametrize("authorizer", [{}, {"principalId": "rival"}, {"partner": ""}, {"partner": None}])
def test_without_a_partner_from_the_authorizer_nobody_is_served(authorizer: dict[str, Any]) -> None:
    assert refused(Desk(), event(authorizer=authorizer)) == (401, "unauthenticated")


def test_without_an_authorizer_at_all_nobody_is_served() -> None:
    sent = event()
    sent["requestContext"]["authorizer"] = None

    assert refused(Desk(), sent) == (401, "unauthenticated")


@pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"])
def test_a_header_is_known_in_any_casing(name: str) -> None:
    assert Desk().ask(event(headers={name: "a, b"}))[1]["key"] == "a, b"


def test_a_log_line_carries_the_request_and_not_that_of_the_one_before() -> None:
    desk = Desk(raising(errors.WrongState()))

    desk.ask(event(), FakeContext(request_id="request-1"))
    without = event(authorizer={})
    del without["requestContext"]["requestId"]
    desk.ask(without, FakeContext(request_id="request-2"))

    first, second = desk.log.lines
    assert (first["request_id"], first["correlation_id"], first["partner"]) == ("request-1", "gateway-1", PARTNER)
    assert first["route"] == "POST /v1/subscriptions/{subscription_id}"
    assert second["request_id"] == "request-2"
    assert second.get("partner") is None
    assert second.get("correlation_id") is None


def test_a_log_line_names_the_subscription_of_the_path_where_it_is_an_id_of_ours() -> None:
    desk, id = Desk(raising(errors.WrongState())), "69a1b2c3fedcba9876543210"
    sent = [id, "447700900123", f"{id}0", id.upper(), "447700900123447700900123x"]

    for named in sent:
        desk.ask(event(path=f"/v1/subscriptions/{named}"))

    assert [line.get("subscription") for line in desk.log.lines] == [id, None, None, None, None]


@pytest.mark.parametrize("ends", [lambda: None, raising(errors.WrongState()), raising(ValueError())])
def test_counts_are_written_however_a_request_ends(
    ends: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(ends)
    desk.telemetry.observe(Observation.CALLBACK_RECEIVED)

    desk.ask(event())

    assert capsys.readouterr().out.count("CallbackReceived") == 2  # the metric's name and its value


def test_a_callback_is_read_raw() -> None:
    log = Log()
    logger = log.logger()
    api = CallbackApi(logger)
    heard: list[Any] = []

    @api.post("/v1/callbacks/<token>")
    def callback(token: Annotated[str, Path()]) -> Response[Any]:
        heard.extend([token, api.parameters, api.raw_body])
        return reply(200, {})

    query = {"etid": ["2", "5"], "pt": ["a b"]}
    sent = event(path="/v1/callbacks/token-1", body="event=é&{", headers={"Content-Type": "text/x"}, query=query)
    answer = http_handler(api, logger, LogTelemetry(logger))(sent, FakeContext())

    assert answer["statusCode"] == 200
    assert heard == ["token-1", [("etid", "2"), ("etid", "5"), ("pt", "a b")], "event=é&{".encode()]
    assert "token-1" not in log.text


def test_a_key_without_the_routes_scope_is_told_which_one_it_needs() -> None:
    desk = Desk()
    reading = replace(CALLER, scopes=frozenset({ApiScope.SUBSCRIPTIONS_READ}))

    status, problem = desk.ask(event(body="{}", authorizer=context_of(reading)))

    assert (status, problem["code"], problem["scope"]) == (403, "scope_missing", "subscriptions:write")
    assert desk.reached == 0
    assert desk.ask(event("GET", authorizer=context_of(reading)))[0] == 200


def test_a_route_that_nobody_has_said_the_needs_of_is_not_there() -> None:
    desk = Desk()

    assert refused(desk, event(body="{}") | {"resource": "/v1/forgotten"}) == (404, "not_found")
    assert (desk.reached, desk.counters.asked) == (0, 0)


def test_a_spent_allowance_is_told_with_the_seconds_to_wait() -> None:
    desk = Desk()
    once = context_of(replace(CALLER, allowance=Allowance(9, 9, 1, 9)))
    assert desk.ask(event(body="{}", authorizer=once))[0] == 200

    status, problem = desk.ask(event(body="{}", authorizer=once))

    assert (status, problem["code"], problem["retryable"]) == (429, "allowance_spent", True)
    assert "1 writes a minute" in problem["detail"]
    assert desk.headers["Retry-After"] == "60"
    assert desk.reached == 1


def test_a_request_that_is_no_good_is_counted_too_and_costs_no_second_count() -> None:
    desk = Desk()

    desk.ask(event(body="{"))
    desk.ask(event(body="{}"))

    assert desk.counters.asked == 2


def test_what_fails_before_the_operation_is_answered_as_a_defect() -> None:
    desk = Desk()
    desk.counters.failure = RuntimeError(NUMBER)

    assert desk.ask(event(body="{}")) == (500, INTERNAL_ERROR)
    assert "447700900123" not in desk.log.text


@pytest.mark.parametrize("gone", sorted(context_of(CALLER)))
def test_a_caller_of_whom_anything_is_missing_is_nobody(gone: str) -> None:
    context = {name: value for name, value in context_of(CALLER).items() if name != gone}

    assert refused(Desk(), event(authorizer=context)) == (401, "unauthenticated")


@pytest.mark.parametrize(("name", "value"), [("scopes", "everything"), ("writes_a_day", "many"), ("key", None)])
def test_a_caller_of_whom_anything_cannot_be_read_is_nobody(name: str, value: str | None) -> None:
    assert refused(Desk(), event(authorizer=context_of(CALLER) | {name: value})) == (401, "unauthenticated")


def test_the_key_is_named_in_the_log_by_its_id() -> None:
    desk = Desk(raising(errors.WrongState()))

    desk.ask(event())

    assert desk.log.lines[0]["key"] == CALLER.key_id
