"""The operator's commands, run against the deployed stack, and its schedule, which is off in the world of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from local.world import Deployed
from local.world.environment import ROOT
from tests.e2e.desk import Desk


def operate(desk: Desk, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an operator's command as `make ops` does."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "layers" / "common"),
        **desk.world.operator_environment,
    }
    command = [sys.executable, "-m", "ops", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def billing_every_second(world: Deployed) -> Iterator[None]:
    """Stands in for the schedule."""
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
