"""Money: what is read from a request is exactly what is billed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.money import EXPONENTS, LARGEST_MINOR, Money
from pinbill.errors import AmountInvalid, AmountTooPrecise, CurrencyUnknown

ISO_EXPONENTS = dict.fromkeys(("AED", "AUD", "CAD", "CHF", "EUR", "GBP", "INR", "SAR", "USD", "ZAR"), 2) | {"KWD": 3}


@pytest.mark.parametrize(
    ("text", "minor"),
    [("4.50", 450), ("4.5", 450), ("4", 400), ("0.01", 1), ("0.10", 10), ("4.500", 450), ("10000000", LARGEST_MINOR)],
)
def test_a_plain_decimal_is_read_in_minor_units(text: str, minor: int) -> None:
    assert Money.parse(text, "GBP") == Money(minor, "GBP")


@pytest.mark.parametrize(
    "text",
    [
        *("0", "0.00", "-0", "-0.01", "-4.50", "+4.50"),
        *("NaN", "sNaN", "nan", "Infinity", "-Infinity", "inf"),
        *("1e3", "1E3", "1e-2", "1e999999", "1e-999999", "4.5e0"),
        *("1_000", "1,000.00", "4,50", "£4.50", "4.50 GBP", "0x10", "1/2"),
        *("", " ", " 4.50", "4.50 ", "4 .50", "4.50\n", "\t1"),
        *(".", ".5", "1.", "1..2", "1.2.3", "--1"),
        *("٤.٥٠", "４.50", "²", "4.5०"),
        *("10000000.01", "99999999999", "1" * 5000),
    ],
)
def test_what_is_not_a_plain_positive_decimal_is_refused(text: str) -> None:
    with pytest.raises(AmountInvalid):
        Money.parse(text, "GBP")


@pytest.mark.parametrize(
    "text", ["4.505", "0.001", "4.50000000000000000000000000000000000000001", "0." + "0" * 60 + "1"]
)
def test_an_amount_below_the_smallest_unit_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(AmountTooPrecise):
        Money.parse(text, "GBP")


@pytest.mark.parametrize("currency", ["", "gbp", "XXX", "JPY", "GBPX", "£", "GB"])
def test_a_currency_without_a_known_exponent_is_refused(currency: str) -> None:
    with pytest.raises(CurrencyUnknown):
        Money.parse("4.50", currency)


def test_the_exponents_are_those_of_iso_4217() -> None:
    assert EXPONENTS == ISO_EXPONENTS


def test_a_currency_with_three_decimals_is_read_and_written_with_three() -> None:
    assert Money.parse("1.234", "KWD") == Money(1234, "KWD")
    assert str(Money(1230, "KWD")) == "1.230 KWD"


@given(minor=st.integers(1, LARGEST_MINOR), currency=st.sampled_from(sorted(EXPONENTS)))
def test_writing_and_reading_an_amount_gives_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.parse(str(money.major), currency) == money
    assert money.major == Decimal(minor).scaleb(-EXPONENTS[currency])
    assert -money.major.as_tuple().exponent == EXPONENTS[currency]  # type: ignore[operator]


@given(text=st.text(max_size=30), currency=st.sampled_from(sorted(EXPONENTS)))
def test_no_text_at_all_gives_an_amount_that_is_not_positive_and_bounded(text: str, currency: str) -> None:
    try:
        money = Money.parse(text, currency)
    except (AmountInvalid, AmountTooPrecise):
        return
    assert 0 < money.minor <= LARGEST_MINOR
    assert Decimal(text) == money.major
