"""Caps: the most that one payment may take, and all payments of a subscription in a calendar month of its zone."""

from dataclasses import dataclass
from enum import StrEnum

from pinbill.domain.money import Money


class Per(StrEnum):
    CHARGE = "charge"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Caps:
    """None is no cap. `because` says why they are above what the regime would have without further proof."""

    per_charge: Money | None = None
    per_month: Money | None = None
    because: str = ""

    def of(self, per: Per) -> Money | None:
        return self.per_charge if per is Per.CHARGE else self.per_month


NO_CAPS = Caps()
