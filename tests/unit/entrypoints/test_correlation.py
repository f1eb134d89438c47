"""The caller's own correlation id is taken where it is fit to be logged; else the request has that of API Gateway."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.entrypoints.correlation import LONGEST, correlation_of
from tests.unit.entrypoints.rest_api import event

KEY = "pinbill_" + "k" * 32


def correlation(own: str, name: str = "X-Correlation-Id") -> str | None:
    return correlation_of(event(headers={name: own, "x-api-key": KEY}))


@pytest.mark.parametrize(
    "own",
    [
        "a",
        "order-4711-try-1",
        "2027-01-31:run.7_b",
        "01JDAB3C9Q5ZK7W2XN8T4R6VYM",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "123456",
        "00000000-1234-4123-8123-123456789012",
        "12345678901234567890123456789012",
        "x" * LONGEST,
        *(str(uuid.UUID(int=seed * 2**100 + 77, version=4)) for seed in range(5)),
    ],
)
def test_an_id_of_plain_characters_is_kept(own: str) -> None:
    assert correlation(own) == own


@pytest.mark.parametrize(
    "own",
    [
        "",
        "x" * (LONGEST + 1),
        "two words",
        "-begins-with-a-dash",
        "line\nbreak",
        "line\n",
        "tab\t",
        "ümlaut",
        "<script>",
        '{"a":1}',
        "+447700900123",
        "447700900123",
        "07700900123",
        "tel-447700900123",
        "n447700900123x",
        "1234567",
        "0" * 33,
        KEY,
        f"try-{KEY}",
    ],
)
def test_one_that_might_be_a_number_or_a_key_or_is_no_plain_text_is_replaced(own: str) -> None:
    assert correlation(own) == "gateway-1"


@pytest.mark.parametrize("name", ["x-correlation-id", "X-CORRELATION-ID"])
def test_its_header_is_known_in_any_casing(name: str) -> None:
    assert correlation("abc", name) == "abc"


def test_without_a_header_it_is_the_gateways() -> None:
    assert correlation_of(event(headers={})) == "gateway-1"
    assert correlation_of({**event(), "headers": None}) == "gateway-1"


def test_without_both_there_is_none() -> None:
    assert correlation_of({}) is None


@given(st.text(), st.integers(0, 9_999_999), st.text())
def test_no_seven_digits_in_a_row_get_through_in_a_text(before: str, digits: int, after: str) -> None:
    own = f"{before}{digits:07}{after}"

    found = correlation(own)

    assert found == "gateway-1" or len(own) in (32, 36)
