"""The text of an API key, `pinbill_<stage>_<id><secret><checksum>`: known to secret scanners by its form, and to us.

Form and checksum follow GitHub's tokens (prefix, base62, CRC-32 at the end): a scanner tells a key from noise without
asking, and a key that was cut off, mistyped or made for another stage is refused before anything is read.
"""

import hashlib
import re
import zlib
from dataclasses import dataclass, field
from string import ascii_letters, digits
from typing import Self

ALPHABET = digits + ascii_letters
ID_LENGTH, SECRET_LENGTH = 10, 30  # 59 bits that name the key, and 178 that open
CHECKSUM_LENGTH = 6
KEY_ID = re.compile(rf"[0-9A-Za-z]{{{ID_LENGTH}}}")
FORM = re.compile(
    rf"pinbill_(?P<stage>[a-z]{{1,20}})_(?P<id>[0-9A-Za-z]{{{ID_LENGTH}}})"
    rf"[0-9A-Za-z]{{{SECRET_LENGTH}}}(?P<checksum>[0-9A-Za-z]{{{CHECKSUM_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key as its partner sends it. `id` is no secret; `text` is, and is never shown but once."""

    stage: str
    id: str
    text: str = field(repr=False)

    @classmethod
    def of(cls, stage: str, id: str, secret: str) -> Self:
        body = f"pinbill_{stage}_{id}{secret}"
        return cls(stage, id, body + _checksum(body))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for what is no key: another form, or a checksum that is not its own."""
        found = FORM.fullmatch(text)
        if found is None or _checksum(text[:-CHECKSUM_LENGTH]) != found["checksum"]:
            return None
        return cls(found["stage"], found["id"], text)

    @property
    def hash(self) -> str:
        return digest(self.text)


def digest(secret: str) -> str:
    """All that is kept of a secret that is shown once: its SHA-256 in hex. Only for what nobody could guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(body: str) -> str:
    number, places = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        places = ALPHABET[place] + places
    return places
