"""The rules of a plan in the catalog file: consent, caps, notice before a debit. What is usual needs no word."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from ops.catalog_parts import FileModel, Reason
from pinbill.domain.caps import Caps, Per
from pinbill.domain.catalog import RailName, Terms
from pinbill.domain.consent import ConsentRules, Part
from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeRules
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.rules import USUAL_NOTICES, usual_caps
from pinbill.errors import PinbillError

SHORTEST_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28}
ConsentParts = Annotated[list[Part], Field(max_length=len(Part))]
Hours = Annotated[int, Field(ge=1, le=720)]


class ConsentFile(FileModel):
    """Which parts of the evidence of consent the PIN request and the confirm must show."""

    request: ConsentParts = Field(default_factory=list)
    confirm: ConsentParts = Field(default_factory=list)
    within_minutes: Annotated[int, Field(ge=1, le=1440)] = 60

    def rules(self) -> ConsentRules:
        within = timedelta(minutes=self.within_minutes)
        return ConsentRules(frozenset(self.request), frozenset(self.confirm), within)


class CapsFile(FileModel):
    """Amounts in the price's currency; null lifts a cap. Above what is usual on the rail, only for a reason."""

    per_charge: str | None = None
    per_month: str | None = None
    because: Reason | None = None

    def caps(self, rail: RailName, price: Money) -> Caps:
        """Raises ValueError."""
        usual = usual_caps(rail, price.currency)
        found = {per: self._of(per, usual, price) for per in Per}
        return Caps(found[Per.CHARGE], found[Per.MONTH], self.because or "")

    def _of(self, per: Per, usual: Caps, price: Money) -> Money | None:
        name = f"per_{per}"
        if name not in self.model_fields_set:
            cap = usual.of(per)
        else:
            text: str | None = getattr(self, name)
            cap = _money(f"caps.{name}", text, price.currency) if text is not None else None
        most = usual.of(per)
        if most and (cap is None or cap.minor > most.minor) and not self.because:
            raise ValueError(f"caps.{name} is above the usual {most}: say `because`")
        if cap and cap.minor < price.minor:
            raise ValueError(f"caps.{name} of {cap} is less than the price: nobody could be billed")
        return cap


class NoticeFile(FileModel):
    """The notice before each debit, in hours; or why there need not be one."""

    hours: Hours = 24
    lead_hours: Hours = 48
    give_up_hours: Hours = 72
    exempt: Reason | None = None

    def rules(self, rail: RailName, recurrence: Recurrence) -> NoticeRules | None:
        """Raises ValueError."""
        if self.exempt:
            return None
        least = USUAL_NOTICES.get(rail)
        if least and timedelta(hours=self.hours) < least.least:
            raise ValueError(f"notice.hours is less than the rail's {least.least // timedelta(hours=1)}")
        if self.lead_hours < self.hours:
            raise ValueError("notice.lead_hours is less than notice.hours: the debit would always be late")
        needed = self.hours + self.lead_hours + self.give_up_hours
        period = SHORTEST_DAYS[recurrence.unit] * recurrence.count * 24
        if needed > period:
            raise ValueError(f"notice: its hours come to {needed}, and the shortest period has {period}")
        return NoticeRules(*(timedelta(hours=n) for n in (self.hours, self.lead_hours, self.give_up_hours)))


def terms(caps: CapsFile, notice: NoticeFile | None, rail: RailName, price: Money, recurrence: Recurrence) -> Terms:
    """What the plan allows to be claimed; the usual rules of its rail where the file is silent. Raises ValueError."""
    if notice is None and rail not in USUAL_NOTICES:
        return Terms(caps.caps(rail, price))
    return Terms(caps.caps(rail, price), (notice or NoticeFile()).rules(rail, recurrence))


def _money(name: str, text: str, currency: str) -> Money:
    try:
        return Money.parse(text, currency)
    except PinbillError as error:
        raise ValueError(f"{name}: {error.detail}") from None
