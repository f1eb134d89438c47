"""One server process of the local world: started, waited for, and stopped by its own pid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.world.errors import WorldError, with_log_tail

_LAUNCHER = Path(__file__).with_name("launch.py")


class Child:
    """A child process with a log file and a health address. Start it from a thread that outlives it."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, cwd: Path) -> None:
        self.name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches us alone, and we stop the children in order.
            self._process = subprocess.Popen(
                [sys.executable, str(_LAUNCHER), str(os.getpid()), *command],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The child's own pid: what it starts has it for a parent."""
        return self._process.pid

    def wait_until_healthy(self, url: str, seconds: float) -> None:
        """Return once the address answers 200; raises WorldError when the child ends or the time is over."""
        deadline = time.monotonic() + seconds
        while not _answers(url):
            if self._process.poll() is not None:
                raise with_log_tail(f"{self.name} ended with code {self._process.returncode}", self._log)
            if time.monotonic() > deadline:
                raise with_log_tail(f"{self.name} gave no answer at {url} within {seconds:.0f} s", self._log)
            time.sleep(0.05)

    def require_running(self) -> None:
        """Raise WorldError when the child has ended by itself."""
        if self._process.poll() is not None:
            raise with_log_tail(f"{self.name} ended with code {self._process.returncode}", self._log)

    def stop(self, seconds: float) -> bool:
        """Ask the child to end and wait; kill it when the time is over. Says whether it ended by itself."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        finally:
            self._end_group()
        return True

    def _end_group(self) -> None:
        """End what the child started and left behind; its group has the child's pid, since it leads a session."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def run_to_end(
    title: str, command: Sequence[str], environment: Mapping[str, str], log: Path, cwd: Path, seconds: float
) -> None:
    """Run a command with its output in a log; raises WorldError with the log's end when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        try:
            done = subprocess.run(
                list(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise with_log_tail(f"{title} took longer than {seconds:.0f} s", log) from error
        except FileNotFoundError as error:
            raise WorldError(f"{title}: {command[0]} is missing; run make setup") from error
    if done.returncode:
        raise with_log_tail(f"{title} failed", log)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return int(response.status) == 200
    except (urllib.error.URLError, OSError):
        return False
