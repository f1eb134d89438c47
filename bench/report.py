"""How a benchmark prints: one table, and below it the machine that it ran on."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


def commit() -> str:
    """The short id of what was measured, with a + where files were changed since; "unknown" outside of a clone."""
    git = ["git", "-C", str(ROOT)]
    found = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        return "unknown"
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False)
    return found.stdout.strip() + ("+" if changed.stdout.strip() else "")


@contextmanager
def measured() -> Iterator[None]:
    """Print, at the end, where and how long it was measured."""
    begun, load = time.monotonic(), os.getloadavg()[0]
    yield
    say(
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs ({processor()}), load {load:.1f} before and"
        f" {os.getloadavg()[0]:.1f} after, commit {commit()}, {time.monotonic() - begun:.0f} s.",
    )


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def say(*lines: str) -> None:
    """To where the command prints, also while the functions' own output is caught."""
    for line in lines:
        (sys.__stdout__ or sys.stdout).write(f"{line}\n")
    (sys.__stdout__ or sys.stdout).flush()
