"""Billing periods, always computed from the anchor and never from the period before."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
MONTHS = 12  # of a year


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A period's length: `count` calendar units."""

    unit: Unit
    count: int

    def later(self, anchor: datetime, n: int) -> datetime:
        """`n` periods later by the same clock; a day that the month does not have is the month's last."""
        steps = self.count * n
        match self.unit:
            case Unit.DAY:
                return anchor + timedelta(days=steps)
            case Unit.WEEK:
                return anchor + timedelta(weeks=steps)
            case Unit.MONTH:
                year, month = divmod(anchor.year * MONTHS + anchor.month - 1 + steps, MONTHS)
                _, last = monthrange(year, month + 1)
                return anchor.replace(year=year, month=month + 1, day=min(anchor.day, last))


@dataclass(frozen=True, slots=True)
class Schedule:
    """Periods `first`, `first` + 1 … from an anchor: a local wall-clock time in the plan's zone.

    Jan 31 gives Feb 28 or 29 and then Mar 31, because every start is anchor + n x recurrence. A start that falls into
    a spring gap moves forward by the gap; one in an autumn overlap is the earlier of the two.
    """

    anchor: datetime  # naive, local to `zone`
    zone: str
    recurrence: Recurrence
    first: int = 1  # the period that starts at the anchor

    @classmethod
    def starting(cls, at: datetime, zone: str, recurrence: Recurrence) -> "Schedule":
        """The schedule whose period 1 starts at `at`, to the second."""
        return cls(at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0, fold=0), zone, recurrence)

    def start(self, period: int) -> datetime:
        """When `period` begins, in UTC; one before `first` is counted back from the anchor."""
        local = self.recurrence.later(self.anchor, period - self.first)
        return local.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def end(self, period: int) -> datetime:
        return self.start(period + 1)

    def period_at(self, moment: datetime) -> int:
        """The number of the period that `moment` lies in; for all time before the anchor, the one before `first`."""
        local = moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        before = self.first - 1
        guess = before + max(0, self._elapsed(local))
        while self.start(guess + 1) <= moment:
            guess += 1
        while guess > before and self.start(guess) > moment:
            guess -= 1
        return guess

    def moved(self, period: int, at: datetime) -> "Schedule":
        """The schedule whose `period` starts at `at`, and every later one by the calendar from there.

        Never earlier than `at`: a part of a second counts as a whole one, and what falls into the second of two
        repeated hours of autumn starts after it, because the clock on the wall shows that hour's times for the first.
        """
        zone = ZoneInfo(self.zone)
        if at.microsecond:
            at = at.replace(microsecond=0) + SECOND
        while at.astimezone(zone).fold:
            at = at.replace(second=0) + MINUTE
        return replace(self, anchor=at.astimezone(zone).replace(tzinfo=None), first=period)

    def _elapsed(self, local: datetime) -> int:
        """Whole periods between the anchor and `local`, at most one off."""
        if self.recurrence.unit is Unit.MONTH:
            months = (local.year - self.anchor.year) * 12 + local.month - self.anchor.month
            return months // self.recurrence.count
        days = 7 if self.recurrence.unit is Unit.WEEK else 1
        return (local - self.anchor) // timedelta(days=days * self.recurrence.count)
