"""The README's tour, run as it is printed: every answer must hold what the comment under its call says."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local.seed import seed
from local.world import World
from local.world.environment import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
SECONDS = 120
END = "--- end of the answer"


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the tour, and what its answer must hold."""

    line: str
    wanted: str | None


def tour() -> Iterator[Call]:
    text = (ROOT / "README.md").read_text()
    section = text.split("## A five-minute tour")[1].split("\n## ")[0]
    lines = [line for block in BLOCK.findall(section) for line in block.splitlines()]
    for at, line in enumerate(lines):
        if not line.startswith("# "):
            following = lines[at + 1] if at + 1 < len(lines) else ""
            yield Call(line, following.removeprefix("# ").strip() if following.startswith("# ") else None)


def test_the_tour_works_line_by_line_as_printed(world: World) -> None:
    calls = list(tour())
    key = seed(world).key
    ports = {"AWS_PORT": str(world.ports.aws), "SIM_PORT": str(world.ports.simulators)}
    addresses = {"API": world.api_url, "KEY": key, "PROVIDERS": world.simulators_url}

    with billing_every_second(world):
        answers = play([call.line for call in calls], {**os.environ, **ports, **addresses})

    assert len(calls) > 12
    for call, answer in zip(calls, answers, strict=True):
        assert call.wanted is None or call.wanted in answer, f"{call.line}\n{answer}"


def play(lines: list[str], environment: dict[str, str]) -> list[str]:
    """What each line printed, typed one after the other into one shell."""
    # The world of the tests is not in .local; the addresses that the file would give stand in the environment.
    script = ['source() { [ "$1" = .local/tour.env ]; }']
    for line in lines:
        script += [f"{line} || echo failed", f"echo; echo '{END}'"]
    ended = subprocess.run(
        ["bash"],
        input="\n".join(script),
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    answers = ended.stdout.split(f"\n{END}\n")[:-1]
    assert not [line for line, answer in zip(lines, answers, strict=True) if answer.endswith("failed")], ended.stderr
    return answers


@contextmanager
def billing_every_second(world: World) -> Iterator[None]:
    """Stands in for the schedule, which is off in the world of the tests."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(1):
            world.invoke("RecurringBillFunction", {"mode": "run"})

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
