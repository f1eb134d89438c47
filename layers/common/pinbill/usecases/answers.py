"""From a provider's answer without money to the error that the caller sees."""

from pinbill.domain.attempts import Attempt, AttemptState, BillResult, FailureClass, PinVerdict
from pinbill.errors import (
    NumberRejected,
    OutOfTime,
    PinbillError,
    PinExhausted,
    PinExpired,
    PinWrong,
    ProviderBusy,
    ProviderRefused,
    ProviderUnclear,
    ProviderUnreachable,
    SecretUnreadable,
    WrongState,
)
from pinbill.usecases.calls import Answer, CallResult

SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105 - the code of a result that failed before it had credentials
CANCELLED_MEANWHILE = "cancelled_meanwhile"  # of an attempt that was withdrawn before it was sent
CLAIM_TOO_OLD = "claim_too_old"  # of an attempt that was given back because too long had passed since its claim
NO_CALL_TIME = "no_call_time"  # of an attempt that was given back because no time was left to call the provider
ALREADY_PAID = "already_paid"  # of an attempt that was given back because an earlier one had taken the money
THROTTLED = "http_429"  # of a bill that was refused because we ask too often

PIN_ERRORS: dict[PinVerdict, type[PinbillError]] = {
    PinVerdict.WRONG: PinWrong,
    PinVerdict.EXPIRED: PinExpired,
    PinVerdict.EXHAUSTED: PinExhausted,
}


def error_of(result: CallResult) -> PinbillError:
    """The error for an answer that is not DONE."""
    match result.answer:
        case Answer.REJECTED:
            return PIN_ERRORS[result.pin]() if result.pin else NumberRejected()
        case Answer.REFUSED:
            return ProviderRefused()
        case Answer.BUSY:
            return busy(result.retry_after)
        case Answer.NOT_SENT:
            return not_sent(result.code)
        case _:
            return ProviderUnclear()


def busy(retry_after: int | None) -> PinbillError:
    error = ProviderBusy()
    error.retry_after = retry_after
    return error


def not_sent(code: str | None) -> PinbillError:
    if code == SECRET_UNREADABLE:
        return SecretUnreadable()
    if code == CLAIM_TOO_OLD:
        return OutOfTime()
    if code == CANCELLED_MEANWHILE:
        return WrongState("The subscription was cancelled meanwhile; nothing was taken.")
    return ProviderUnreachable()


def raise_if_not_asked(attempt: Attempt, retry_after: int | None = None) -> None:
    """Raise for an attempt that never became a question to the user's operator: not sent, or refused to us."""
    if attempt.state is AttemptState.NOT_SENT:
        raise not_sent(attempt.code)
    if attempt.failure is FailureClass.REFUSED:
        raise busy(retry_after) if retry_after or attempt.code == THROTTLED else ProviderRefused()


def pin_error(result: BillResult) -> PinbillError:
    """The error for a first bill whose PIN was not accepted."""
    return PIN_ERRORS[result.pin or PinVerdict.WRONG]()
