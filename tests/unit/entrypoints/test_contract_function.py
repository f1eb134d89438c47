"""The function that serves the contract: to everybody, with a policy that lets a page do nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import runpy
from typing import Any

import pytest

from contract.places import PAGE, SERVED
from local.template import ROOT
from tests.unit.entrypoints.rest_api import FakeContext, event


@pytest.fixture(scope="module")
def handler() -> Any:
    return runpy.run_path(str(ROOT / "functions" / "contract" / "app.py"))["lambda_handler"]


def read(handler: Any, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    answer = handler({**event("GET", path, authorizer={}), "resource": path}, FakeContext())
    return answer, {name: values[0] for name, values in answer["multiValueHeaders"].items()}


def test_the_contract_is_served_as_it_is_kept(handler: Any) -> None:
    answer, headers = read(handler, "/v1/openapi.json")

    assert (answer["statusCode"], headers["Content-Type"]) == (200, "application/json")
    assert json.loads(answer["body"]) == json.loads(SERVED.read_text())
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Correlation-Id"] == "gateway-1"


def test_the_page_is_served_with_a_policy_that_allows_its_own_style_and_nothing_else(handler: Any) -> None:
    answer, headers = read(handler, "/v1/docs")
    [style] = re.findall("<style>(.*?)</style>", PAGE.read_text(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert (answer["statusCode"], answer["body"]) == (200, PAGE.read_text())
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_another_path_is_not_found(handler: Any) -> None:
    answer, _ = read(handler, "/v1/doc")

    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["code"] == "not_found"
