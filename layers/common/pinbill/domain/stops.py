"""Stops: an operator's word that nobody is to be billed, everywhere or in a part of the business."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pinbill.domain.catalog import RailName
from pinbill.errors import ScopeInvalid

EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is stopped; None stands for all. A plan is one of a partner."""

    rail: RailName | None = None
    partner: str | None = None
    plan: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """`everything`, `rail/infomedia`, `partner/acme` or `plan/acme/weekly`. Raises ScopeInvalid."""
        match text.split("/"):
            case ["everything"]:
                return cls()
            case ["rail", rail] if rail in RailName:
                return cls(rail=RailName(rail))
            case ["partner", partner] if partner:
                return cls(partner=partner)
            case ["plan", partner, plan] if partner and plan:
                return cls(partner=partner, plan=plan)
        raise ScopeInvalid

    @property
    def name(self) -> str:
        if self.rail:
            return f"rail/{self.rail}"
        if self.partner:
            return f"plan/{self.partner}/{self.plan}" if self.plan else f"partner/{self.partner}"
        return EVERYTHING

    def covers(self, rail: RailName, partner: str | None = None, plan: str | None = None) -> bool:
        """Whether all of this rail, of its partner, or of the partner's plan is meant."""
        return all(
            stopped is None or stopped == asked
            for stopped, asked in ((self.rail, rail), (self.partner, partner), (self.plan, plan))
        )


@dataclass(frozen=True, slots=True)
class Stop:
    scope: Scope
    by: str
    because: str
    at: datetime


def standing(stops: Iterable[Stop], rail: RailName, partner: str | None = None, plan: str | None = None) -> Stop | None:
    """The stop that keeps this from being billed; None when it may be."""
    return next((stop for stop in stops if stop.scope.covers(rail, partner, plan)), None)
