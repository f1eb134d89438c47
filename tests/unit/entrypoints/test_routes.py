"""Each route behind the authorizer has a row that says what it needs, and is served by an API that looks at it."""

from __future__ import annotations

import os
import runpy
from typing import Any

import pytest

from local.template import value_of
from pinbill.domain.allowances import Use
from pinbill.domain.partners import SCOPES_OF_SUSPENDED, ApiScope
from pinbill.entrypoints.http import PartnerApi
from pinbill.entrypoints.routes import ROUTES
from tests.unit.project.template import ROOT, load_template, resources_of, variables_of

TEMPLATE = load_template()
FUNCTIONS = resources_of(TEMPLATE, "AWS::Serverless::Function")


def routes_of(function: dict[str, Any]) -> set[tuple[str, str]]:
    """Its routes that a key opens."""
    events = [event["Properties"] for event in function.get("Events", {}).values() if event["Type"] == "Api"]
    return {(it["Method"], it["Path"]) for it in events if it.get("Auth", {}).get("Authorizer") != "NONE"}


SERVED = sorted(name for name, function in FUNCTIONS.items() if routes_of(function))


def test_every_route_behind_the_authorizer_has_a_row_and_every_row_a_route() -> None:
    assert set(ROUTES) == set().union(*map(routes_of, FUNCTIONS.values()))


@pytest.mark.parametrize("logical_id", SERVED)
def test_a_function_behind_the_authorizer_asks_what_its_route_needs(
    logical_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = FUNCTIONS[logical_id]
    account = {"AWS_DEFAULT_REGION": "eu-west-2", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for name, value in variables_of(TEMPLATE, function).items():
        monkeypatch.setitem(os.environ, name, value_of(TEMPLATE, value))
    for name, value in account.items():
        monkeypatch.setitem(os.environ, name, value)

    module = runpy.run_path(str(ROOT / function["CodeUri"] / "app.py"))

    assert isinstance(module["api"], PartnerApi)
    assert module["api"]._needs is ROUTES


def test_every_scope_opens_something() -> None:
    assert {needs.scope for needs in ROUTES.values()} == set(ApiScope)


def test_what_reads_is_counted_as_reading_and_a_cancel_never_as_a_write() -> None:
    for (method, path), needs in ROUTES.items():
        assert (needs.use is Use.READS) is (method == "GET")
        assert (needs.use is Use.CANCELS) is path.endswith("/cancel")


def test_a_suspended_partner_can_read_and_cancel_and_start_nothing() -> None:
    open_still = {route for route, needs in ROUTES.items() if needs.scope in SCOPES_OF_SUSPENDED}

    assert open_still == {route for route in ROUTES if route[0] == "GET" or route[1].endswith("/cancel")}
