"""What every refusal must look like, and what no answer and no log may show."""

from __future__ import annotations

import re

import requests

from local.world.environment import ROOT
from pinbill.entrypoints.problems import CONTENT_TYPE, TITLES
from tests.e2e.desk import Desk
from tests.unit.entrypoints.errors_page import CaseRow, trouble

MEMBERS = {"type", "title", "status", "code", "detail", "retryable", "next_step"}
MORE = {"errors", "subscription_id", "subscription", "bill", "charge"}
# Any number of the range that tests use, whole: international or national, with or without plus.
NUMBER = re.compile(r"(44|0)?7700900[0-9]{3}")
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))


def assert_problem(answer: requests.Response, row: CaseRow, desk: Desk) -> None:
    """The answer is the problem document of the row, with advice, and shows nothing that it must not."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (row.status, CONTENT_TYPE), answer.text
    problem = answer.json()
    assert problem["code"] == row.code, problem
    assert set(problem) >= MEMBERS
    assert set(problem) <= MEMBERS | MORE
    assert problem["type"] == f"urn:pinbill:problem:{row.code}"
    assert (problem["status"], problem["title"]) == (row.status, TITLES[row.status])
    assert len(problem["detail"]) > 10
    assert len(problem["next_step"]) > 10
    assert_silent(answer.text, desk)


def assert_is(answer: requests.Response, desk: Desk, what: str) -> None:
    """The answer is the one that docs/errors.md lists for this trouble."""
    assert_problem(answer, trouble(what), desk)


def assert_silent(text: str, desk: Desk) -> None:
    """No number, PIN, key or credential of the desk's world stands in the text."""
    leaks = [found.group() for found in NUMBER.finditer(text)]
    leaks += [secret for secret in desk.secrets if secret in text]
    assert not leaks, text


def assert_logs_silent(desk: Desk) -> None:
    """No function has ever logged a number of the test range, nor a PIN, key or credential of this desk."""
    for function in FUNCTIONS:
        for line in desk.world.logs(function):
            assert_silent(line, desk)
