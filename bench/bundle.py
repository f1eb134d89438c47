"""Starts one handler of the built bundle in a fresh process, with only the bundle and Lambda's runtime on its path."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from local.template import ACCOUNT, folder_of, load_template, resources_of, value_of, variables_of
from local.world.bundle import build, host_architecture

FLOOR = "floor"
PROGRAM = Path(__file__).with_name("start_once.py")
# Of the python3.13 runtime, beside the standard library. Its urllib3 and jmespath stand behind the layer's.
LIBRARIES = ("boto3", "botocore", "s3transfer", "dateutil", "six", "jmespath", "urllib3")
# What talks to the emulator, besides.
RUNTIME = (*LIBRARIES, "awslambdaric", "snapshot_restore_py", "simplejson", "runtime_client")


@dataclass(frozen=True, slots=True)
class Start:
    """What one start took: CPU and wall time of everything before the first event, memory after it, and its modules."""

    cpu_ms: float
    wall_ms: float
    memory_kb: int
    modules: frozenset[str]


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
    """The bundle for this machine's processor, and a folder that stands for the runtime's libraries."""

    folder: Path
    runtime: Path

    def start(self, what: str, *options: str) -> Start:
        """Start a function by its logical id, or the floor, in a fresh interpreter. Raises SystemExit if it fails."""
        own = [] if what == FLOOR else [self.folder / what]
        path = ":".join(map(str, [*own, self.folder / "CommonLayer" / "python", self.runtime]))
        environ = ACCOUNT if what == FLOOR else variables(what)
        done = subprocess.run(
            # -S: no site-packages; -P: not the program's own folder.
            [sys.executable, "-S", "-P", *options, str(PROGRAM), what],
            env={**environ, "PYTHONPATH": path},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{what} does not start:\n{done.stderr[-2000:]}")
        found = json.loads(done.stdout.splitlines()[-1])
        return Start(found["cpu_ms"], found["wall_ms"], found["memory_kb"], frozenset(found["modules"]))


@contextmanager
def bundle() -> Iterator[Bundle]:
    """Built, if a source has changed. The runtime's libraries are this environment's, and no others of it are seen."""
    folder = build(host_architecture())
    with tempfile.TemporaryDirectory() as runtime:
        for name in RUNTIME:
            spec = find_spec(name)
            assert spec is not None
            assert spec.origin is not None
            origin = Path(spec.origin)
            place = origin.parent if origin.name == "__init__.py" else origin
            (Path(runtime) / place.name).symlink_to(place)
        yield Bundle(folder, Path(runtime))
