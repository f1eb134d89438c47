"""A mobile number that cannot be printed by accident."""

import re
from dataclasses import dataclass
from typing import override

from pinbill.domain.sealed import mask
from pinbill.errors import MsisdnInvalid

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
VISIBLE_START, VISIBLE_END = 3, 2


@dataclass(frozen=True, slots=True, repr=False)
class Msisdn:
    """A number in E.164 form; `str` and `repr` show it masked, `e164` and `digits` in full."""

    e164: str

    @classmethod
    def parse(cls, text: str) -> "Msisdn":
        """Read "+447700900123"; raises MsisdnInvalid, whose message does not repeat the number."""
        if not E164.fullmatch(text):
            raise MsisdnInvalid
        return cls(text)

    @property
    def digits(self) -> str:
        """International digits without the plus, as Infomedia wants them."""
        return self.e164[1:]

    @property
    def masked(self) -> str:
        return mask(self.e164, VISIBLE_START, VISIBLE_END)

    @override
    def __str__(self) -> str:
        return self.masked

    @override
    def __repr__(self) -> str:
        return f"Msisdn({self.masked})"
