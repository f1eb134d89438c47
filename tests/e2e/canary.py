"""Looks for planted numbers and secrets in any text, in every form in which one could have got there.

Encodings are undone rather than made: what is base64, hex, URL-encoded or reversed is turned back, and then looked at
like everything else. Hashes cannot be: those of every number of the test range and of each secret are known beforehand.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from pinbill.domain.key_text import FORM

SEPARATOR = r"[ .\-/()]{0,2}"
# A number of the test range with its country or trunk prefix, however it is spaced.
NUMBER = re.compile(rf"(\+|00)?(44|0){SEPARATOR}{SEPARATOR.join('7700900')}(?:{SEPARATOR}[0-9]){{3}}(?![0-9])")
# A part of one that stands alone; what stands in a hash in hex is no part of one.
DIGITS = re.compile(r"(?<![0-9a-fA-F])[0-9]{7,12}(?![0-9a-fA-F])")
HEX = re.compile(r"(?:[0-9a-fA-F]{2}){7,}")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{10,}")
HASH_HEX = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-f])")
HASHES = ("md5", "sha1", "sha256")
RANGE = [f"7700900{last:03}" for last in range(1000)]
# Tokens of callback paths, 192 random bits: their SHA-256 is what the table keeps of them.
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
REDO = "pinbill_redo"  # names what a redo line holds
PACKED = "c"  # the first byte of what zlib made, in base85
BYTES = "$bytes"  # names bytes in it, in base85
LEAST_OF_SECRET = 6  # characters: what is shorter stands in every text by chance


@dataclass(frozen=True, slots=True)
class Hit:
    """What was found, by the form it had; never the whole of it."""

    form: str
    start: str


@dataclass(frozen=True, slots=True)
class Known:
    """Secrets that are looked for, and the names of their hashes by the hash."""

    plain: list[str]
    hashes: dict[str, str]


@cache
def _known(secrets: tuple[str, ...]) -> Known:
    plain = [secret for secret in secrets if len(secret) >= LEAST_OF_SECRET]
    hashed = (secret for secret in plain if not TOKEN.fullmatch(secret))
    return Known(plain, {value: name for secret in hashed for name, value in _hashes(secret)})


def hits(text: str, secrets: Iterable[str] = ()) -> list[Hit]:
    """Every number of the test range, every API key, and every one of these secrets, in any form."""
    known = _known(tuple(secrets))
    found = [hit for form, view in _views(text) for hit in _in_plain(form, view, known.plain)]
    return list(dict.fromkeys([*found, *_hashed(text, known.hashes)]))


def _views(text: str) -> Iterator[tuple[str, str]]:
    """The text, and what it says when its encodings are undone."""
    yield "plain", text
    yield "reversed", text[::-1]
    if "%" in text:
        yield "url", unquote(text)
    for token in HEX.finditer(text):
        yield "hex", bytes.fromhex(token.group()).decode("latin-1")
    for token in BASE64.finditer(text):
        yield from (("base64", plain) for plain in _from_base64(token.group()))


def _from_base64(token: str) -> Iterator[str]:
    """Whatever stood before it in the text that was encoded, one of four beginnings is its own."""
    standard = token.translate(str.maketrans("-_", "+/"))
    for skipped in range(4):
        part = standard[skipped:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        yield base64.b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")


def _in_plain(form: str, text: str, secrets: list[str]) -> Iterator[Hit]:
    yield from (Hit(f"{form} {_writing(match)}", match.group()[:5]) for match in NUMBER.finditer(text))
    # Backwards, seven digits are soon the end of some number by chance.
    least = 9 if form == "reversed" else 7
    parts = (part.group() for part in DIGITS.finditer(text))
    yield from (Hit(f"{form} part", part[:3]) for part in parts if len(part) >= least and _is_part(part))
    yield from (Hit(f"{form} API key", match.group()[:12]) for match in FORM.finditer(text))
    yield from (Hit(f"{form} secret", secret[:3]) for secret in secrets if _holds(text, secret))


def _holds(text: str, secret: str) -> bool:
    """A PIN or a reference of digits stands in longer digits, times in microseconds above all, by chance."""
    if not secret.isdigit():
        return secret in text
    return secret in text and re.search(rf"(?<![0-9]){secret}(?![0-9])", text) is not None


def _writing(match: re.Match[str]) -> str:
    whole = match.group()
    if "-" in whole:
        return "dashed"
    if not whole.lstrip("+").isdigit():
        return "spaced"
    return {"+": "E.164", "00": "0044"}.get(match[1] or "", "national" if match[2] == "0" else "digits")


@cache
def _is_part(digits: str) -> bool:
    """Whether these are seven digits or more of a number of the range, of which one at least tells it from others."""
    return any(
        _fits(digits, template, at)
        for template in ("0044-", "44-", "0-")
        for at in range(len(template.replace("-", "7700900???")) - len(digits) + 1)
    )


def _fits(digits: str, prefix: str, at: int) -> bool:
    template = prefix.replace("-", "7700900???")[at : at + len(digits)]
    return "?" in template and all(wanted in ("?", digit) for digit, wanted in zip(digits, template, strict=True))


def _hashed(text: str, own: dict[str, str]) -> Iterator[Hit]:
    numbers = _hashes_of_numbers()
    tokens = {token.group() for token in HASH_HEX.finditer(text.lower())}
    tokens |= {base64_hash for token in BASE64.finditer(text) if (base64_hash := _hex_of(token.group()))}
    for token in sorted(tokens):
        name = numbers.get(token) or own.get(token)
        if name:
            yield Hit(name, token[:6])


def _hex_of(token: str) -> str | None:
    """A hash in base64, in hex."""
    try:
        raw = base64.b64decode(token.translate(str.maketrans("-_", "+/")) + "=" * (-len(token) % 4))
    except binascii.Error:
        return None
    return raw.hex() if len(raw) in (16, 20, 32) else None


@cache
def _hashes_of_numbers() -> dict[str, str]:
    writings = (f"{prefix}{number}" for prefix in ("+44", "44", "0", "0044", "") for number in RANGE)
    return {value: name for writing in writings for name, value in _hashes(writing)}


def _hashes(text: str) -> Iterator[tuple[str, str]]:
    return ((name, hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()) for name in HASHES)


def unpacked(value: object) -> Iterator[str]:
    """Every text in a value, bytes as text, and what our own log of deliveries and our redo lines hold packed."""
    if isinstance(value, dict):
        if BYTES in value:
            yield base64.b85decode(value[BYTES]).decode("latin-1")
        yield from itertools.chain.from_iterable(unpacked(part) for item in value.items() for part in item)
    elif isinstance(value, list | tuple | set):
        yield from itertools.chain.from_iterable(map(unpacked, value))
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif isinstance(value, str):
        yield value
        if value.startswith(PACKED):
            with suppress(ValueError, zlib.error):
                plain = zlib.decompress(base64.b85decode(value))
                yield plain.decode("latin-1")
                yield from unpacked(json.loads(plain))
        if REDO in value:
            with suppress(ValueError, KeyError, TypeError):
                yield from unpacked(json.loads(value)[REDO])
    elif value is not None:
        yield str(value)
