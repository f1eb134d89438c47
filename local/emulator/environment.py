"""One execution environment: a process of the Runtime Interface Emulator with the function's own below it."""

from __future__ import annotations

import http.client
import json
import os
import queue
import re
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.emulator.function import Function
from local.emulator.tools import Tools

HOST = "127.0.0.1"
_LAUNCHER = Path(__file__).resolve().parents[1] / "world" / "launch.py"
_PATH = "/2015-03-31/functions/function/invocations"
_TIMED_OUT = re.compile(r"Task timed out after \d+\.\d\d seconds")
_STARTS = 3  # another process may take a port between our look and the emulator's
_READY_SECONDS, _STOP_SECONDS, _LOG_SECONDS = 20.0, 5.0, 5.0
_MORE_SECONDS = 15.0  # beyond the timeout: the emulator itself says that it is over, once it has ended the function
# Linux ends what launch.py runs together with the thread that started it: this one lives as long as our process.
_starter = ThreadPoolExecutor(1, "emulator-starter")


class EmulatorError(Exception):
    """No environment could be started; the message holds what the emulator has said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invocation came to: the function's payload, or an error document; and the lines of its log."""

    payload: Any
    is_error: bool
    log: tuple[str, ...]


class Environment:
    """Takes one invocation at a time, and ends with this process, however that ends."""

    def __init__(self, function: Function, tools: Tools) -> None:
        """Start the emulator, which starts the function at the first invocation; raises EmulatorError."""
        self.function = function
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        for _ in range(_STARTS):
            self._port = _free_port()
            self._process = _starter.submit(_start, function, tools, self._port).result()
            threading.Thread(target=self._read, daemon=True).start()
            if self._listens():
                return
            self.stop()
        raise EmulatorError("\n".join([f"the emulator of {function.name} does not start", *self._log()]))

    @property
    def is_usable(self) -> bool:
        """Whether it may be given an event; one whose function was killed meanwhile answers that it was."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The emulator's; the function's process has it for a parent."""
        return self._process.pid

    def invoke(self, event: bytes, request_id: str, trace: str = "") -> Answer:
        """Hand in an event, JSON, and wait for what comes of it. With its process an environment loses its use."""
        try:
            status, text = self._asked(event, {"X-Amzn-RequestId": request_id, "X-Amzn-Trace-Id": trace})
        except TimeoutError:
            status, text = 200, f"Task timed out after {self.function.seconds}.00 seconds"
        except (OSError, http.client.HTTPException):
            status, text = 502, _error("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited")
        if status != 200 or _TIMED_OUT.fullmatch(text):
            self.stop()
            failure = _error("Sandbox.Timedout", f"{request_id} {text}") if status == 200 else text
            return Answer(_document(failure), True, self._log())
        payload = json.loads(text)
        # It marks an error by nothing else.
        is_error = isinstance(payload, dict) and {"errorMessage", "errorType"} <= payload.keys()
        return Answer(payload, is_error, self._log(f"REPORT RequestId: {request_id}"))

    def stop(self) -> None:
        """End both processes, and return once they have ended."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _asked(self, event: bytes, headers: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=self.function.seconds + _MORE_SECONDS)
        try:
            connection.request("POST", _PATH, event, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def _listens(self) -> bool:
        ends = time.monotonic() + _READY_SECONDS
        while self._process.poll() is None and time.monotonic() < ends:
            with suppress(OSError):
                socket.create_connection((HOST, self._port), 1).close()
                return True
            time.sleep(0.005)
        return False

    def _read(self) -> None:
        """Take what both processes write, as it comes; None is the end of it."""
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _log(self, last: str | None = None) -> tuple[str, ...]:
        """What was written and not taken yet, up to the line that begins as `last` says, or to the end."""
        lines: list[str] = []
        ends = time.monotonic() + _LOG_SECONDS
        with suppress(queue.Empty):
            while (line := self._lines.get(timeout=max(0.0, ends - time.monotonic()))) is not None:
                lines.append(line)
                if last and line.startswith(last):
                    break
        return tuple(lines)


def _start(function: Function, tools: Tools, port: int) -> subprocess.Popen[str]:
    runtime = [str(tools.python), "-S", "-P", "-m", "awslambdaric", function.handler]
    emulator = [str(tools.emulator), "--log-level", "fatal"]
    emulator += ["--runtime-interface-emulator-address", f"{HOST}:{port}"]
    emulator += ["--runtime-api-address", f"{HOST}:{_free_port()}"]
    return subprocess.Popen(
        [str(tools.python), "-I", "-S", str(_LAUNCHER), str(os.getpid()), *emulator, *runtime],
        env=function.environ(tools),
        cwd=function.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # Its own: it is told to end, and ends the function's process then.
        start_new_session=True,
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


def _error(kind: str, message: str) -> str:
    return json.dumps({"errorType": kind, "errorMessage": message})


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"errorType": "Runtime.Unknown", "errorMessage": text}
