"""`make contract`: generated requests against the template deployed into a world of its own, and what came of them."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from local.progress import say, step
from local.world import WorldError
from tests.e2e.problem import assert_logs_silent
from tests.fuzz.generated import Report, fuzz
from tests.fuzz.population import populate
from tests.fuzz.stage import stage

_SECONDS = 1500
# As many as the goal asks for, over the operations there are, with those whose requests hardly differ.
_EXAMPLES = 1150
_WORKERS = 4


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--cases", type=int, default=10_000, help="how many at least")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-west-2")
    try:
        report = run(asked.seed, max(_EXAMPLES * asked.cases // 10_000, 1))
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in report.lines(asked.seed)))
    if not report.is_good:
        sys.stdout.write(report.output)
    if report.cases < asked.cases:
        sys.stdout.write(f"fewer than {asked.cases} cases\n")
    return 0 if report.is_good and report.cases >= asked.cases else 1


def run(seed: int, examples: int) -> Report:
    with tempfile.TemporaryDirectory(prefix="pinbill-contract-") as name:
        folder = Path(name)
        with stage(folder) as desk:
            with step("subscriptions, numbers and mandates"):
                people = populate(desk, times=3)
            say(f"at most {examples} cases an operation beside the boundaries, seed {seed}")
            report = fuzz(desk, people, folder, examples, seed, _WORKERS, _SECONDS)
            assert_logs_silent(desk.world, desk.secrets)
            return report


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
