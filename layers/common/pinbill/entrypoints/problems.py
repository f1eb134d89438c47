"""The one table from errors to HTTP answers (problem details, RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from pinbill import errors
from pinbill.domain.money import Money
from pinbill.entrypoints.rule_views import CapView
from pinbill.entrypoints.view_parts import MoneyView
from pinbill.entrypoints.views import AttemptView, ChargeView, SubscriptionView

CONTENT_TYPE = "application/problem+json"

# The nearest class in an error's ancestry decides, so a new error of a family needs no row of its own.
STATUS: Mapping[type[errors.PinbillError], int] = {
    errors.BodyTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.InvalidInput: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.IdempotencyKeyReused: 422,
    errors.Conflict: 409,
    errors.PinProblem: 422,
    errors.ConsentProblem: 422,
    errors.NoticeContradicts: 422,
    errors.ReceiptContradicts: 422,
    errors.CapReached: 422,
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
    """What every answer above 399 looks like (RFC 9457). Decide by `code`; the texts are for people."""

    # Deferred: they are for the contract; a function answers with none of them, or one.
    model_config = ConfigDict(defer_build=True)

    type: str
    title: str
    status: int
    code: str
    detail: str
    retryable: bool
    next_step: str


class FieldsProblem(Problem):
    """Every field that was not accepted."""

    errors: list[FieldProblem]


class HeldProblem(Problem):
    """`subscription_id` is your own subscription that is in the way."""

    subscription_id: str


class ScopeProblem(Problem):
    """`scope` is what the key would need."""

    scope: str


class CapProblem(Problem):
    """`cap` is what the amount would pass."""

    cap: CapView


class BillDeclined(Problem):
    """The first bill was declined by the user's operator or bank: a result, not a failure of the call."""

    bill: AttemptView
    subscription: SubscriptionView


class ChargeDeclined(Problem):
    """The charge was declined by the user's operator or bank: a result, not a failure of the call."""

    charge: ChargeView


# The codes whose problems carry further members.
FORMS: Mapping[str, type[Problem]] = {
    "field_missing": FieldsProblem,
    "field_unknown": FieldsProblem,
    "field_invalid": FieldsProblem,
    errors.SubscriptionExists.code: HeldProblem,
    errors.MandateInUse.code: HeldProblem,
    errors.ScopeMissing.code: ScopeProblem,
    errors.CapReached.code: CapProblem,
    "bill_declined": BillDeclined,
    "charge_declined": ChargeDeclined,
}


def status_of(error: errors.PinbillError) -> int:
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def problem(
    status: int, code: str, detail: str, next_step: str, *, retryable: bool = False, **members: Any
) -> dict[str, Any]:
    """A problem document, with exactly the further members that its code has."""
    body = FORMS.get(code, Problem)(
        type=f"urn:pinbill:problem:{code}",
        title=TITLES[status],
        status=status,
        code=code,
        detail=detail,
        retryable=retryable,
        next_step=next_step,
        **members,
    )
    return body.model_dump(mode="json")


INTERNAL_ERROR = problem(
    500,
    "internal_error",
    "The request failed inside this API; its outcome may not be known yet.",
    "Read the subscription, or repeat the same request with the same Idempotency-Key.",
    retryable=True,
)


def problem_of(error: errors.PinbillError) -> dict[str, Any]:
    """The problem for an error. What is the operator's to repair is not detailed to a partner; the log has it."""
    status = status_of(error)
    detail = error.message if status >= 500 else error.detail
    return problem(status, error.code, detail, error.next_step, retryable=error.retryable, **_members(error))


def _members(error: errors.PinbillError) -> dict[str, Any]:
    match error:
        case errors.CapReached(per=per, minor=minor, currency=currency, ends_at=ends_at):
            return {"cap": CapView(per=per, price=MoneyView.of(Money(minor, currency)), ends_at=ends_at)}
        case errors.SubscriptionExists(subscription_id=id):
            return {"subscription_id": id}
        case errors.ScopeMissing(scope=scope):
            return {"scope": scope}
    return {}


def bill_declined(bill: AttemptView, subscription: SubscriptionView, again: str) -> dict[str, Any]:
    """The problem for a first bill that was declined; `again` says what a further try of the user needs."""
    detail, next_step = _words(bill, again)
    return problem(402, "bill_declined", detail, next_step, bill=bill, subscription=subscription)


def charge_declined(charge: ChargeView, again: str) -> dict[str, Any]:
    """The problem for a charge that was declined; `again` as above."""
    detail, next_step = _words(charge.attempt, again)
    return problem(402, "charge_declined", detail, next_step, charge=charge)


def _words(attempt: AttemptView, again: str) -> tuple[str, str]:
    return attempt.meaning or "The payment was declined.", f"{attempt.next_step or 'Read the attempt.'} {again}"


def headers_of(error: errors.PinbillError) -> dict[str, str]:
    """Retry-After, where the error knows it."""
    retry_after = getattr(error, "retry_after", None)
    return {"Retry-After": str(retry_after)} if retry_after else {}
