"""One environment answers, fails, runs out of time and dies as one of Lambda's does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.emulator.environment import EmulatorError, Environment
from local.emulator.function import Function
from local.emulator.tools import ROOT, Tools
from tests.e2e.waiting import wait_until
from tests.integration.emulator.conftest import EVENT_ID, Waiting, told

Start = Callable[..., Environment]


def children_of(pid: int) -> list[int]:
    return [int(child) for list in Path(f"/proc/{pid}/task").glob("*/children") for child in list.read_text().split()]


def test_one_process_answers_one_event_after_the_other(started: Start) -> None:
    environment = started()

    answers = [told(environment, "count") for _ in range(3)]

    assert [(answer.payload, answer.is_error) for answer in answers] == [(1, False), (2, False), (3, False)]


def test_the_log_of_an_event_is_its_own_and_whole(started: Start) -> None:
    environment = started()

    first, second = told(environment, "count").log, told(environment, "count").log

    for log in (first, second):
        assert log[0] == f"START RequestId: {EVENT_ID} Version: 1"
        assert list(log[1:3]) == ["told of count", f"id {EVENT_ID}"]
        assert log[-2] == f"END RequestId: {EVENT_ID}"
        assert log[-1].startswith(f"REPORT RequestId: {EVENT_ID}")


def test_a_function_finds_its_folder_its_layers_and_the_runtime_and_nothing_of_ours(
    started: Start, function: Function, tools: Tools, tmp_path: Path
) -> None:
    shown = told(started(layers=(tmp_path / "layer",), added={"AWS_REGION": "eu-west-2"}), "show").payload

    own = [str(function.folder), str(tmp_path / "layer" / "python"), str(tools.libraries)]
    assert shown["path"][:3] == own
    assert all(Path(place).is_relative_to(sys.base_prefix) for place in shown["path"][3:])
    assert not [value for value in shown["environ"].values() if str(ROOT) in value]
    wanted = {
        "OWN": "mine",
        "AWS_LAMBDA_FUNCTION_NAME": "tiny",
        "AWS_REGION": "eu-west-2",
        "_HANDLER": function.handler,
    }
    assert shown["environ"].items() >= wanted.items()


def test_what_a_handler_raises_is_an_error_and_its_process_goes_on(started: Start) -> None:
    environment = started()
    told(environment, "count")

    answer = told(environment, "raise")

    assert (answer.is_error, answer.payload["errorType"]) == (True, "ValueError")
    assert environment.is_usable
    assert told(environment, "count").payload == 3


def test_a_handler_that_hangs_ends_when_its_time_is_over(started: Start) -> None:
    environment = started(seconds=1)

    answer = told(environment, "hang")

    wanted = {"errorType": "Sandbox.Timedout", "errorMessage": f"{EVENT_ID} Task timed out after 1.00 seconds"}
    assert (answer.is_error, answer.payload) == (True, wanted)
    assert "told of hang" in answer.log
    assert not environment.is_usable


def test_a_process_that_ends_by_itself_is_an_error(started: Start) -> None:
    environment = started()

    answer = told(environment, "exit")

    assert (answer.is_error, answer.payload["errorType"]) == (True, "Runtime.ExitError")
    assert "exit status 3" in answer.payload["errorMessage"]
    assert "told of exit" in answer.log
    assert not environment.is_usable


@pytest.mark.parametrize("whose", ["function", "emulator"])
def test_a_process_that_is_killed_at_work_is_an_error(started: Start, tmp_path: Path, whose: str) -> None:
    environment = started()
    waiting = Waiting(tmp_path / "pipes", lambda event: environment.invoke(event, EVENT_ID))
    waiting.until_it_works()
    (own,) = children_of(environment.pid)

    os.kill(own if whose == "function" else environment.pid, signal.SIGKILL)
    if whose == "emulator":  # its function finds out when it has done what it was at
        waiting.say("go on")
    answer = waiting.answer()

    assert (answer.is_error, answer.payload["errorType"]) == (True, "Runtime.ExitError")
    assert not environment.is_usable
    wait_until("the function to end", lambda: not Path(f"/proc/{own}").exists())


def test_a_handler_that_can_not_be_loaded_is_an_error(started: Start) -> None:
    answer = told(started(handler="missing.lambda_handler"), "count")

    assert (answer.is_error, answer.payload["errorType"]) == (True, "Runtime.ImportModuleError")


def test_an_event_of_more_than_lambda_takes_is_an_error(started: Start) -> None:
    answer = started().invoke(b'"' + b"a" * 7_000_000 + b'"', EVENT_ID)

    assert answer.is_error


def test_an_emulator_that_does_not_start_says_why(function: Function, tools: Tools) -> None:
    broken = Tools(Path(sys.executable), tools.python, tools.libraries)

    with pytest.raises(EmulatorError, match=r"the emulator of tiny does not start\n.*unknown option"):
        Environment(function, broken)


def test_both_processes_end_when_it_is_stopped(started: Start) -> None:
    environment = started()
    told(environment, "count")
    pids = environment.pid, *children_of(environment.pid)

    environment.stop()

    assert len(pids) == 2
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
