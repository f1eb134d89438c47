"""What can go wrong, by what to do about it. No error holds a mobile number, a PIN or a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinbill_client.decoding import decode
from pinbill_client.models import Attempt, Charge, FieldProblem, Subscription


class PinbillError(Exception):
    """Base of all."""


class Unreachable(PinbillError):
    """There was no connection: nothing was sent."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"{operation} was not sent: the API could not be reached")
        self.operation = operation


class OutcomeUnknown(PinbillError):
    """No answer came: the request may have been carried out.

    Read the subscription, or repeat the call with the same `idempotency_key` where it has one.
    """

    def __init__(self, operation: str, idempotency_key: str | None) -> None:
        super().__init__(f"{operation} was not answered; it may have been carried out")
        self.operation = operation
        self.idempotency_key = idempotency_key


class UnexpectedAnswer(PinbillError):
    """An answer that is not the API's, such as that of a proxy in between."""

    def __init__(self, operation: str, status: int, why: str) -> None:
        super().__init__(f"{operation} was answered with status {status} in a form that is not the API's: {why}")
        self.operation = operation
        self.status = status


class ApiError(PinbillError):
    """A problem document. Decide by `code`, which is stable; `detail` and `next_step` are for people.

    `retryable` says whether the very same request may succeed later, `retry_after` after how many seconds.
    `correlation_id` finds the request in the operator's log. `problem` is the whole document.
    """

    def __init__(self, problem: Mapping[str, Any], headers: Mapping[str, str], idempotency_key: str | None) -> None:
        self.problem = dict(problem)
        self.status = int(problem["status"])
        self.code = str(problem["code"])
        self.detail = str(problem["detail"])
        self.next_step = str(problem["next_step"])
        self.retryable = bool(problem["retryable"])
        self.retry_after = _seconds(headers.get("Retry-After"))
        self.correlation_id = headers.get("X-Correlation-Id")
        self.idempotency_key = idempotency_key
        super().__init__(f"{self.code} ({self.status}): {self.detail} {self.next_step}")


class InvalidRequest(ApiError):
    """Repair the request; `fields` names what was not accepted."""

    @property
    def fields(self) -> list[FieldProblem]:
        return [decode(FieldProblem, one) for one in self.problem.get("errors", [])]


class NotAllowed(ApiError):
    """The key is not live, or may not do this."""


class Declined(ApiError):
    """The user's operator or bank said no: a result, not a failure. `bill` or `charge` say why."""

    @property
    def bill(self) -> Attempt | None:
        return decode(Attempt, self.problem["bill"]) if "bill" in self.problem else None

    @property
    def subscription(self) -> Subscription | None:
        return decode(Subscription, self.problem["subscription"]) if "subscription" in self.problem else None

    @property
    def charge(self) -> Charge | None:
        return decode(Charge, self.problem["charge"]) if "charge" in self.problem else None


class NotFound(ApiError):
    """Use an id or a plan of your own."""


class Conflict(ApiError):
    """Look at the subscription and decide anew; `subscription_id` is the one that is in the way, where one is."""

    @property
    def subscription_id(self) -> str | None:
        return self.problem.get("subscription_id")


class Refused(ApiError):
    """The PIN or the number was not accepted, or an Idempotency-Key stands for something else."""


class TooManyRequests(ApiError):
    """Wait for `retry_after` seconds."""


class Unavailable(ApiError):
    """The API, or the provider behind it, cannot do it now. With 500 and 504 the request may have been carried out."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidRequest,
    401: NotAllowed,
    402: Declined,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: InvalidRequest,
    415: InvalidRequest,
    422: Refused,
    429: TooManyRequests,
}


def error_of(problem: Mapping[str, Any], headers: Mapping[str, str], idempotency_key: str | None) -> ApiError:
    """The error for a problem document. Raises KeyError, TypeError or ValueError for what is none."""
    status = int(problem["status"])
    kind = _BY_STATUS.get(status, Unavailable if status >= 500 else ApiError)
    return kind(problem, headers, idempotency_key)


def _seconds(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
