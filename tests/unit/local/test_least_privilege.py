"""The end-to-end tests end red when a policy allows what none of them needed, however many processes ran them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from local.policies import Call, grants
from local.template import ROOT, load_template
from tests.e2e.least_privilege import LeastPrivilege, beyond

FILES = sorted(path.name for path in (ROOT / "tests" / "e2e").glob("test_*.py"))
# A call for each that a statement allows, as if each were made.
ALL = {
    Call(grant.function, action, resource, (key.replace("*", "x"),) if key else (), denied=False)
    for grant in grants(load_template())
    for action in grant.actions
    for resource in grant.resources
    for key in grant.keys or ("",)
}


@dataclass
class Session:
    """What of pytest's session is looked at."""

    testsfailed: int = 0
    exitstatus: int = 0
    config: Any = field(default_factory=SimpleNamespace)


def passed(plugin: LeastPrivilege, files: list[str]) -> None:
    for file in files:
        report: Any = SimpleNamespace(when="call", passed=True, nodeid=f"tests/e2e/{file}::test_it")
        plugin.pytest_runtest_logreport(report)


def ended(plugin: LeastPrivilege, session: Session) -> int:
    finished: Any = session
    plugin.pytest_sessionfinish(finished)
    return session.exitstatus


def test_a_whole_run_in_which_everything_was_needed_ends_well() -> None:
    plugin, session = LeastPrivilege(), Session()
    plugin.note(session.config, ALL)
    passed(plugin, FILES)

    assert ended(plugin, session) == 0


def test_a_whole_run_without_the_use_of_a_right_ends_red_and_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    plugin, session = LeastPrivilege(), Session()
    plugin.note(session.config, {call for call in ALL if call.function != "PauseFunction"})
    passed(plugin, FILES)

    assert ended(plugin, session) == pytest.ExitCode.TESTS_FAILED
    assert "PauseFunction WriteState: dynamodb:PutItem" in capsys.readouterr().err


def test_a_part_of_the_tests_or_a_failed_run_is_not_judged() -> None:
    part, failed = LeastPrivilege(), LeastPrivilege()
    passed(part, FILES[1:])
    passed(failed, FILES)

    assert ended(part, Session()) == 0
    assert ended(failed, Session(testsfailed=1)) == 0


def test_calls_of_other_processes_count() -> None:
    plugin, process = LeastPrivilege(), LeastPrivilege()
    config: Any = SimpleNamespace(workeroutput={}, workerinput={})
    process.note(config, ALL)
    passed(plugin, FILES)

    plugin.pytest_testnodedown(SimpleNamespace(workeroutput=config.workeroutput))

    assert ended(process, Session(config=config)) == 0  # it sees its own part only
    assert ended(plugin, Session()) == 0


def test_a_call_that_no_policy_has_is_found() -> None:
    call = Call("ReadFunction", "dynamodb:PutItem", "Table", ("P#acme#S#1",), denied=False)

    assert beyond({call, *ALL}, grants(load_template())) == [call]
