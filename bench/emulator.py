"""Starts one handler of the built bundle under Amazon's Runtime Interface Emulator, as far as its first answer."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.bundle import FLOOR, Bundle, variables
from local.emulator.environment import Environment
from local.emulator.function import Function
from local.template import ACCOUNT

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
SECONDS, MEGABYTES = 29, 512


def first_answer_ms(built: Bundle, what: str, floor: Path) -> float:
    """What the first answer takes longer than the second: the runtime's process, and all that the handler loads.

    `floor` is a folder that holds FLOOR_APP as app.py.
    """
    with _emulated(built, what, floor) as environment:
        first, second = _answered(environment), _answered(environment)
    return (first - second) * 1000


@contextmanager
def _emulated(built: Bundle, what: str, floor: Path) -> Iterator[Environment]:
    own, given = (floor, ACCOUNT) if what == FLOOR else (built.folder / what, variables(what))
    layers = (built.folder / "CommonLayer",)
    function = Function(what, "$LATEST", "", own, layers, "app.lambda_handler", SECONDS, MEGABYTES, given, {})
    environment = Environment(function, built.tools)
    try:
        yield environment
    finally:
        environment.stop()


def _answered(environment: Environment) -> float:
    """Seconds that it took."""
    begun = time.perf_counter()
    answer = environment.invoke(EVENT, "first")
    took = time.perf_counter() - begun
    if answer.is_error:
        raise SystemExit(f"the handler did not answer under the emulator: {answer.payload}")
    return took
