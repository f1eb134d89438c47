"""The functions' processes: found below the local AWS that the drill has started, and killed by pid."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import override

from local.drill.errors import DrillError

_PROC = Path("/proc")
# Of which function a process is killed at random: mostly the one that bills.
_WEIGHTS = {
    "BillWorkerFunction": 8,
    "RecurringBillFunction": 1,
    "CallbackFunction": 2,
    "ChargeFunction": 1,
    "CancelFunction": 1,
}


class Processes:
    """The running processes of deployed functions. `names` are the functions' names by logical id."""

    def __init__(self, aws_pid: int, names: Mapping[str, str]) -> None:
        if not _PROC.is_dir():
            raise DrillError("the drill finds the functions' processes in /proc: it needs Linux")
        self._aws_pid = aws_pid
        self._names = names

    def of(self, function: str) -> list[int]:
        """Pids of a function's processes, by its logical id: those that run its handler, not what runs these."""
        mark = f"AWS_LAMBDA_FUNCTION_NAME={self._names[function]}".encode()
        parents = _parents()
        found = [pid for pid in parents if self._is_below(pid, parents) and mark in _variables_of(pid)]
        return [pid for pid in found if pid not in parents.values()]

    def kill(self, pids: Sequence[int]) -> int:
        """End these at once and without warning; returns how many there still were."""
        killed = 0
        for pid in pids:
            # A pid may have ended and been given to somebody else since it was found.
            if self._is_below(pid, _parents()):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
        return killed

    def _is_below(self, pid: int, parents: Mapping[int, int]) -> bool:
        parent = parents.get(pid)
        return parent is not None and (parent == self._aws_pid or self._is_below(parent, parents))


class Reaper(threading.Thread):
    """Kills a process of a random function at random moments until it is stopped."""

    def __init__(self, processes: Processes, rng: random.Random, shortest: float, longest: float) -> None:
        super().__init__(name="reaper", daemon=True)
        self._processes = processes
        self._rng = rng
        self._between = (shortest, longest)
        self._over = threading.Event()
        self.killed: Counter[str] = Counter()

    @override
    def run(self) -> None:
        functions, weights = list(_WEIGHTS), list(_WEIGHTS.values())
        while not self._over.wait(self._rng.uniform(*self._between)):
            function = self._rng.choices(functions, weights)[0]
            pids = self._processes.of(function)
            if pids:
                self.killed[function] += self._processes.kill([self._rng.choice(pids)])

    def stop(self) -> Counter[str]:
        """End and say how many processes of each function were killed."""
        self._over.set()
        self.join()
        return self.killed


def _parents() -> dict[int, int]:
    """Of every process that runs now, its parent."""
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return {pid: parent for pid in pids if (parent := _parent_of(pid)) is not None}


def _parent_of(pid: int) -> int | None:
    try:
        # The command's name, in parentheses, may hold spaces.
        return int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _variables_of(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []
