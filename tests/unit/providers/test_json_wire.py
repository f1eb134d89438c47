"""Exact decimals out, tolerant reading in."""

import json
from decimal import Decimal

import pytest

from pinbill.domain.money import Money
from pinbill.providers.json_wire import child, decimal, decode, digits, encode, text


@pytest.mark.parametrize(
    ("money", "number"),
    [
        (Money(450, "GBP"), b"4.50"),
        (Money(1, "GBP"), b"0.01"),
        (Money(10_000_000_00, "INR"), b"10000000.00"),
        (Money(1_005, "KWD"), b"1.005"),
    ],
)
def test_an_amount_is_a_json_number_with_all_decimals_of_its_currency(money: Money, number: bytes) -> None:
    sent = encode({"amount": money.major, "pt": "x"})

    assert sent == b'{"amount": ' + number + b', "pt": "x"}'
    assert json.loads(sent, parse_float=Decimal)["amount"] == money.major


def test_text_and_lists_are_encoded_as_json_does() -> None:
    fields: dict[str, object] = {"itemDescription": 'A "b" é\n', "params": [{"key": "amount", "value": "0.10"}]}

    assert json.loads(encode(fields)) == fields


def test_names_are_read_in_any_casing_at_every_depth() -> None:
    document = decode(b'{"Status": "Success", "CONF": {"PortedMcc": null}}')

    assert document == {"status": "Success", "conf": {"portedmcc": None}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"Success"',
        b"17",
        b"<html>",
        b'{"status": "Success"',
        b'{"status": NaN}',
        b'{"status": "Error", "Status": "Success"}',
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_one_clear_object_is_unreadable(body: bytes) -> None:
    assert decode(body) is None


def test_digits_are_read_from_numbers_and_text() -> None:
    document = decode(b'{"a": 5000001, "b": "5000001", "c": 5000001.0, "d": true, "e": 5.5, "f": "x", "g": 1e999999}')

    assert document is not None
    assert [digits(document, name) for name in "abcdefgh"] == ["5000001"] * 3 + [None] * 5


def test_decimals_are_read_exactly_from_numbers_and_text() -> None:
    document = decode(b'{"a": 0.1, "b": "199.00", "c": 199, "d": true, "e": "1e999999", "f": 1e999999, "g": " "}')

    assert document is not None
    assert [decimal(document, name) for name in "abcdefgh"] == [Decimal("0.1"), Decimal(199), Decimal(199)] + [None] * 5


def test_text_is_trimmed_and_never_an_object_or_a_boolean() -> None:
    document = decode(b'{"a": " OK ", "b": "", "c": {"x": 1}, "d": true, "e": 7}')

    assert document is not None
    assert [text(document, name) for name in "abcdef"] == ["OK", None, None, None, "7", None]
    assert child(document, "c") == {"x": 1}
    assert child(document, "a") is None
