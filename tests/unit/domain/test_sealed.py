"""What may be shown of a number or a mandate, and what may not."""

import pytest

from pinbill.domain.money import Money
from pinbill.domain.sealed import ERASED, Sealed, mask
from pinbill.domain.subscription import Mandate
from tests.fakes.samples import msisdn


def test_a_mask_shows_both_ends_and_hides_the_rest() -> None:
    assert mask("+447700900123", 3, 2) == "+44********23"
    assert mask("+447700900123", 0, 4) == "*********0123"


@pytest.mark.parametrize("text", ["", "1", "12345"])
def test_a_mask_shows_nothing_of_what_is_too_short_to_hide_any(text: str) -> None:
    assert mask(text, 3, 2) == "*" * len(text)


def test_a_sealed_text_shows_as_its_mask_in_every_form() -> None:
    sealed = Sealed(msisdn().masked, b"\x01kept")
    assert {str(sealed), repr(sealed), f"{sealed}"} == {"+44********23", "Sealed(+44********23)"}
    assert not sealed.is_erased


def test_of_an_erased_text_nothing_is_left_to_show() -> None:
    assert (str(ERASED), ERASED.is_erased) == ("erased", True)


def test_a_mandate_shows_the_end_of_its_reference_and_not_how_long_it_is() -> None:
    mandate = Mandate("123456789012", Money(100, "INR"))
    assert mandate.masked == "****9012"
    assert "1234" not in repr(mandate)
    assert Mandate(Sealed("****9012", b"\x01"), Money(100, "INR")).masked == "****9012"
    assert Mandate("123", Money(100, "INR")).masked == "***"
