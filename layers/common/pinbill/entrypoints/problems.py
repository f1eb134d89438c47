"""The one table from errors to HTTP answers (problem details, RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from pinbill import errors
from pinbill.entrypoints.views import AttemptView

CONTENT_TYPE = "application/problem+json"

# The nearest class in an error's ancestry decides, so a new error of a family needs no row of its own.
STATUS: Mapping[type[errors.PinbillError], int] = {
    errors.BodyTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.InvalidInput: 400,
    errors.Unauthenticated: 401,
    errors.NotFound: 404,
    errors.IdempotencyKeyReused: 422,
    errors.Conflict: 409,
    errors.PinProblem: 422,
    errors.SlowDown: 429,
    errors.Unavailable: 503,
    errors.ProviderRefused: 502,
    errors.Misconfigured: 500,
    errors.PinbillError: 500,
}

TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    402: "Payment declined",
    403: "Forbidden",
    404: "Not found",
    409: "Conflict",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Not accepted",
    429: "Too many requests",
    500: "Internal error",
    502: "Provider refused",
    503: "Unavailable",
    504: "Gateway timeout",
}


class FieldProblem(BaseModel):
    """One field that was not accepted; never what it held."""

    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """What every answer above 399 looks like; some carry further members, such as the subscription."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    retryable: bool
    next_step: str
    errors: list[FieldProblem] | None = None
    subscription_id: str | None = None


def status_of(error: errors.PinbillError) -> int:
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def problem(
    status: int, code: str, detail: str, next_step: str, *, retryable: bool = False, **members: Any
) -> dict[str, Any]:
    """A problem document; members that are None are left out."""
    body = Problem(
        type=f"urn:pinbill:problem:{code}",
        title=TITLES[status],
        status=status,
        code=code,
        detail=detail,
        retryable=retryable,
        next_step=next_step,
    ).model_dump(mode="json", exclude_none=True)
    return body | {name: value for name, value in members.items() if value is not None}


INTERNAL_ERROR = problem(
    500,
    "internal_error",
    "The request failed inside this API; its outcome may not be known yet.",
    "Read the subscription, or repeat the same request with the same Idempotency-Key.",
    retryable=True,
)


def problem_of(error: errors.PinbillError, **members: Any) -> dict[str, Any]:
    """The problem for an error. What is the operator's to repair is not detailed to a partner; the log has it."""
    status = status_of(error)
    detail = error.message if status >= 500 else error.detail
    if isinstance(error, errors.SubscriptionExists):
        members["subscription_id"] = error.subscription_id
    return problem(status, error.code, detail, error.next_step, retryable=error.retryable, **members)


def declined_of(what: str, attempt: AttemptView, again: str, **members: Any) -> dict[str, Any]:
    """The problem for a bill or charge that the user's operator or bank declined: a result, not an error of ours.

    `again` says what a further try of the user needs.
    """
    return problem(
        402,
        f"{what}_declined",
        attempt.meaning or "The payment was declined.",
        f"{attempt.next_step or 'Read the attempt.'} {again}",
        **{what: attempt.model_dump(mode="json")} | members,
    )


def headers_of(error: errors.PinbillError) -> dict[str, str]:
    """Retry-After, where the error knows it."""
    retry_after = getattr(error, "retry_after", None)
    return {"Retry-After": str(retry_after)} if retry_after else {}
