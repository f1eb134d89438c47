"""Which errors a route can answer is read out of the code: nothing is missed, and hardly anything is too much."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from mypy import nodes

from contract.impossible import IMPOSSIBLE, Impossible
from contract.problems import Problems
from contract.program import Program
from contract.raised import Reach
from contract.routes import Declared, declared
from local.template import ROOT
from pinbill import errors
from tests.unit.contract.planted import EXPECTED, TEXT
from tests.unit.entrypoints.errors_page import code_rows
from tests.unit.entrypoints.test_errors_page import NOT_FOR_PARTNERS, classes


@pytest.fixture(scope="module")
def routes() -> Declared:
    return declared()


@pytest.fixture(scope="module")
def problems(routes: Declared) -> Problems:
    return Problems(routes)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """What is found of each function of the planted program."""
    base = tmp_path_factory.mktemp("planted")
    (base / "palette").mkdir()
    (base / "palette" / "__init__.py").write_text(TEXT)
    program = Program([(base / "palette", base)])
    bodies: dict[str, nodes.Node] = {name: program.functions[f"palette.{name}"].body for name in EXPECTED}
    reach = Reach(program, list(bodies.values()))
    return {name: {one.removeprefix("palette.") for one in reach.of(body).raised} for name, body in bodies.items()}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_function_can_raise_is_found(planted: Mapping[str, set[str]], name: str) -> None:
    assert planted[name] == EXPECTED[name]


@pytest.mark.parametrize("row", IMPOSSIBLE, ids=lambda row: f"{row.error} {row.why[:40]}")
def test_what_is_said_to_be_impossible_would_else_be_in_the_contract(problems: Problems, row: Impossible) -> None:
    assert row.routes
    for route in row.routes:
        assert row.error in problems.found[route]


def test_nothing_that_partners_never_meet_is_in_the_contract(routes: Declared, problems: Problems) -> None:
    of_operators = {cls.code for cls in classes() if cls in NOT_FOR_PARTNERS}

    assert not of_operators & {code for route in routes.routes for code in problems.of(route)}


def test_every_code_of_the_page_is_in_the_contract_but_the_providers(routes: Declared, problems: Problems) -> None:
    by_routes = {code for route in routes.routes for code in problems.of(route)}

    assert {row.code for row in code_rows()} == by_routes | {errors.CallbackMalformed.code}


def test_the_numbers_of_success_in_a_handler_are_those_of_its_routes(routes: Declared) -> None:
    """A status that a handler may answer stands in it as a number."""
    for folder in {route.folder for route in routes.routes}:
        text = (ROOT / "functions" / folder / "app.py").read_text()
        code = re.sub(r"responses=\{.*?\n?\},?\n?\)", "", text, flags=re.DOTALL)
        answered = set(re.findall(r"\b2[0-9]{2}\b", code))
        told = {
            status
            for route in routes.routes
            if route.folder == folder
            for status in route.operation["responses"]
            if status.startswith("2")
        }

        assert answered == told, folder
