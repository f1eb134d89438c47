"""Classes of partners, by which metrics tell them apart: one metric for each partner would be one too many."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from pinbill.domain.partners import PARTNER_ID
from pinbill.errors import PartnerInvalid

STANDARD = "standard"  # who is not listed
MOST_CLASSES = 5  # beside it
CLASS = re.compile(r"[a-z_]{1,20}")


@dataclass(frozen=True, slots=True)
class PartnerClasses:
    """The class of each partner that is listed."""

    listed: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "acme=large beta=trial". Raises PartnerInvalid, which names what is wrong."""
        listed: dict[str, str] = {}
        for part in text.split():
            partner, _, its_class = part.partition("=")
            if not PARTNER_ID.fullmatch(partner) or not CLASS.fullmatch(its_class):
                raise PartnerInvalid(f"{part[:60]!r} is no partner's class: write partner=class, as in acme=large.")
            if partner in listed:
                raise PartnerInvalid(f"{partner} is listed twice.")
            listed[partner] = its_class
        if len({*listed.values()} - {STANDARD}) > MOST_CLASSES:
            raise PartnerInvalid(
                f"There may be {MOST_CLASSES} classes beside {STANDARD}: each makes metrics of its own."
            )
        return cls(MappingProxyType(listed))

    def of(self, partner: str) -> str:
        return self.listed.get(partner, STANDARD)


NO_CLASSES = PartnerClasses(MappingProxyType({}))
