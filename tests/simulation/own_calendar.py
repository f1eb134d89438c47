"""When periods begin, by arithmetic of the simulation's own: the product's must not judge itself."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pinbill.domain.periods import Recurrence, Unit


@dataclass(frozen=True, slots=True)
class Anchor:
    """Local wall-clock time at which period `first` begins."""

    local: datetime
    zone: str
    recurrence: Recurrence
    first: int = 1

    @classmethod
    def at(cls, moment: datetime, zone: str, recurrence: Recurrence, days_later: int = 0) -> "Anchor":
        local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0, fold=0)
        return cls(local + timedelta(days=days_later), zone, recurrence)

    def start(self, period: int) -> datetime:
        return _start(self, period)

    def period_at(self, moment: datetime) -> int:
        """The period that `moment` lies in; the one before `first` until that begins."""
        days = (moment - self.start(self.first)).days
        length = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28}[self.recurrence.unit] * self.recurrence.count
        # Never too small, since no period is shorter; counted down from there.
        period = self.first + max(-1, days // length + 1)
        while period >= self.first and self.start(period) > moment:
            period -= 1
        return period

    def moved(self, period: int, later: timedelta) -> "Anchor":
        """The calendar by which `period` begins so much later, to the whole second, and the next ones from there.

        Never sooner: in the hour that a clock shows twice, its times stand for the first of the two, so that what would
        begin in the second begins at the next minute that is shown after it.
        """
        at = self.start(period) + later
        at += timedelta(microseconds=-at.microsecond % 1_000_000)
        while True:
            local = at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None, fold=0)
            moved = Anchor(local, self.zone, self.recurrence, period)
            if moved.start(period) == at:
                return moved
            at += timedelta(seconds=60 - at.second)


@lru_cache(maxsize=100_000)
def _start(anchor: Anchor, period: int) -> datetime:
    """The same day of the month, or its last one; a time that a summer-time gap leaves out comes an hour later."""
    steps = (period - anchor.first) * anchor.recurrence.count
    local = anchor.local
    match anchor.recurrence.unit:
        case Unit.DAY:
            local += timedelta(days=steps)
        case Unit.WEEK:
            local += timedelta(days=7 * steps)
        case Unit.MONTH:
            year, month = divmod(local.year * 12 + local.month - 1 + steps, 12)
            local = local.replace(year=year, month=month + 1, day=1) + timedelta(
                days=min(local.day, monthrange(year, month + 1)[1]) - 1
            )
    offset = ZoneInfo(anchor.zone).utcoffset(local)
    assert offset is not None  # of a zone with rules
    return (local - offset).replace(tzinfo=UTC)
