"""Starts one handler of the built bundle under Amazon's Runtime Interface Emulator, as far as its first answer."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.bundle import FLOOR, Bundle, variables
from bench.report import ROOT
from local.template import ACCOUNT
from local.world.bundle import host_architecture

FLOOR_APP = """
import boto3
import requests
from aws_lambda_powertools import Logger
from pydantic import BaseModel

boto3.client("dynamodb")
Logger()


def lambda_handler(event, context):
    return {}
"""
# Of nobody: it is refused by each handler without a call.
EVENT = json.dumps(
    {"httpMethod": "GET", "resource": "/", "path": "/", "requestContext": {}, "methodArn": "arn", "headers": {}}
).encode()
READY_SECONDS, ANSWER_SECONDS, STOP_SECONDS = 10.0, 30.0, 10.0


def first_answer_ms(built: Bundle, what: str, floor: Path) -> float:
    """What the first answer takes longer than the second: the runtime's process, and all that the handler loads.

    `floor` is a folder that holds FLOOR_APP as app.py.
    """
    own = floor if what == FLOOR else built.folder / what
    with _emulated(built, own, ACCOUNT if what == FLOOR else variables(what)) as url:
        first, second = _asked(url), _asked(url)
    return (first - second) * 1000


@contextmanager
def _emulated(built: Bundle, own: Path, environ: dict[str, str]) -> Iterator[str]:
    name = f"aws-lambda-rie-{host_architecture()}"
    found = next((ROOT / ".venv-sam" / "lib").glob(f"python*/site-packages/samcli/local/rapid/{name}"))
    address, api = (f"127.0.0.1:{_free_port()}" for _ in range(2))
    command = [str(found), "--log-level", "error", "--runtime-interface-emulator-address", address]
    command += ["--runtime-api-address", api, sys.executable, "-S", "-P", "-m", "awslambdaric", "app.lambda_handler"]
    path = ":".join(map(str, (own, built.folder / "CommonLayer" / "python", built.runtime)))
    given = {**environ, "PYTHONPATH": path, "LAMBDA_TASK_ROOT": str(own), "AWS_LAMBDA_FUNCTION_TIMEOUT": "29"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=given, cwd=own, stdout=quiet, stderr=quiet) as process:
        try:
            _until_it_listens(address)
            yield f"http://{address}/2015-03-31/functions/function/invocations"
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _asked(url: str) -> float:
    begun = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(url, EVENT), timeout=ANSWER_SECONDS) as answer:
        text = answer.read()
    took = time.perf_counter() - begun
    if b"errorType" in text:
        raise SystemExit(f"the handler did not answer under the emulator: {text[:500]!r}")
    return took


def _until_it_listens(address: str) -> None:
    host, _, port = address.partition(":")
    ends = time.monotonic() + READY_SECONDS
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
