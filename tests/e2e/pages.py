"""Pages of the documentation, typed into a shell as printed: each answer must hold what the page says of it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.world import World
from local.world.environment import ROOT

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
    answers = _play([call.line for call in calls], {**os.environ, **_environment(world, key)})
    for call, answer in zip(calls, answers, strict=True):
        assert call.wanted is None or call.wanted in answer, f"{call.line}\n{answer}"


def _environment(world: World, key: str) -> Mapping[str, str]:
    """What .local/tour.env and .local/operator.env would give: the world of the tests is not in .local."""
    ports = {"AWS_PORT": str(world.ports.aws), "SIM_PORT": str(world.ports.simulators)}
    addresses = {"API": world.api_url, "KEY": key, "PROVIDERS": world.simulators_url}
    return {**ports, **addresses, **world.operator_environment}


def _play(lines: list[str], environment: Mapping[str, str]) -> list[str]:
    """What each line printed."""
    script = ['source() { [ "$1" = .local/tour.env ] || [ "$1" = .local/operator.env ]; }']
    for line in lines:
        script += [f"{line} || echo failed", f"echo; echo '{END}'"]
    ended = subprocess.run(
        ["bash"],
        input="\n".join(script),
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    answers = ended.stdout.split(f"\n{END}\n")[:-1]
    assert not [line for line, answer in zip(lines, answers, strict=True) if answer.endswith("failed")], ended.stderr
    return answers
