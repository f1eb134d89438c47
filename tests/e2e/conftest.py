"""One stack for all end-to-end tests, a local world if E2E_STACK names no other, and its logs beside each failure."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from local.world import Deployed, Ports, World
from local.world.environment import ROOT
from local.world.runtime import Runtime
from tests.e2e.desk import DESKS, Desk, provider_credentials
from tests.e2e.least_privilege import LeastPrivilege, calls_of
from tests.e2e.places import Answers, assert_quiet
from tests.e2e.problem import assert_logs_silent
from tests.e2e.stacks import NAME, DeployedStack

FOLDERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
_WORLD = pytest.StashKey[Deployed]()
_PRIVILEGE = pytest.StashKey[LeastPrivilege]()
_NOISE = ("START RequestId", "END RequestId", "REPORT RequestId")


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The stack that E2E_STACK names; or a world of the tests' own, in which nothing may be seen that is secret."""
    home = tmp_path_factory.mktemp("world")
    if named := os.environ.get(NAME):
        request.config.stash[_WORLD] = stack = DeployedStack(named, home)
        yield stack
    else:
        yield from _own_world(request.config, home)


@pytest.fixture(scope="module")
def fresh_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of the tests' own that no other file has used: for what is judged by all that is in it."""
    if NAME in os.environ:
        pytest.skip("needs a world that no other test has used")
    yield from _own_world(request.config, tmp_path_factory.mktemp("fresh"))


def _own_world(config: pytest.Config, home: Path) -> Iterator[World]:
    """The template, deployed from nothing; schedules are off, so that a test says itself when the dispatcher runs."""
    parameters = {
        "BillingScheduleState": "DISABLED",
        "WebhookRetryScheduleState": "DISABLED",
        "AuthorizerCacheSeconds": "300",
        # A provider that hangs must not hold up the tests for as long as it may hold up a partner.
        "ProviderReadTimeout": "3",
        "WorkerProviderReadTimeout": "3",
        # Whoever is due in this world, whatever tests came before, is billed within a second or two.
        "InfomediaRatePerSecond": "200",
        "SignzyRatePerSecond": "200",
    }
    with World(home, Ports.free(), parameters, calls=home / "calls.jsonl") as world:
        before = config.stash.get(_WORLD, world)
        config.stash[_WORLD] = world
        with _noted(world) as answers:
            yield world
        config.stash[_WORLD] = before
        config.stash[_PRIVILEGE].note(config, calls_of(world, home / "calls.jsonl"))
        # Whatever the tests have done: nobody was told of it who should not be, and nothing keeps it that should not.
        secrets = provider_credentials(world) + [text for desk in DESKS for text in desk.secrets + desk.references]
        assert_quiet(world, secrets, answers)


@pytest.fixture(scope="module")
def desk(world: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A partner's desk for the tests of one file: what they subscribe ends with them, and no log has what it knew."""
    desk = Desk.open(world, tmp_path_factory.mktemp("desk"))
    yield desk
    desk.leave()
    assert_logs_silent(world, desk.secrets)


@pytest.fixture
def worlds_of_its_own() -> None:
    """For a test that starts a world by itself: it says nothing of a stack that is deployed somewhere."""
    if NAME in os.environ:
        pytest.skip("starts a local world of its own")


@contextmanager
def _noted(world: World) -> Iterator[Answers]:
    """While it lasts, the API's answers are noted, to whichever test they are."""
    answers, send = Answers(), requests.Session.send

    def noting(session: requests.Session, asked: requests.PreparedRequest, **given: Any) -> requests.Response:
        answer = send(session, asked, **given)
        answers.note(answer, world.api_url)
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(requests.Session, "send", noting)
        yield answers


def pytest_configure(config: pytest.Config) -> None:
    # Of every world of these tests: RUNTIME=ministack runs the functions in the local AWS's own executor.
    os.environ.setdefault("RUNTIME", Runtime.best())
    config.stash[_PRIVILEGE] = LeastPrivilege()
    config.pluginmanager.register(config.stash[_PRIVILEGE])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.relative_to(ROOT).parts:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.aws)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    world = item.config.stash.get(_WORLD, None)
    if report.when == "call" and report.failed and world is not None:
        for folder in FOLDERS:
            lines = [line for line in world.logs(folder) if not line.startswith(_NOISE)][-10:]
            if lines:
                report.sections.append((f"log of {folder}", "\n".join(lines)))
    return report
