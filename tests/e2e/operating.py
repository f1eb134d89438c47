"""The operator's commands, run against the deployed stack."""

from __future__ import annotations

import os
import subprocess
import sys

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
