"""Slots: where in the cycle of its recurrence a subscription renews, as the clock on the plan's wall shows it.

A slot follows from the schedule's anchor alone and stays the same from renewal to renewal, so that an index of slots is
never rewritten. Who is due in a stretch of time is found by asking which slots the stretch meets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pinbill.domain.catalog import RailName
from pinbill.domain.periods import Recurrence, Schedule, Unit

DAYS = {Unit.DAY: 1, Unit.WEEK: 7}
LAST_DAY = 31
# No zone changes its clock by more between two neighbouring days.
AROUND = timedelta(days=1)
LAST_MICROSECOND = 999_999


@dataclass(frozen=True, slots=True)
class Cohort:
    """The subscriptions of one plan that renew by one calendar. They are read, counted and stopped together."""

    rail: RailName
    partner: str
    plan: str
    zone: str
    recurrence: Recurrence

    @property
    def name(self) -> str:
        """One of its own on its rail."""
        return f"{self.partner}#{self.plan}#{self.zone}#{self.recurrence.unit}{self.recurrence.count}"


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """`phase` is the month (of `count` months) or the day (of `count` days or weeks) of the cycle; `day` the day of the
    month, 0 for days and weeks; `time` is local, to the second."""

    phase: int
    day: int
    time: time

    @classmethod
    def of(cls, schedule: Schedule) -> "Slot":
        anchor, recurrence = schedule.anchor, schedule.recurrence
        day = anchor.day if recurrence.unit is Unit.MONTH else 0
        return cls(_phase(recurrence, anchor.date()), day, anchor.time())


@dataclass(frozen=True, slots=True)
class Stretch:
    """The slots from `first` to `last`, both included, that come up on the local date `on` while the zone's clock is
    `offset` ahead of UTC."""

    on: date
    first: Slot
    last: Slot
    zone: str
    offset: timedelta

    def instant(self, slot: Slot) -> datetime | None:
        """When this slot comes up, in UTC; None when the zone's clock stands otherwise then: another stretch has it."""
        local = datetime.combine(self.on, slot.time)
        at = local.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
        return at if at == local.replace(tzinfo=UTC) - self.offset else None


def cycle(recurrence: Recurrence) -> timedelta:
    """At least as long as it takes until every slot has come up once."""
    days = LAST_DAY if recurrence.unit is Unit.MONTH else DAYS[recurrence.unit]
    return timedelta(days=days * recurrence.count) + AROUND


def bill_time(schedule: Schedule, period: int, now: datetime) -> datetime:
    """When to bill `period`: at its start, which its slot brings up."""
    return found_at(schedule.start(period), now)


def found_at(due: datetime, now: datetime) -> datetime:
    """The timer of a bill that is due at `due`.

    A slot that has come up does not come up again: the time just before it, which no slot has, puts the bill into the
    due index.
    """
    return due if due > now else due - timedelta.resolution


def due_time(found: datetime) -> datetime:
    """What `found_at` was given: periods and callers know of whole seconds only."""
    return found + timedelta.resolution if found.microsecond == LAST_MICROSECOND else found


def stretches(recurrence: Recurrence, zone: str, after: datetime, until: datetime) -> Iterator[Stretch]:
    """The stretches that hold every slot which comes up after `after` and until `until`.

    They may hold slots that come up a moment before or after: `instant` tells. About a change of the clocks a date
    comes once for each offset.
    """
    offsets = _offsets(zone, after, until)
    first, last = (after + min(offsets)).date(), (until + max(offsets)).date()
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        for offset in offsets:
            for day in _days(recurrence, on):
                stretch = _stretch(recurrence, zone, on, day, offset, after, until)
                if stretch:
                    yield stretch


def _stretch(
    recurrence: Recurrence, zone: str, on: date, day: int, offset: timedelta, after: datetime, until: datetime
) -> Stretch | None:
    begin = max(_naive(after, offset), datetime.combine(on, time.min))
    end = min(_naive(until, offset), datetime.combine(on, time.max))
    if begin > end:
        return None
    phase = _phase(recurrence, on)
    return Stretch(on, Slot(phase, day, begin.time()), Slot(phase, day, end.time()), zone, offset)


def _naive(at: datetime, offset: timedelta) -> datetime:
    return (at + offset).astimezone(UTC).replace(tzinfo=None)


def _days(recurrence: Recurrence, on: date) -> list[int]:
    """The anchor days that renew on this date: on a month's last day also those that the month does not have."""
    if recurrence.unit is not Unit.MONTH:
        return [0]
    is_last = (on + timedelta(days=1)).day == 1
    return list(range(on.day, LAST_DAY + 1)) if is_last else [on.day]


def _phase(recurrence: Recurrence, on: date) -> int:
    if recurrence.unit is Unit.MONTH:
        return (on.year * 12 + on.month) % recurrence.count
    return on.toordinal() % (DAYS[recurrence.unit] * recurrence.count)


def _offsets(zone: str, after: datetime, until: datetime) -> list[timedelta]:
    """By how much the zone's clock is ahead of UTC, at any time around this stretch."""
    found: set[timedelta] = set()
    at, end = after - AROUND, until + AROUND
    while at < end + AROUND:
        offset = min(at, end).astimezone(ZoneInfo(zone)).utcoffset()
        assert offset is not None  # a zone always has one
        found.add(offset)
        at += AROUND
    return sorted(found)
