"""One trial: the simulation against a copy of the package, patched or as it is, in a process of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.mutant import PACKAGE, ROOT, Mutant

LAST_LINES = 6  # of the messages of a process that failed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a trial. Without an invariant nothing was violated; `trouble` says why there is no verdict.

    `seconds` are of the processor: much the same when there is other work besides.
    """

    seconds: float
    invariant: str = ""
    detail: str = ""
    story: str = ""
    searched: str = ""
    trouble: str = ""

    @property
    def killed(self) -> bool:
        return bool(self.invariant)

    @property
    def clean(self) -> bool:
        return not self.killed and not self.trouble


def hunt(mutant: Mutant | None, store: str, seconds: float) -> Verdict:
    """Search on `store` for a violation of the mutant's code, or of the code as it is, for so many seconds of the
    processor at most."""
    with _copy(mutant) as folder:
        ended = subprocess.run(
            _command(folder, "--store", store, "--seconds", str(round(seconds))),
            cwd=ROOT,
            env=_environment(folder),
            capture_output=True,
            text=True,
            check=False,
        )
    if ended.returncode == -signal.SIGXCPU:
        return Verdict(seconds, trouble=f"no verdict within {seconds:,.0f} s of the processor")
    return _verdict(ended)


def trace(mutant: Mutant, story: str) -> int:
    """Play one story of the mutant with a readable trace; the exit status is 1 when it violates something."""
    with _copy(mutant) as folder:
        command = _command(folder, "--replay", story)
        return subprocess.run(command, cwd=ROOT, env=_environment(folder), check=False).returncode


@contextmanager
def _copy(mutant: Mutant | None) -> Iterator[Path]:
    with TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        # Without compiled files: a source that changes within its second and keeps its size passes for the old one.
        shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
        if mutant is not None:
            path = folder / PACKAGE.name / mutant.file
            path.write_text(mutant.patched(path.read_text()))
        yield folder


def _command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "tests.mutants.hunt", "--copy", str(folder), *options]


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder)}


def _verdict(ended: "subprocess.CompletedProcess[str]") -> Verdict:
    if ended.returncode != 0:
        return Verdict(0.0, trouble="\n".join(ended.stderr.splitlines()[-LAST_LINES:]) or "no message")
    found = json.loads(ended.stdout.splitlines()[-1])
    seconds = float(found["seconds"])
    if "invariant" in found:
        return Verdict(seconds, found["invariant"], found["detail"], found["story"])
    return Verdict(seconds, searched=f"{found['schedules']:,} schedules, {found['cycles']:,} billing cycles")
