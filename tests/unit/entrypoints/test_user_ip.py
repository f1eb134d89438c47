"""The user's address, as partners pass it: any IP address, counted by the network of one customer, never shown."""

from typing import Any

import pytest
from pydantic import ValidationError

from pinbill.entrypoints.requests import ConfirmBody, ResendBody, SubscribeBody


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:7:aaaa::1", "2001:db8:0:7::/64"),
        ("2001:DB8:0:7::2", "2001:db8:0:7::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        (None, None),
    ],
)
def test_an_address_is_read_as_it_is_counted(text: str | None, counted: str | None) -> None:
    assert ResendBody.model_validate({"user_ip": text}).user_ip == counted
    assert ConfirmBody.model_validate({"user_ip": text}).user_ip == counted


@pytest.mark.parametrize(
    "value", ["", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1/24", "fe80::1%eth0", "1" * 46, 1]
)
def test_what_is_no_address_is_refused_and_not_repeated(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        ResendBody.model_validate({"user_ip": value})

    assert [error["loc"] for error in refused.value.errors()] == [("user_ip",)]
    assert "192.0" not in str(refused.value)


def test_an_address_is_in_no_repr() -> None:
    body = SubscribeBody.model_validate({"plan": "news", "msisdn": "+447700900123", "user_ip": "192.0.2.1"})

    assert "192.0.2.1" not in repr(body)
    assert body.user_ip == "192.0.2.1"
