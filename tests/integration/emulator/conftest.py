"""A function of a few lines, and environments that run it; none of them is left behind."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from local.emulator.environment import Answer, Environment
from local.emulator.function import Function
from local.emulator.pool import Pool
from local.emulator.tools import Tools

APP = """
import os, sys, threading

COUNTED = []


def lambda_handler(event, context):
    print("told of", event["do"])
    print("id", context.aws_request_id)
    COUNTED.append(event)
    match event["do"]:
        case "count":
            return len(COUNTED)
        case "raise":
            raise ValueError("no such thing")
        case "exit":
            os._exit(3)
        case "hang":
            threading.Event().wait()
        case "wait":
            with open(event["begun"], "w"):
                pass
            with open(event["word"]) as word:
                return word.read()
        case "show":
            return {"path": sys.path, "environ": dict(os.environ)}
"""
EVENT_ID = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    return Tools.gather(tmp_path_factory.mktemp("runtime"))


@pytest.fixture
def function(tmp_path: Path) -> Function:
    folder = tmp_path / "function"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    return Function("tiny", "1", "first", folder, (), "app.lambda_handler", 20, 256, {"OWN": "mine"}, {})


@pytest.fixture
def pool(tools: Tools) -> Iterator[Pool]:
    pool = Pool(tools, most_idle=2, most_of_one=4)
    yield pool
    pool.close()


@pytest.fixture
def started(tools: Tools, function: Function) -> Iterator[Callable[..., Environment]]:
    with ExitStack() as stack:

        def start(**other: object) -> Environment:
            environment = Environment(replace(function, **other), tools)  # type: ignore[arg-type]
            stack.callback(environment.stop)
            return environment

        yield start


def told(environment: Environment, do: str) -> Answer:
    return environment.invoke(event(do), EVENT_ID)


def event(do: str, **more: str) -> bytes:
    return json.dumps({"do": do, **more}).encode()


class Waiting:
    """An event at which a function waits for a word, on a thread of its own; `run` hands it in."""

    def __init__(self, folder: Path, run: Callable[[bytes], Answer]) -> None:
        folder.mkdir()
        self._begun, self._word = folder / "begun", folder / "word"
        for pipe in (self._begun, self._word):
            os.mkfifo(pipe)
        self._told = ThreadPoolExecutor(1)
        self._answer = self._told.submit(run, event("wait", begun=str(self._begun), word=str(self._word)))

    def until_it_works(self) -> None:
        self._begun.read_text()

    def say(self, word: str) -> None:
        self._word.write_text(word)

    def answer(self) -> Answer:
        self._told.shutdown()
        return self._answer.result()
