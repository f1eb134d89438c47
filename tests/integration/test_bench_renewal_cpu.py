"""The benchmark of the worker's CPU runs on the worker as it is, and renews what it measures."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIGURES = re.compile(r"\| (\d+) \| (\d+) / (\d+) ms \| (.+) \| (\d+\.\d\d) \| .+ \| (\d+\.\d\d) \|")


def test_both_clients_are_measured_and_every_renewal_makes_its_calls() -> None:
    command = [sys.executable, "-m", "bench.renewal_cpu", "--rounds", "1", "--messages", "2", "--members", "10"]
    environ = os.environ | {"PYTHONPATH": "layers/common"}
    ran = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False)

    assert ran.returncode == 0, ran.stderr
    figures = FIGURES.findall(ran.stdout)
    assert [(threads, client) for threads, _, _, client, _, _ in figures] == [
        (threads, client) for threads in ("1", "16", "16") for client in ("shipped client", "boto3's client")
    ]
    made = [dict(re.findall(r"(\w+) (\d+\.\d\d)", line)) for line in ran.stdout.splitlines() if "calls of" in line]
    assert [(calls["POST"], calls["Query"]) for calls in made] == [("1.00", "1.00")] * 3
    assert all(float(calls["PutItem"]) >= 3 for calls in made)  # claim, settlement, the entry's row
