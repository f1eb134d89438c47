"""Sends requests: with timeouts, and again only where that can do no harm."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from pinbill_client.errors import ApiError, OutcomeUnknown, UnexpectedAnswer, Unreachable, error_of
from pinbill_client.models import OPERATIONS

log = logging.getLogger("pinbill_client")

# The API gives up after 29 seconds; who hangs up earlier does not hear what it did.
TIMEOUT = (5.0, 35.0)
# The answer says that nothing was done.
NOTHING_DONE = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long a call is repeated, in seconds. A wait that the API asks for is kept, if it fits in."""

    times: int = 3
    first_wait: float = 0.5
    longest_wait: float = 20.0


@dataclass(slots=True, repr=False)
class Transport:
    """Knows the key and shows it nowhere. `sleep` and `chance` are for tests."""

    base_url: str
    api_key: str
    session: requests.Session
    timeout: tuple[float, float] = TIMEOUT
    retries: Retries = field(default_factory=Retries)
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def call(
        self,
        operation: str,
        path: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str | int] | None = None,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> dict[str, Any]:
        """The document of a successful answer. Raises ApiError, Unreachable, OutcomeUnknown or UnexpectedAnswer."""
        method, template, _ = OPERATIONS[operation]
        headers = {"x-api-key": self.api_key}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        if correlation_id is not None:
            headers["X-Correlation-Id"] = correlation_id
        url = self.base_url + template.format(**{name: _segment(value) for name, value in (path or {}).items()})
        may_repeat = method == "GET" or idempotency_key is not None
        for tries_left in range(self.retries.times, -1, -1):
            try:
                answer = self.session.request(
                    method, url, json=body, params=query, headers=headers, timeout=self.timeout, allow_redirects=False
                )
            except requests.RequestException as error:
                # It holds the request, and so the number and the key: it is not passed on.
                log.info("%s was not answered: %s", operation, type(error).__name__)
                not_sent = _is_not_sent(error)
                if not tries_left or not (may_repeat or not_sent):
                    raise Unreachable(operation) if not_sent else OutcomeUnknown(operation, idempotency_key) from None
                self.sleep(self._wait(tries_left, None))
                continue
            failed = self._read(operation, answer, idempotency_key)
            if failed is None:
                return _document(operation, answer)
            wait = self._wait(tries_left, failed.retry_after)
            if not tries_left or wait > self.retries.longest_wait or not _may_succeed(failed, may_repeat):
                raise failed
            self.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _read(self, operation: str, answer: requests.Response, idempotency_key: str | None) -> ApiError | None:
        if answer.status_code < 300:
            log.info("%s: %s", operation, answer.status_code)
            return None
        try:
            failed = error_of(_document(operation, answer), answer.headers, idempotency_key)
        except (KeyError, TypeError, ValueError):
            raise UnexpectedAnswer(operation, answer.status_code, "it is no problem document") from None
        log.info("%s: %s %s, correlation id %s", operation, failed.status, failed.code, failed.correlation_id)
        return failed

    def _wait(self, tries_left: int, asked: int | None) -> float:
        """As long as the API asks for; else longer from try to try, and never the same for all who wait."""
        if asked is not None:
            return asked + self.chance()
        return float(self.retries.first_wait * 2 ** (self.retries.times - tries_left) * (0.5 + self.chance()))


def _is_not_sent(error: requests.RequestException) -> bool:
    """Whether there was no connection at all."""
    cause = error.args[0] if error.args else None
    refused = isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
    return refused or isinstance(error, requests.ConnectTimeout)


def _may_succeed(failed: ApiError, may_repeat: bool) -> bool:
    """A conflict is no matter of seconds; after 500 and 504 only what has a key can be repeated."""
    return failed.retryable and (failed.status in NOTHING_DONE or (failed.status >= 500 and may_repeat))


def _document(operation: str, answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        raise UnexpectedAnswer(operation, answer.status_code, "it is no JSON") from None
    if not isinstance(found, dict):
        raise UnexpectedAnswer(operation, answer.status_code, "it is no JSON object")
    return found


def _segment(value: str) -> str:
    return quote(value, safe="")
