"""A handler loads at its start what it uses, and no more: each module is time that a cold start takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.bundle import FLOOR, Bundle, bundle, functions

# The most modules that a function may have loaded before its first event. Found were ten fewer, with Python 3.13.0.
MOST_MODULES = {
    "AuthorizerFunction": 359,
    "PinRequestFunction": 828,
    "PinConfirmFunction": 837,
    "ChargeFunction": 833,
    "CancelFunction": 826,
    "PauseFunction": 510,
    "ReportFunction": 514,
    "ReadFunction": 513,
    "CallbackFunction": 825,
    "ContractFunction": 449,
    "RecurringBillFunction": 589,
    "BillWorkerFunction": 714,
    "WebhookFeedFunction": 406,
    "WebhookRetryFunction": 406,
}
CALL_PROVIDERS = {
    *("PinRequestFunction", "PinConfirmFunction", "ChargeFunction", "CancelFunction"),
    *("CallbackFunction", "BillWorkerFunction"),
}
# They read the provider secret, or use the queue: by boto3, at their first event or before it.
USE_BOTO3 = CALL_PROVIDERS | {"RecurringBillFunction"}


@pytest.fixture(scope="module")
def built() -> Iterator[Bundle]:
    with bundle() as made:
        yield made


def test_every_function_has_its_row() -> None:
    assert set(MOST_MODULES) == set(functions())


@pytest.mark.parametrize("function", sorted(MOST_MODULES))
def test_a_function_starts_with_no_more_modules_than_its_row_says(built: Bundle, function: str) -> None:
    modules = built.start(function).modules

    assert len(modules) <= MOST_MODULES[function]
    # The cipher waits for the first number or secret, in every function.
    assert "cryptography" not in modules
    assert ("requests" in modules) <= (function in CALL_PROVIDERS)
    assert ("boto3" in modules) <= (function in USE_BOTO3)


def test_the_floor_holds_what_it_is_said_to_hold(built: Bundle) -> None:
    assert {"boto3", "botocore.client", "pydantic", "requests", "aws_lambda_powertools"} <= built.start(FLOOR).modules
