"""When each period of a subscription has begun, read from its journal: a pause moves the later ones only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.periods import Schedule
from pinbill.domain.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Timeline:
    """`schedules` in the order in which they came to apply, each from its own `first` period on."""

    schedules: tuple[Schedule, ...]

    @classmethod
    def of(cls, subscription: Subscription, entries: Sequence[Entry]) -> "Timeline":
        """By the entries alone, oldest first. Of the subscription it takes what the user has agreed to."""
        schedules: list[Schedule] = []
        covering = _covering(subscription, entries)
        for entry in entries:
            if not schedules:
                began = _began(subscription, entry, covering)
                schedules += [began] if began else []
            elif entry.kind is EntryKind.RESUMED:
                moved = _moved(schedules[-1], entry)
                schedules += [moved] if moved != schedules[-1] else []
        return cls(tuple(schedules))

    def ending_with(self, schedule: Schedule | None) -> "Timeline":
        """The same, but for the periods to come by `schedule`."""
        if schedule is None or schedule in self.schedules:
            return self
        earlier = (each for each in self.schedules if each.first < schedule.first)
        return Timeline((*earlier, schedule))

    def starts(self, since: datetime, until: datetime) -> Iterator[tuple[int, datetime]]:
        """The numbers and starts of the periods that begin at `since` or later and before `until`."""
        for at, schedule in enumerate(self.schedules):
            following = self.schedules[at + 1].first if at + 1 < len(self.schedules) else None
            period = max(schedule.first, schedule.period_at(since), 1)
            while following is None or period < following:
                start = schedule.start(period)
                if start >= until:
                    break
                if start >= since:
                    yield period, start
                period += 1


def month_of(year: int, month: int, zone: str) -> tuple[datetime, datetime]:
    """When a month of the calendar begins and ends on the wall of `zone`, in UTC."""
    following = divmod(year * 12 + month, 12)
    return _midnight(year, month, zone), _midnight(following[0], following[1] + 1, zone)


def _midnight(year: int, month: int, zone: str) -> datetime:
    return datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _covering(subscription: Subscription, entries: Sequence[Entry]) -> frozenset[str | None]:
    """Attempts that were found paid while a newer one of the same bill was open: the newer one's end settled it."""
    covered_by = {entry.attempt.covered_by for entry in entries if entry.attempt}
    current = subscription.open_attempt
    return frozenset(covered_by | {current.covered_by} if current else covered_by)


def _began(subscription: Subscription, entry: Entry, covering: frozenset[str | None]) -> Schedule | None:
    """The first schedule, if this entry is of what began it: the free time, or the first bill."""
    if entry.kind is EntryKind.TRIAL_STARTED:
        schedule = Schedule.starting(entry.at, subscription.zone, subscription.recurrence)
        return replace(schedule, anchor=schedule.anchor + timedelta(days=subscription.trial_days))
    attempt = entry.attempt
    if attempt is None or attempt.kind is not AttemptKind.FIRST_BILL or attempt.id in covering:
        return None
    if entry.kind is EntryKind.ATTEMPT_PAID or (attempt.covered_by and not attempt.is_open):
        return Schedule.starting(attempt.claimed_at, subscription.zone, subscription.recurrence)
    return None


def _moved(schedule: Schedule, entry: Entry) -> Schedule:
    following, starts = int(entry.detail["next_period"]), datetime.fromisoformat(str(entry.detail["starts_at"]))
    # A pause without a length, by a clock that leapt back, moves nothing: not the 31st of a short month either.
    return schedule if starts == schedule.start(following) else schedule.moved(following, starts)
