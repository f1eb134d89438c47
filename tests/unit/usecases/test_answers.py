"""From a payment that asked nobody for money to the error that the caller sees."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, FailureClass, Obligation
from pinbill.domain.money import Money
from pinbill.errors import PinbillError, ProviderBusy, ProviderRefused, ProviderUnreachable, SecretUnreadable
from pinbill.usecases.answers import raise_if_not_asked
from tests.fakes.clock import START

ATTEMPT = Attempt("SUB1-1", AttemptKind.CHARGE, Obligation(charge="ab"), 1, "owner", Money(120, "GBP"), START)


@pytest.mark.parametrize(
    ("state", "failure", "code", "error"),
    [
        (AttemptState.NOT_SENT, None, "connect_failed", ProviderUnreachable),
        (AttemptState.NOT_SENT, None, "secret_unreadable", SecretUnreadable),
        (AttemptState.DECLINED, FailureClass.REFUSED, "http_401", ProviderRefused),
        (AttemptState.DECLINED, FailureClass.REFUSED, "http_429", ProviderBusy),
    ],
)
def test_an_attempt_that_asked_nobody_is_an_error_by_its_code(
    state: AttemptState, failure: FailureClass | None, code: str, error: type[PinbillError]
) -> None:
    with pytest.raises(error):
        raise_if_not_asked(replace(ATTEMPT, state=state, failure=failure, code=code))


@pytest.mark.parametrize("seconds", [7, None])
def test_a_throttled_payment_is_busy_with_or_without_a_wait_that_the_provider_named(seconds: int | None) -> None:
    throttled = replace(ATTEMPT, state=AttemptState.DECLINED, failure=FailureClass.REFUSED, code="http_429")

    with pytest.raises(ProviderBusy) as caught:
        raise_if_not_asked(throttled, seconds)

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("state", "failure"),
    [
        (AttemptState.PAID, None),
        (AttemptState.PENDING, None),
        (AttemptState.UNKNOWN, None),
        (AttemptState.DECLINED, FailureClass.SOFT),
        (AttemptState.DECLINED, FailureClass.UNLISTED),
    ],
)
def test_the_word_of_the_operator_or_bank_is_a_result_and_no_error(
    state: AttemptState, failure: FailureClass | None
) -> None:
    raise_if_not_asked(replace(ATTEMPT, state=state, failure=failure))
