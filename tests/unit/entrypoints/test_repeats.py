"""By what a request is known again: its key and operation, and its body but for what may not be kept of it."""

from __future__ import annotations

from typing import Any

import pytest

from pinbill.entrypoints.repeats import keyed
from pinbill.entrypoints.requests import Body, CancelBody, ConfirmBody, PauseBody, ResendBody, SubscribeBody
from pinbill.errors import IdempotencyKeyRequired

SUBSCRIBE = {"plan": "weekly", "msisdn": "+447700900123", "network": {"mcc": "234", "mnc": "02"}}
MANDATE = {"reference": "12345", "max_amount": "500.00", "currency": "INR"}
SAME: list[tuple[type[Body], dict[str, Any], dict[str, Any]]] = [
    (CancelBody, {}, {"when": "now"}),
    (CancelBody, {"when": "period_end", "reason": "dear"}, {"reason": " dear ", "when": "period_end"}),
    (PauseBody, {}, {"resume_at": None}),
    (PauseBody, {"resume_at": "2027-01-31T09:00:00Z"}, {"resume_at": "2027-01-31T10:00:00+01:00"}),
    (ConfirmBody, {"pin": "1234"}, {"pin": "4321", "user_ip": "192.0.2.1"}),
    (ResendBody, {"user_ip": "192.0.2.1"}, {"user_ip": "192.0.2.2"}),
    (SubscribeBody, SUBSCRIBE, {**SUBSCRIBE, "msisdn": "+447700900124"}),  # the use case compares the number
    (SubscribeBody, {"plan": "bank", "msisdn": "+447700900123", "mandate": MANDATE}, {"plan": "bank", "msisdn": "x"}),
]
ANOTHER: list[tuple[type[Body], dict[str, Any], dict[str, Any]]] = [
    (CancelBody, {}, {"when": "period_end"}),
    (CancelBody, {}, {"reason": "dear"}),
    (PauseBody, {}, {"resume_at": "2027-01-31T09:00:00Z"}),
    (ConfirmBody, {"pin": "1234"}, {"pin": "1234", "consent": {"second_confirmation": True}}),
    (SubscribeBody, SUBSCRIBE, {**SUBSCRIBE, "plan": "monthly"}),
    (SubscribeBody, SUBSCRIBE, {**SUBSCRIBE, "consent": {"method": "web"}}),
]


@pytest.mark.parametrize(("model", "one", "other"), SAME)
def test_a_body_is_the_same_by_what_it_says(model: type[Body], one: dict[str, Any], other: dict[str, Any]) -> None:
    first = keyed("operation", "key", model.model_validate(one))

    assert first is not None
    assert first == keyed("operation", "key", model.model_validate(other))


@pytest.mark.parametrize(("model", "one", "other"), ANOTHER)
def test_a_body_is_another_one_by_what_it_says(model: type[Body], one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = (keyed("operation", "key", model.model_validate(body)) for body in (one, other))

    assert first is not None
    assert second is not None
    assert first.key == second.key
    assert first.body != second.body


def test_the_same_key_of_another_operation_is_another_key() -> None:
    pause, resume = (keyed(operation, "key", PauseBody()) for operation in ("pause", "resume"))

    assert pause is not None
    assert resume is not None
    assert pause.key != resume.key


def test_a_request_without_a_key_has_none() -> None:
    assert keyed("pause", None, PauseBody()) is None


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_that_would_protect_nothing_is_refused(key: str) -> None:
    with pytest.raises(IdempotencyKeyRequired):
        keyed("pause", key, PauseBody())


def test_no_key_is_in_its_representation() -> None:
    made = keyed("pause", "order-4711", PauseBody())

    assert repr(made) == "Keyed()"
