"""The authorizer: a live key opens the partner's whole stage, anything else is API Gateway's 401."""

from __future__ import annotations

from typing import Any

import pytest

from pinbill.entrypoints.authorizer import authorizer_handler
from pinbill.usecases.authorize import Authorize, hash_key
from tests.fakes.catalog import InMemoryCatalog
from tests.unit.entrypoints.rest_api import FakeContext

KEY = "pinbill_test-key"
ARN = "arn:aws:execute-api:eu-west-2:000000000000:api1/local"


def ask(headers: dict[str, str] | None, method: str = f"{ARN}/GET/v1/plans") -> dict[str, Any]:
    catalog = InMemoryCatalog()
    catalog.put_api_key("acme", hash_key(KEY))
    return authorizer_handler(Authorize(catalog))({"methodArn": method, "headers": headers}, FakeContext())


@pytest.mark.parametrize("name", ["x-api-key", "X-Api-Key", "X-API-KEY"])
def test_a_live_key_names_its_partner_in_any_casing_of_the_header(name: str) -> None:
    answer = ask({name: KEY})

    assert (answer["principalId"], answer["context"]) == ("acme", {"partner": "acme"})


@pytest.mark.parametrize("path", ["GET/v1/plans", "POST/v1/subscriptions/SUB1/charges", "GET/"])
def test_the_policy_covers_the_whole_stage_and_no_other(path: str) -> None:
    [statement] = ask({"x-api-key": KEY}, f"{ARN}/{path}")["policyDocument"]["Statement"]

    assert statement == {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{ARN}/*"}


@pytest.mark.parametrize(
    "headers",
    [None, {}, {"x-api-key": ""}, {"x-api-key": "other"}, {"x-api-key": KEY + " "}, {"x-api-key": hash_key(KEY)}],
    ids=["no headers", "no key", "empty", "unknown", "almost", "the stored hash"],
)
def test_without_a_live_key_api_gateway_is_told_to_answer_401(headers: dict[str, str] | None) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$") as caught:
        ask(headers)

    assert caught.value.__suppress_context__
    assert KEY not in repr(caught.value)


def test_a_revoked_key_opens_nothing() -> None:
    catalog = InMemoryCatalog()
    catalog.put_api_key("acme", hash_key(KEY))
    catalog.revoke_api_key(hash_key(KEY))

    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorizer_handler(Authorize(catalog))({"methodArn": ARN, "headers": {"x-api-key": KEY}}, FakeContext())
