"""Results that are the same for every provider: nothing sent, nothing answered, the request itself refused."""

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.errors import SecretUnreadable
from pinbill.providers.http import Answer, Failure
from pinbill.usecases.answers import SECRET_UNREADABLE
from pinbill.usecases.calls import Answer as Outcome
from pinbill.usecases.calls import CallResult

# Statuses with which a server says that it did not carry out the request. 408, 409 and 425 may stand for one that it
# did, and 3xx for one whose result lies elsewhere (303): those prove nothing.
REFUSALS = {
    400: "The provider found the request invalid.",
    401: "The provider did not accept the key.",
    403: "The provider forbids the request.",
    404: "The provider does not know this address.",
    405: "The provider does not know this method.",
    413: "The provider found the request too large.",
    415: "The provider does not take this kind of request.",
    422: "The provider found the request invalid.",
    429: "The provider asked to slow down.",
}
NOT_SENT = "The provider could not be reached; nothing was sent."
LOST = "The provider's answer was lost; the request may have been carried out."
UNREADABLE = "The provider's answer could not be read; the request may have been carried out."
UNEXPECTED = "The provider's answer contradicts itself or has an unknown form; the request may have been carried out."


def no_secret(error: SecretUnreadable) -> Failure:
    return Failure(True, SECRET_UNREADABLE, error.detail)


def failed_bill(failure: Failure) -> BillResult:
    """The result of a bill without a complete answer."""
    if failure.not_sent:
        return BillResult(AttemptState.NOT_SENT, failure.code, meaning=failure.meaning or NOT_SENT)
    return unknown_bill(failure.code, LOST)


def unknown_bill(code: str, meaning: str, provider_reference: str | None = None) -> BillResult:
    return BillResult(AttemptState.UNKNOWN, code, meaning=meaning, provider_reference=provider_reference)


def refused_bill(code: str, meaning: str, retry_after: int | None = None) -> BillResult:
    """A bill that was refused as a request: nobody was asked for money, and it is ours to repair."""
    return BillResult(AttemptState.DECLINED, code, FailureClass.REFUSED, meaning, retry_after=retry_after)


def bill_by_status(answer: Answer) -> BillResult:
    """The result of a bill whose answer is not a 200 with a JSON object."""
    if answer.status in REFUSALS:
        return refused_bill(f"http_{answer.status}", REFUSALS[answer.status], answer.retry_after)
    if answer.status == 200:
        return unknown_bill("answer_unreadable", UNREADABLE)
    return unknown_bill(f"http_{answer.status}", LOST)


def failed_call(failure: Failure) -> CallResult:
    """The result of a call without money and without a complete answer."""
    if failure.not_sent:
        return CallResult(Outcome.NOT_SENT, failure.code, failure.meaning or NOT_SENT)
    return CallResult(Outcome.UNCLEAR, failure.code, LOST)


def refused_call(code: str, meaning: str) -> CallResult:
    return CallResult(Outcome.REFUSED, code, meaning, FailureClass.REFUSED)


def call_by_status(answer: Answer) -> CallResult:
    """The result of a call without money whose answer is not a 200 with a JSON object."""
    code = f"http_{answer.status}"
    if answer.status == 429:
        return CallResult(Outcome.BUSY, code, REFUSALS[429], retry_after=answer.retry_after)
    if answer.status in REFUSALS:
        return refused_call(code, REFUSALS[answer.status])
    if answer.status == 200:
        return CallResult(Outcome.UNCLEAR, "answer_unreadable", UNREADABLE)
    return CallResult(Outcome.UNCLEAR, code, LOST)
