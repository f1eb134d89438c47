"""A handler loads at its start what it uses, and no more: each module is time that a cold start takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.bundle import FLOOR, Bundle, bundle, functions

# The most modules that a function may have loaded before its first event. Found were ten fewer, with Python 3.13.0.
MOST_MODULES = {
    "AuthorizerFunction": 370,
    "PinRequestFunction": 639,
    "PinConfirmFunction": 648,
    "ChargeFunction": 640,
    "CancelFunction": 635,
    "PauseFunction": 470,
    "ReportFunction": 474,
    "ReadFunction": 473,
    "CallbackFunction": 634,
    "ContractFunction": 393,
    "RecurringBillFunction": 414,
    "BillWorkerFunction": 577,
    "WebhookFeedFunction": 421,
    "WebhookRetryFunction": 421,
}
CALL_PROVIDERS = {
    *("PinRequestFunction", "PinConfirmFunction", "ChargeFunction", "CancelFunction"),
    *("CallbackFunction", "BillWorkerFunction"),
}


@pytest.fixture(scope="module")
def built() -> Iterator[Bundle]:
    with bundle() as made:
        yield made


def test_every_function_has_its_row() -> None:
    assert set(MOST_MODULES) == set(functions())


@pytest.mark.parametrize("function", sorted(MOST_MODULES))
def test_a_function_starts_with_no_more_modules_than_its_row_says(built: Bundle, function: str) -> None:
    start = built.start(function)
    modules = start.modules

    assert len(modules) <= MOST_MODULES[function]
    # The cipher waits for the first number or secret, in every function.
    assert "cryptography" not in modules
    assert ("requests" in modules) <= (function in CALL_PROVIDERS)
    # AWS is called by the functions' own clients. asyncio is Powertools', for events that come to none of ours.
    assert modules.isdisjoint({"boto3", "botocore.client", "asyncio.events"})
    assert start.collects, "garbage is looked for again once all is loaded"


def test_the_floor_holds_what_it_is_said_to_hold(built: Bundle) -> None:
    assert {"boto3", "botocore.client", "pydantic", "requests", "aws_lambda_powertools"} <= built.start(FLOOR).modules
