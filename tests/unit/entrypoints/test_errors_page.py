"""docs/errors.md lists what the code answers: no code more, none less, with the same status and advice."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest

from pinbill import errors
from pinbill.entrypoints.http import FIELD_CODES
from pinbill.entrypoints.problems import INTERNAL_ERROR, STATUS, TITLES, status_of
from pinbill.errors import PinbillError
from tests.unit.entrypoints.errors_page import BAD_INPUT, TROUBLE, CodeRow, case_rows, code_rows
from tests.unit.project.template import ROOT, load_template, resources_of

GATEWAY_RESPONSES: dict[str, Any] = resources_of(load_template(), "AWS::Serverless::Api")["Api"]["GatewayResponses"]
# Families that are no errors by themselves, and what only operators meet: by command, at the start, in the worker.
FAMILIES = {
    errors.InvalidInput,
    errors.Forbidden,
    errors.Conflict,
    errors.PinProblem,
    errors.ConsentProblem,
    errors.Unavailable,
}
NOT_FOR_PARTNERS = {
    errors.ApiKeyNotFound,
    errors.BillingGoesOn,
    errors.CatalogInvalid,
    errors.PartnerExists,
    errors.PartnerInvalid,
    errors.PartnerNotFound,
    errors.PartnerUnchanged,
    errors.TooManyKeys,
    errors.NotSealedYet,
    errors.RedoUnreadable,
    errors.ReportInvalid,
    errors.ScopeInvalid,
    errors.SettingInvalid,
    errors.AlreadySettled,
    errors.AttemptNotOpen,
    errors.EvidenceCameIn,
    errors.DecisionTooEarly,
    errors.WebhookUrlInvalid,
    errors.ReplayInvalid,
    errors.WebhookNotFound,
    errors.EventNotFound,
    errors.TooManyWebhooks,
    errors.WebhookDisabled,
}
# Answered without an exception, or by the gateway alone.
WITHOUT_CLASS = {*FIELD_CODES.values(), "field_invalid", "bill_declined", "charge_declined", "internal_error"}
TROUBLE_TESTS = ROOT / "tests" / "e2e" / "test_provider_trouble.py"
PAGE = {row.code: row for row in code_rows()}


def classes(base: type[PinbillError] = PinbillError) -> Iterator[type[PinbillError]]:
    for cls in base.__subclasses__():
        yield cls
        yield from classes(cls)


def for_partners() -> list[type[PinbillError]]:
    return [cls for cls in classes() if cls not in FAMILIES | NOT_FOR_PARTNERS]


def gateway_problems() -> list[dict[str, Any]]:
    return [json.loads(response["ResponseTemplates"]["application/json"]) for response in GATEWAY_RESPONSES.values()]


def made(cls: type[PinbillError]) -> PinbillError:
    """An instance, whatever its constructor needs."""
    needed = [
        parameter
        for parameter in inspect.signature(cls).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    arguments: list[Any] = [7 if parameter.annotation is int else "SUB1" for parameter in needed]
    return cls(*arguments)


def test_the_page_lists_every_code_once_and_no_other() -> None:
    by_gateway = {problem["code"] for problem in gateway_problems()}

    documented = [row.code for row in code_rows()]

    assert len(documented) == len(set(documented))
    assert set(documented) == {cls.code for cls in for_partners()} | WITHOUT_CLASS | by_gateway


@pytest.mark.parametrize("cls", for_partners(), ids=lambda cls: cls.code)
def test_an_error_has_the_status_and_the_advice_of_its_row(cls: type[PinbillError]) -> None:
    expected = CodeRow(cls.code, status_of(made(cls)), cls.retryable, cls.next_step)

    assert PAGE[cls.code] == expected


@pytest.mark.parametrize("problem", gateway_problems(), ids=lambda problem: problem["code"])
def test_an_answer_of_the_gateway_has_the_status_and_the_advice_of_its_row(problem: dict[str, Any]) -> None:
    assert PAGE[problem["code"]] == CodeRow(
        problem["code"], problem["status"], problem["retryable"], problem["next_step"]
    )
    assert problem["type"] == f"urn:pinbill:problem:{problem['code']}"
    assert problem["title"] == TITLES[problem["status"]]


def test_a_defect_is_answered_alike_by_our_function_and_by_the_gateway() -> None:
    by_gateway = next(problem for problem in gateway_problems() if problem["code"] == "internal_error")

    assert by_gateway == INTERNAL_ERROR


@pytest.mark.parametrize("code", sorted({*FIELD_CODES.values(), "field_invalid"}))
def test_a_wrong_field_has_the_status_and_the_advice_of_its_row(code: str) -> None:
    assert PAGE[code] == CodeRow(code, 400, False, errors.InvalidInput.next_step)


def test_no_code_is_used_by_two_errors() -> None:
    codes = [cls.code for cls in classes()]

    assert len(codes) == len(set(codes))


def test_every_status_has_a_title() -> None:
    assert set(STATUS.values()) | {row.status for row in code_rows()} <= set(TITLES)


def test_a_family_is_never_raised_towards_a_partner() -> None:
    raised = {
        name
        for folder in ("domain", "store", "providers", "entrypoints")
        for path in (ROOT / "layers" / "common" / "pinbill" / folder).rglob("*.py")
        if path.name not in ("schedule.py", "clocks.py")  # the operator's: a bad schedule, a clock moved back
        for name in names_raised(ast.parse(path.read_text()))
    }

    assert not raised & {cls.__name__ for cls in FAMILIES}


def names_raised(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            yield getattr(raised, "attr", getattr(raised, "id", ""))


@pytest.mark.parametrize("section", [BAD_INPUT, TROUBLE])
def test_a_case_names_a_code_of_the_page_with_its_status(section: str) -> None:
    for row in case_rows(section):
        assert (row.code, row.status) == (PAGE[row.code].code, PAGE[row.code].status), row.what
        assert row.left


@pytest.mark.parametrize("section", [BAD_INPUT, TROUBLE])
def test_no_case_is_listed_twice(section: str) -> None:
    cases = [row.what for row in case_rows(section)]

    assert len(cases) == len(set(cases))


def test_every_row_of_trouble_is_named_by_a_test_that_plays_it() -> None:
    named = [
        str(node.args[-1].value)
        for node in ast.walk(ast.parse(TROUBLE_TESTS.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "assert_is"
        and isinstance(node.args[-1], ast.Constant)
    ]

    assert sorted(set(named)) == sorted(row.what for row in case_rows(TROUBLE))
