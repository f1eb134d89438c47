"""Payment statuses and the bank's words."""

import pytest

from pinbill.domain.attempts import AttemptState, FailureClass
from pinbill.providers.signzy.codes import PAYMENT_STATES, PERMANENT, failure_of


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("Account closed", FailureClass.HARD),
        ("ACCOUNT BLOCKED OR FROZEN", FailureClass.HARD),
        ("Account does not exist (remitter)", FailureClass.HARD),
        ("No such account", FailureClass.HARD),
        ("Invalid account number", FailureClass.HARD),
        ("Blocked account: insufficient balance", FailureClass.HARD),
        ("Mandate cancelled by customer", FailureClass.HARD),
        ("Mandate expired", FailureClass.HARD),
        ("Cancelled mandate", FailureClass.HARD),
        ("Mandate not registered", FailureClass.HARD),
        ("Insufficient balance", FailureClass.SOFT),
        ("Balance insufficient in account", FailureClass.SOFT),
        ("No funds", FailureClass.SOFT),
        ("Transaction limit exceeded", FailureClass.LIMIT),
        ("Amount exceeds the daily limit", FailureClass.LIMIT),
        ("Bank server down", FailureClass.SOFT),
        ("", FailureClass.SOFT),
    ],
)
def test_a_failure_reason_is_classed_by_its_words(reason: str, failure: FailureClass) -> None:
    assert failure_of(reason)[0] is failure


def test_the_banks_own_text_is_never_passed_on() -> None:
    assert "A. Subscriber" not in failure_of("Account closed by A. Subscriber")[1]


def test_the_table_holds_the_documented_statuses() -> None:
    assert dict(PAYMENT_STATES) == {
        "INITIALIZED": AttemptState.PENDING,
        "PENDING": AttemptState.PENDING,
        "SUCCESS": AttemptState.PAID,
        "FAILED": AttemptState.DECLINED,
        "CANCELLED": AttemptState.DECLINED,
    }


@pytest.mark.parametrize(
    ("message", "is_permanent"),
    [
        ("subscription is not active: on_hold", True),
        ("charge is allowed for on_demand mandates only", True),
        ("scheduledon is required for this payment mode", True),
        ("amount is more than the maximum amount of the mandate", True),
        ('"amount" must be less than maxamount', True),
        ("mandate expired", True),
        ('"amount" is required', False),
        ('"amount" must be greater than 0', False),
        ("access key expired", False),
        ("rate limit exceeded", False),
        ("malformed json", False),
    ],
)
def test_only_words_about_the_mandate_are_permanent(message: str, is_permanent: bool) -> None:
    assert bool(PERMANENT.search(message)) is is_permanent
