"""Lets the local AWS run its functions in our environments, in place of its own executor of Python functions."""

from __future__ import annotations

import atexit
import json
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from local.emulator.archives import Archives
from local.emulator.environment import EmulatorError
from local.emulator.function import Function
from local.emulator.pool import Pool
from local.emulator.tools import Tools

# Two versions of each of our functions, and no more memory than a small machine has.
MOST_IDLE = 24
# As many as the template reserves for one of them at most.
MOST_OF_ONE = 20


def take_over(tools: Tools) -> None:
    """Run every Python function here from now on, in the process of the local AWS."""
    service: Any = import_module("ministack.services.lambda_svc")
    pool = Pool(tools, MOST_IDLE, MOST_OF_ONE)
    atexit.register(pool.close)
    service._execute_function_warm = Executor(pool, service).execute


class Executor:
    """Between the local AWS's records of functions and a pool."""

    def __init__(self, pool: Pool, service: Any) -> None:
        self._pool = pool
        self._service = service
        self._credentials: Any = import_module("ministack.core.lambda_runtime").execution_credentials
        self._archives = Archives(Path(tempfile.mkdtemp(prefix="archives-")))

    def execute(self, record: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        """Run one event; returns what the local AWS expects of an executor."""
        config = record["config"]
        trace = self._service._xray_trace_id_for_invocation(config) or ""
        try:
            answer = self._pool.invoke(self._function(record), json.dumps(event).encode(), request_id, trace)
        except EmulatorError as error:
            failure = {"errorType": "Runtime.ExitError", "errorMessage": str(error)}
            return {"body": failure, "error": True, "function_error": "Unhandled", "log": str(error)}
        result = {"body": answer.payload, "log": "\n".join(answer.log), "log_source": "rie"}
        return result | ({"error": True, "function_error": "Unhandled"} if answer.is_error else {})

    def _function(self, record: dict[str, Any]) -> Function:
        config = record["config"]
        layers = config.get("Layers", ())
        return Function(
            name=config["FunctionName"],
            version=config["Version"],
            revision=config["RevisionId"],
            folder=self._archives.folder_of(config["CodeSha256"], lambda: record["code_zip"]),
            layers=tuple(self._layer(layer) for layer in layers),
            handler=config["Handler"],
            seconds=int(config["Timeout"]),
            memory=int(config["MemorySize"]),
            variables=config["Environment"]["Variables"],
            added=self._credentials(config) | _region(config["FunctionArn"]) | _logging(config["LoggingConfig"]),
        )

    def _layer(self, layer: dict[str, Any]) -> Path:
        return self._archives.folder_of(layer["Arn"], lambda: self._service._resolve_layer_zip(layer))


def _region(arn: str) -> dict[str, str]:
    return dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), arn.split(":")[3])


def _logging(config: dict[str, str]) -> dict[str, str]:
    found = {"AWS_LAMBDA_LOG_FORMAT": config.get("LogFormat", "Text"), "AWS_LAMBDA_LOG_STREAM_NAME": "$LATEST"}
    names = {"ApplicationLogLevel": "AWS_LAMBDA_LOG_LEVEL", "LogGroup": "AWS_LAMBDA_LOG_GROUP_NAME"}
    return found | {names[key]: value for key, value in config.items() if key in names}
