"""The contract through the deployed API: served to everybody, and the guide runs."""

from __future__ import annotations

import json

import pytest
import requests

from contract.places import PAGE, SERVED
from local.pages import calls_of
from local.seed import seed
from local.world import Deployed
from local.world.environment import ROOT
from tests.e2e.desk import Desk
from tests.e2e.pages import assert_works_as_printed

SECONDS = 30


def test_the_contract_and_its_page_are_served_to_everybody(world: Deployed) -> None:
    contract = requests.get(f"{world.api_url}/v1/openapi.json", timeout=SECONDS)
    page = requests.get(f"{world.api_url}/v1/docs", timeout=SECONDS)

    assert (contract.status_code, contract.json()) == (200, json.loads(SERVED.read_text()))
    assert (page.status_code, page.text) == (200, PAGE.read_text())
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")


@pytest.mark.parametrize("path", ["/v1/plans", "/v1/nothing", "/v1/openapi.json", "/v1/subscriptions/SUB1/bills"])
def test_every_answer_has_a_correlation_id_also_api_gateways_own(world: Deployed, path: str) -> None:
    answer = requests.get(world.api_url + path, headers={"X-Correlation-Id": "a-test"}, timeout=SECONDS)

    assert answer.headers["X-Correlation-Id"]
    assert (answer.headers["X-Correlation-Id"] == "a-test") is (path == "/v1/openapi.json")


def test_a_request_of_a_partner_keeps_its_correlation_id_also_when_it_fails(world: Deployed, desk: Desk) -> None:
    headers = {"x-api-key": desk.key, "X-Correlation-Id": "order-4711-try-1"}

    answers = [
        requests.get(f"{world.api_url}/v1/{path}", headers=headers, timeout=SECONDS)
        for path in ("plans", "subscriptions/nobodys")
    ]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert {answer.headers["X-Correlation-Id"] for answer in answers} == {"order-4711-try-1"}
    assert any("order-4711-try-1" in line for line in world.logs("read"))


def test_the_guide_works_line_by_line_as_printed(world: Deployed) -> None:
    calls = list(calls_of((ROOT / "docs" / "api.md").read_text()))
    key = seed(world).key

    assert len(calls) > 15
    assert_works_as_printed(calls, world, key)
