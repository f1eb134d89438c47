"""A deployed stack as its callers and operators reach it, in the local AWS or in an account."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.world.errors import WorldError


class Deployed(ABC):
    """`home` is a folder for what is kept beside the stack; `outputs` are the stack's, by name."""

    home: Path
    outputs: dict[str, str]
    stack_name: str

    @property
    def is_simulated(self) -> bool:
        """Whether its providers are simulated, and can be told what to do."""
        return True

    @property
    @abstractmethod
    def endpoint(self) -> str | None:
        """The address of the local AWS that it is deployed into; None for an account."""

    @property
    @abstractmethod
    def simulators_url(self) -> str:
        """The address of the simulated providers that it bills; raises WorldError where it bills real ones."""

    @property
    @abstractmethod
    def operator_environment(self) -> dict[str, str]:
        """The variables that point `python -m ops` at it."""

    @property
    @abstractmethod
    def secret_name(self) -> str:
        """What the provider secret is called."""

    @abstractmethod
    def client(self, service: str, *, repeatable: bool = False) -> Any:
        """Return a boto3 client without retries; with `repeatable` for what does the same however often it is done."""

    @property
    def stage(self) -> str:
        return urlsplit(self.outputs["ApiUrl"]).path.removeprefix("/")

    @property
    def api_url(self) -> str:
        """Return the base of the API's routes as a client on this machine reaches it, without the version prefix."""
        if self.endpoint is None:
            return self.outputs["ApiUrl"]
        return f"{self.endpoint}/restapis/{self.outputs['ApiId']}/{self.stage}/_user_request_"

    def invoke(self, function: str, payload: Mapping[str, Any]) -> Any:
        """Call a function by logical id (`ChargeFunction`) or name; returns its answer, or raises WorldError."""
        name = self.outputs.get(f"{function}Name", function)
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload).encode())
        body = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise WorldError(f"{function} failed: {body}")
        return body

    def logs(self, folder: str) -> list[str]:
        """Return the log lines of a function, oldest first, by its folder (`charge`)."""
        pages = self.client("logs").get_paginator("filter_log_events")
        events = pages.paginate(logGroupName=f"/{self.stack_name}/{folder}")
        return [event["message"] for page in events for event in page["events"]]
