"""Runs a function with one file of events/ in a container, by `sam local invoke`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from local.events.running_world import RunningWorld
from local.world import WorldError
from local.world.environment import ROOT, child_environment
from local.world.errors import with_log_tail
from local.world.sam_local import ACCOUNT, invoke_command

EVENTS = ROOT / "events"
_SAM_PYTHON = ROOT / ".venv-sam" / "bin" / "python"
_SECONDS = 180
_NO_ENGINE = "make events runs functions in containers: start a Docker engine, or let DOCKER_HOST point to one"


def function_of(event: str) -> str:
    """The logical id of the function that an event is for: charge.ok is for ChargeFunction."""
    operation = event.split(".", maxsplit=1)[0]
    return "".join(word.capitalize() for word in operation.split("_")) + "Function"


def require_engine() -> None:
    """Raise WorldError where no Docker engine answers to the library that `sam` uses."""
    ping = "import docker; docker.from_env(timeout=10).ping()"
    command = [str(_SAM_PYTHON), "-c", ping]
    try:
        subprocess.run(command, env=child_environment(), capture_output=True, timeout=30, check=True)
    except (subprocess.SubprocessError, FileNotFoundError):
        raise WorldError(_NO_ENGINE) from None


def sam_invoke(world: RunningWorld, event: str) -> Any:
    """What the function answers; raises WorldError, with the end of its log, where it never ran."""
    command = invoke_command(function_of(event), EVENTS / f"{event}.json", world.sam_local_file)
    log = _log_of(world, event)
    with log.open("wb") as output:
        try:
            done = subprocess.run(
                command,
                env=child_environment(**ACCOUNT),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=ROOT,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise with_log_tail(f"{event} took longer than {_SECONDS} s", log) from error
    try:
        return json.loads(done.stdout.decode().strip().rpartition("\n")[2])
    except ValueError as error:
        raise with_log_tail(f"{event} was not answered", log) from error


def _log_of(world: RunningWorld, event: str) -> Path:
    log = world.home / "logs" / "events" / f"{event}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return log
