"""Pages of the documentation, typed into a shell as printed: each answer must hold what the page says of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import requests

from local.seed import CATALOG, PARTNER
from local.world import World
from local.world.environment import ROOT
from tests.e2e.waiting import wait_until

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
SECONDS = 120
END = "--- end of the answer"


@dataclass(frozen=True, slots=True)
class Call:
    """One line of a page, and what its answer must hold."""

    line: str
    wanted: str | None


def calls_of(text: str) -> Iterator[Call]:
    """The lines of the `sh` blocks; a comment below a line is a part of its answer."""
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    for at, line in enumerate(lines):
        if not line.startswith("# "):
            following = lines[at + 1] if at + 1 < len(lines) else ""
            yield Call(line, following.removeprefix("# ").strip() if following.startswith("# ") else None)


def assert_works_as_printed(calls: list[Call], world: World, key: str) -> None:
    """Type all lines, one after the other, into one shell beside the world of the tests."""
    wait_until("the catalog, which a function keeps for a minute", lambda: _sells(world, key), seconds=90)
    # A make beneath the make of the tests would say where it is.
    own = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    answers = _play([call.line for call in calls], {**own, **_environment(world, key)})
    for call, answer in zip(calls, answers, strict=True):
        assert call.wanted is None or call.wanted in answer, f"{call.line}\n{answer}"


def _sells(world: World, key: str) -> bool:
    """Whether the API sells the local catalog: whoever was asked before it was applied did not know of it."""
    answer = requests.get(f"{world.api_url}/v1/plans", headers={"x-api-key": key}, timeout=SECONDS)
    wanted = {plan["id"] for plan in json.loads(CATALOG.read_text())["plans"] if plan["partner"] == PARTNER}
    return wanted <= {plan["id"] for plan in answer.json().get("plans", [])}


def _environment(world: World, key: str) -> Mapping[str, str]:
    """What .local/tour.env and .local/operator.env would give: the world of the tests is not in .local."""
    ports = {"AWS_PORT": str(world.ports.aws), "SIM_PORT": str(world.ports.simulators)}
    addresses = {"API": world.api_url, "KEY": key, "PROVIDERS": world.simulators_url}
    return {**ports, **addresses, **world.operator_environment}


def _play(lines: list[str], environment: Mapping[str, str]) -> list[str]:
    """What each line printed."""
    script = ["set -o pipefail", 'source() { [ "$1" = .local/tour.env ] || [ "$1" = .local/operator.env ]; }']
    for line in lines:
        script += [f"{line} || echo failed", f"echo; echo '{END}'"]
    shell = subprocess.Popen(
        ["bash"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        cwd=ROOT,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = shell.communicate("\n".join(script), timeout=SECONDS)
    finally:
        with suppress(ProcessLookupError):  # what a page has started in the background does not outlive it
            os.killpg(shell.pid, signal.SIGTERM)
    assert shell.returncode == 0, stderr
    answers = stdout.split(f"\n{END}\n")[:-1]
    assert not [line for line, answer in zip(lines, answers, strict=True) if answer.endswith("failed")], stderr
    return answers
