"""Pages of the documentation, typed into a shell as printed: each answer must hold what the page says of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress

import requests

from local.pages import Call
from local.seed import CATALOG, PARTNER
from local.world import Deployed
from local.world.environment import ROOT
from tests.e2e.stacks import own
from tests.e2e.waiting import wait_until

SECONDS = 240
END = "--- end of the answer"


def assert_works_as_printed(calls: list[Call], world: Deployed, key: str) -> None:
    """Type all lines, one after the other, into one shell beside the world of the tests."""
    wait_until("the catalog, which a function keeps for a minute", lambda: _sells(world, key))
    type_as_printed(calls, world, key)


def type_as_printed(calls: list[Call], world: Deployed, key: str, **variables: str) -> None:
    """The same, where the shell has further variables and nobody waits for the catalog."""
    # A make beneath the make of the tests would say where it is.
    own = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    answers = _play([call.line for call in calls], {**own, **_environment(world, key), **variables})
    for call, answer in zip(calls, answers, strict=True):
        assert not call.is_missing(answer), f"{call.line}\n{answer}\n--- is missing: {call.is_missing(answer)}"


def _sells(world: Deployed, key: str) -> bool:
    """Whether the API sells the local catalog: whoever was asked before it was applied did not know of it."""
    answer = requests.get(f"{world.api_url}/v1/plans", headers={"x-api-key": key}, timeout=SECONDS)
    wanted = {plan["id"] for plan in json.loads(CATALOG.read_text())["plans"] if plan["partner"] == PARTNER}
    return wanted <= {plan["id"] for plan in answer.json().get("plans", [])}


def _environment(world: Deployed, key: str) -> Mapping[str, str]:
    """What .local/tour.env and .local/operator.env would give: the world of the tests is not in .local."""
    ports = own(world).ports
    addresses = {"API": world.api_url, "KEY": key, "PROVIDERS": world.simulators_url}
    return {
        "AWS_PORT": str(ports.aws),
        "SIM_PORT": str(ports.simulators),
        **addresses,
        **world.operator_environment,
    }


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
