"""Starts one handler of the built bundle in a fresh process, with only the bundle and Lambda's runtime on its path."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from local.emulator.tools import Tools
from local.template import ACCOUNT, folder_of, load_template, resources_of, value_of, variables_of
from local.world.bundle import build, host_architecture

FLOOR = "floor"
PROGRAM, FIRST_CALLS = (Path(__file__).with_name(f"{name}.py") for name in ("start_once", "first_calls"))


@dataclass(frozen=True, slots=True)
class Start:
    """What one start took: CPU and wall time of everything before the first event, memory after it, and its modules.

    `collects`: whether Python's garbage is looked for then.
    """

    cpu_ms: float
    wall_ms: float
    memory_kb: int
    modules: frozenset[str]
    collects: bool


@cache
def template() -> Mapping[str, Any]:
    return load_template()


@cache
def functions() -> Mapping[str, Mapping[str, Any]]:
    """By logical id."""
    return resources_of(dict(template()), "AWS::Serverless::Function")


def serves_http(function: Mapping[str, Any]) -> bool:
    """Whether somebody waits for its answer: a route's, or the authorizer's."""
    return folder_of(dict(function)) == "authorizer" or any(
        event["Type"] == "Api" for event in function.get("Events", {}).values()
    )


def variables(logical_id: str) -> dict[str, str]:
    """Of a function's environment, as the template declares them, with what Lambda adds."""
    declared = variables_of(dict(template()), dict(functions()[logical_id]))
    found = {name: value_of(dict(template()), value) for name, value in declared.items()}
    return {**found, **ACCOUNT, "AWS_SESSION_TOKEN": "t" * 900, "AWS_LAMBDA_FUNCTION_NAME": logical_id}


@dataclass(frozen=True, slots=True)
class Bundle:
    """The bundle for this machine's processor, and what stands for Lambda's runtime."""

    folder: Path
    tools: Tools

    def start(self, what: str, *options: str) -> Start:
        """Start a function by its logical id, or the floor, in a fresh interpreter. Raises SystemExit if it fails."""
        own = [] if what == FLOOR else [self.folder / what]
        environ = ACCOUNT if what == FLOOR else variables(what)
        found = json.loads(self._run(own, environ, [*options, str(PROGRAM), what]))
        modules = frozenset(found["modules"])
        return Start(found["cpu_ms"], found["wall_ms"], found["memory_kb"], modules, found["collects"])

    def first_calls_ms(self, url: str, whose: str) -> float:
        """CPU of reading the secret and opening a key for the first time, by `own` clients or by those of `boto3`."""
        environ = {**ACCOUNT, "AWS_LAMBDA_FUNCTION_NAME": "bench" if whose == "own" else ""}
        return float(self._run([], environ, [str(FIRST_CALLS), url, whose]))

    def _run(self, own: Sequence[Path], environ: Mapping[str, str], arguments: Sequence[str]) -> str:
        """The last line that a fresh interpreter prints, with `own` before the layer on its path."""
        path = ":".join(map(str, [*own, self.folder / "CommonLayer" / "python", self.tools.libraries]))
        done = subprocess.run(
            # -S: no site-packages; -P: not the program's own folder.
            [sys.executable, "-S", "-P", *arguments],
            env={**environ, "PYTHONPATH": path},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{arguments} failed:\n{done.stderr[-2000:]}")
        return done.stdout.splitlines()[-1]


@contextmanager
def bundle() -> Iterator[Bundle]:
    """Built, if a source has changed. The runtime's libraries are this environment's, and no others of it are seen."""
    folder = build(host_architecture())
    with tempfile.TemporaryDirectory() as runtime:
        yield Bundle(folder, Tools.gather(Path(runtime)))
