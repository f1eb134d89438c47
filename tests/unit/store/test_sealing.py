"""A sealed text opens by its key at its place, and in no other way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.errors import IdentityUnreadable
from pinbill.store.sealing import KEY_BYTES, new_key, seal, unseal

PLACE = "acme#SUB1#msisdn"
TEXT = b"+447700900123"


@given(st.binary(max_size=64))
def test_what_is_sealed_opens_at_its_place(plain: bytes) -> None:
    key = new_key()
    kept = seal(key, plain, PLACE)
    assert unseal(key, kept, PLACE) == plain
    assert len(kept) == len(plain) + 29


def test_what_was_moved_to_another_row_or_field_does_not_open() -> None:
    key = new_key()
    kept = seal(key, TEXT, PLACE)
    for elsewhere in ("acme#SUB2#msisdn", "rival#SUB1#msisdn", "acme#SUB1#mandate", ""):
        with pytest.raises(IdentityUnreadable):
            unseal(key, kept, elsewhere)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(IdentityUnreadable):
        unseal(new_key(), seal(new_key(), TEXT, PLACE), PLACE)


def test_no_byte_of_it_can_be_changed_or_left_out() -> None:
    key = new_key()
    kept = seal(key, TEXT, PLACE)
    changed = [kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :] for at in range(len(kept))]
    for other in [*changed, *(kept[:length] for length in range(len(kept)))]:
        with pytest.raises(IdentityUnreadable):
            unseal(key, other, PLACE)


def test_the_same_text_is_never_sealed_alike() -> None:
    key = new_key()
    assert len({seal(key, TEXT, PLACE) for _ in range(100)}) == 100
    assert len({new_key() for _ in range(100)}) == 100
    assert len(key) == KEY_BYTES == 32


def test_what_does_not_open_is_not_quoted() -> None:
    with pytest.raises(IdentityUnreadable) as refused:
        unseal(new_key(), TEXT, PLACE)
    assert "900123" not in f"{refused.value!r}{refused.value.__cause__!r}"
