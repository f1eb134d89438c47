"""Events as a REST API sends them, what stands in for the Lambda context, and what was logged."""

from __future__ import annotations

import io
import itertools
import json
from dataclasses import dataclass, field
from typing import Any, override

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from pinbill.domain.allowances import Allowance
from pinbill.domain.partners import ALL_SCOPES
from pinbill.entrypoints.callers import context_of
from pinbill.usecases.authorize import Caller

_names = itertools.count()
PARTNER = "acme"
PLENTY = Allowance(1000, 1000, 1000, 1000)
CALLER = Caller(PARTNER, "aaaaaaaaaa", ALL_SCOPES, suspended=False, allowance=PLENTY)
SUBSCRIPTION = "/v1/subscriptions/SUB1"


class FakeContext(LambdaContext):
    """An invocation with so many seconds left."""

    def __init__(self, seconds: float = 29, request_id: str = "request-1") -> None:
        self._aws_request_id = request_id
        self._seconds = seconds

    @override
    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # the base has a static method
        return int(self._seconds * 1000)


@dataclass(slots=True)
class Log:
    """A logger of the handlers' kind, and the lines that it wrote."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    def logger(self) -> Logger:
        # A service name of its own: Powertools hands out one logger for each, with the stream of the first.
        return Logger(service=f"test {next(_names)}", level="DEBUG", stream=self.stream)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def event(
    method: str = "POST",
    path: str = SUBSCRIPTION,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, list[str]] | None = None,
    authorizer: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A proxy event; without `authorizer`, of the partner `acme`."""
    headers = {"Content-Type": "application/json"} if headers is None else headers
    return {
        "httpMethod": method,
        "path": path,
        "resource": "/v1/subscriptions/{subscription_id}",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in (query or {}).items()} or None,
        "multiValueQueryStringParameters": query,
        "pathParameters": {"subscription_id": path.split("/")[3]} if path.startswith("/v1/subscriptions/") else None,
        "body": body,
        "isBase64Encoded": False,
        "requestContext": {
            "requestId": "gateway-1",
            "stage": "test",
            "authorizer": {**context_of(CALLER), "principalId": PARTNER} if authorizer is None else authorizer,
        },
    }
