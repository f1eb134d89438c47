"""The authorizer: a live key opens the partner's whole stage, to anything else it is denied."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ops.partner_desk import PartnerDesk, Signature
from pinbill.domain.allowances import Allowance
from pinbill.domain.partners import ALL_SCOPES, ApiScope
from pinbill.entrypoints.authorizer import authorizer_handler
from pinbill.entrypoints.callers import caller_in
from pinbill.usecases.authorize import Authorize, Caller
from tests.fakes.clock import FakeClock
from tests.fakes.partners import InMemoryPartners
from tests.unit.entrypoints.rest_api import FakeContext, Log

ARN = "arn:aws:execute-api:eu-west-2:000000000000:api1/local"
DENIED = {
    "principalId": "nobody",
    "policyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": f"{ARN}/*"}],
    },
}
DEFAULT = Allowance(1, 2, 3, 4)
BY = Signature("ann", "a test")


class Gate:
    """The authorizer of a stage in which acme has a key."""

    def __init__(self) -> None:
        self.clock, self.partners, self.log = FakeClock(), InMemoryPartners(), Log()
        self.desk = PartnerDesk(self.partners, self.clock, "local")
        self.desk.create("acme", "Acme", BY)
        self.key = self.desk.create_key("acme", BY).text
        self._handler = authorizer_handler(Authorize(self.partners, self.clock, "local", DEFAULT), self.log.logger())

    def ask(self, headers: dict[str, str] | None = None, method: str = f"{ARN}/GET/v1/plans") -> dict[str, Any]:
        given = {"x-api-key": self.key} if headers is None else headers
        request = {"requestContext": {"requestId": "gateway-1"}}
        return self._handler({"methodArn": method, "headers": given, **request}, FakeContext())

    def caller(self) -> Caller:
        return caller_in({"requestContext": {"authorizer": self.ask()["context"]}})


@pytest.mark.parametrize("name", ["x-api-key", "X-Api-Key", "X-API-KEY"])
def test_a_live_key_names_its_partner_in_any_casing_of_the_header(name: str) -> None:
    gate = Gate()

    answer = gate.ask({name: gate.key})

    assert (answer["principalId"], answer["context"]["partner"]) == ("acme", "acme")


def test_what_the_key_may_do_travels_as_text_and_is_read_back_whole() -> None:
    gate = Gate()

    assert all(isinstance(value, str) for value in gate.ask()["context"].values())
    assert gate.caller() == Caller("acme", gate.partners.partner("acme").keys[0].id, ALL_SCOPES, False, DEFAULT)


def test_a_partners_own_allowance_and_suspension_travel_too() -> None:
    gate = Gate()
    gate.desk.allow("acme", {"writes_a_day": 9}, BY)
    gate.desk.suspend("acme", BY)

    caller = gate.caller()

    assert caller.allowance == Allowance(1, 2, 3, 9)
    assert caller.suspended
    assert caller.scopes == {ApiScope.CATALOG_READ, ApiScope.SUBSCRIPTIONS_READ, ApiScope.SUBSCRIPTIONS_CANCEL}


@pytest.mark.parametrize("path", ["GET/v1/plans", "POST/v1/subscriptions/SUB1/charges", "GET/"])
def test_the_policy_covers_the_whole_stage_and_no_other(path: str) -> None:
    [statement] = Gate().ask(method=f"{ARN}/{path}")["policyDocument"]["Statement"]

    assert statement == {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{ARN}/*"}


def refused(gate: Gate, headers: dict[str, str] | None) -> str:
    """The whole stage is denied, to nobody in particular; why, as our log says it, without a key."""
    assert gate.ask(headers) == DENIED
    assert gate.key[14:] not in gate.log.text
    [line] = gate.log.lines
    return str(line["why"])


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"x-api-key": "other"}, {"authorization": "x"}])
def test_without_a_key_nobody_is_let_in(headers: dict[str, str]) -> None:
    assert "none of ours" in refused(Gate(), headers)


def test_a_request_without_headers_is_not_let_in() -> None:
    assert Gate()._handler({"methodArn": f"{ARN}/GET/v1/plans", "headers": None}, FakeContext()) == DENIED


def test_neither_an_altered_key_nor_its_stored_hash_opens_anything() -> None:
    stored = Gate().partners.partner("acme").keys[0].hash
    for alter in (lambda key: f"{key} ", lambda key: key[:-1], lambda key: key.swapcase(), lambda key: stored):
        gate = Gate()
        assert "none of ours" in refused(gate, {"x-api-key": alter(gate.key)})


def test_a_revoked_key_opens_nothing_at_once() -> None:
    gate = Gate()
    gate.ask()
    gate.desk.revoke(gate.key, BY)

    assert "revoked" in refused(gate, {"x-api-key": gate.key})


def test_a_key_that_was_rotated_opens_until_its_end() -> None:
    gate = Gate()
    following, _ = gate.desk.rotate("acme", BY, timedelta(hours=24))
    gate.clock.advance(timedelta(hours=24) - timedelta(microseconds=1))
    assert gate.ask()["principalId"] == "acme"
    gate.clock.advance(timedelta(microseconds=1))

    assert "ended" in refused(gate, {"x-api-key": gate.key})
    assert gate.ask({"x-api-key": following.text})["principalId"] == "acme"


def test_a_key_that_is_refused_is_logged_with_the_request_and_without_the_key() -> None:
    gate = Gate()

    gate.ask({"x-api-key": f"{gate.key}x", "X-Correlation-Id": "order-4711"})

    [line] = gate.log.lines
    assert (line["message"], line["correlation_id"], line["request_id"]) == ("key_refused", "order-4711", "request-1")
    assert gate.key not in gate.log.text
