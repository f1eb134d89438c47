"""The text of a key: a form that scanners know, a checksum that slips fail on, and nothing of it in a repr."""

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.key_text import ALPHABET, FORM, ID_LENGTH, SECRET_LENGTH, KeyText, digest

ids, secrets = (st.text(ALPHABET, min_size=n, max_size=n) for n in (ID_LENGTH, SECRET_LENGTH))
stages = st.sampled_from(["local", "sandbox", "staging", "production"])
KEY = KeyText.of("production", "a" * ID_LENGTH, "b" * SECRET_LENGTH)


@given(stages, ids, secrets)
def test_a_key_is_read_back_with_its_stage_and_id(stage: str, id: str, secret: str) -> None:
    made = KeyText.of(stage, id, secret)

    assert KeyText.parse(made.text) == made
    assert (made.stage, made.id) == (stage, id)


def test_the_form_is_the_one_that_the_docs_give_to_secret_scanners() -> None:
    assert re.fullmatch(r"pinbill_(local|sandbox|staging|production)_[0-9A-Za-z]{46}", KEY.text)
    assert FORM.search(f"x-api-key: {KEY.text}\n")


def test_the_checksum_is_the_crc_32_of_what_stands_before_it_in_base_62() -> None:
    number = 0
    for letter in KEY.text[-6:]:
        number = number * 62 + ALPHABET.index(letter)

    assert number == zlib.crc32(KEY.text[:-6].encode())


def test_the_secret_has_160_bits_at_least() -> None:
    assert len(set(ALPHABET)) == 62
    assert 62**SECRET_LENGTH > 2**160


@given(secrets, st.integers(0, len(KEY.text) - 1), st.sampled_from(ALPHABET + "_-. \n"))
def test_one_letter_that_is_wrong_is_seen(secret: str, at: int, letter: str) -> None:
    text = KeyText.of("production", "a" * ID_LENGTH, secret).text
    other = text[:at] + letter + text[at + 1 :]

    assert (KeyText.parse(other) is None) is (other != text)


@pytest.mark.parametrize(
    "text",
    ["", "x", KEY.text[:-1], f"{KEY.text}0", f" {KEY.text}", f"{KEY.text}\n", KEY.text.upper(), KEY.hash, "\ud800"],
)
def test_what_has_another_form_is_no_key(text: str) -> None:
    assert KeyText.parse(text) is None


def test_the_stage_is_part_of_what_the_checksum_protects() -> None:
    assert KeyText.parse(KEY.text.replace("production", "sandbox")) is None


def test_neither_repr_nor_text_of_a_key_shows_it() -> None:
    assert "b" * SECRET_LENGTH not in f"{KEY!r} {KEY}"
    assert KEY.text[-20:] not in f"{KEY!r} {KEY}"
    assert KEY.id in repr(KEY)


def test_of_a_key_only_its_sha_256_is_kept() -> None:
    assert KEY.hash == digest(KEY.text)
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
