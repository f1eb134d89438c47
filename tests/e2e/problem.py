"""What every refusal must look like, and what no answer and no log may show."""

from __future__ import annotations

import re
from collections.abc import Iterable

import requests

from local.world import Deployed
from local.world.environment import ROOT
from pinbill.domain.key_text import FORM
from pinbill.entrypoints.problems import CONTENT_TYPE, TITLES
from tests.e2e.desk import Desk
from tests.unit.entrypoints.errors_page import CaseRow, trouble

MEMBERS = {"type", "title", "status", "code", "detail", "retryable", "next_step"}
MORE = {"errors", "subscription_id", "subscription", "bill", "charge", "scope", "cap"}
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
    assert not leaks(text, desk.secrets), text


def leaks(text: str, secrets: Iterable[str]) -> list[str]:
    """What the text shows of numbers and API keys in general, and of these secrets."""
    found = [match.group() for pattern in (NUMBER, FORM) for match in pattern.finditer(text)]
    return found + [secret for secret in secrets if secret in text]


def assert_logs_silent(world: Deployed, secrets: Iterable[str]) -> None:
    """No function has ever logged a number of the test range, an API key, or one of these secrets."""
    known = list(secrets)
    for function in FUNCTIONS:
        for line in world.logs(function):
            assert not leaks(line, known), f"{function}: {line}"
