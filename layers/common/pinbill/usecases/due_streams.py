"""What is due, as streams in the order of time: one for each shard of a partner's due rows, one for each cohort."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Self, override

from pinbill.domain.catalog import RailName
from pinbill.domain.slots import Cohort, Slot, Stretch, cycle, stretches
from pinbill.domain.subscription import Timer
from pinbill.usecases.ports.due import DueIndex, SlotIndex, SlotRow

PAGE = 200
COUNTED_PAGE = 5_000  # of rows that are only counted
MOST_PASSED = 20_000  # of one reading: it must end
# What a clock of ours may be ahead of another. A bookmark further ahead was set by a clock that had leapt.
CLOCKS_DIFFER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription that is due since `at`. `position` sorts as time does and continues its stream."""

    at: datetime
    position: str
    partner: str
    plan: str
    subscription_id: str
    timer: Timer = Timer.BILL


class Stream:
    """One source of due subscriptions, of which `most` may be taken, and how much of it was."""

    def __init__(self, name: str, rows: Iterable[Due], most: int | None = None) -> None:
        self.name = name
        self.taken = 0
        self.is_read_out = False
        self.is_cut = False  # it holds more than may be taken
        self.last: Due | None = None
        self._rows = rows
        self._most = most

    def __iter__(self) -> Iterator["tuple[Due, Stream]"]:
        for at, due in enumerate(self._rows):
            if at == self._most:
                self.is_cut = True
                return
            yield due, self
        self.is_read_out = True


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a cohort's time: behind the subscription `id` that renews at `at`; without an id, before all then."""

    at: datetime
    id: str = ""

    @classmethod
    def behind_all(cls, at: datetime) -> Self:
        return cls(at, "~")  # which sorts after every id

    @classmethod
    def parse(cls, position: str) -> Self:
        at, _, id = position.partition("#")
        return cls(datetime.fromisoformat(at), id)

    @override
    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).isoformat(timespec='microseconds')}#{self.id}"


def oldest_first(streams: Iterable[Stream]) -> Iterator[tuple[Due, Stream]]:
    return merge(*streams, key=lambda pair: (pair[0].at, pair[0].subscription_id))


def in_turns(partners: Iterable[Iterator[tuple[Due, Stream]]], most: int, wanted: Callable[[Due], bool]) -> list[Due]:
    """At most so many, one from each partner in turn for as long as it has any: nobody waits for who has more.

    Each once: a subscription may be found by its slot and by a due row. What is not wanted is passed over.
    """
    taken: dict[tuple[str, str], Due] = {}
    waiting, passed = list(partners), 0
    while waiting and len(taken) < most and passed < MOST_PASSED:
        for partner in list(waiting):
            if len(taken) == most:
                break
            due, stream = next(partner, (None, None))
            if due is None or stream is None:
                waiting.remove(partner)
                continue
            stream.last = due
            if not wanted(due):
                passed += 1
            elif (due.partner, due.subscription_id) not in taken:
                taken[due.partner, due.subscription_id] = due
                stream.taken += 1
    return list(taken.values())


def due_rows(
    index: DueIndex, rail: RailName, partner: str, shard: int, after: str | None, until: datetime
) -> Iterator[Due]:
    while page := index.rows(rail, partner, shard, after, until, PAGE):
        for row in page:
            yield Due(row.at, row.position, row.partner, row.plan_id, row.subscription_id, row.timer)
        if len(page) < PAGE:
            return
        after = page[-1].position


def renewals(index: SlotIndex, cohort: Cohort, after: Mark, until: datetime, page: int = PAGE) -> Iterator[Due]:
    """Who of the cohort renews after `after` and until `until`, each once: what was missed before is in its timers."""
    longest = until - cycle(cohort.recurrence)
    if after.at > until + CLOCKS_DIFFER or after.at < longest:
        after = Mark(longest)
    asked = stretches(cohort.recurrence, cohort.zone, after.at - timedelta.resolution, until)
    # Of all at once: about a change of the clocks, what comes later on the wall may come up earlier.
    found = [_renewals_of(index, cohort, stretch, after, until, page) for stretch in asked]
    return merge(*found, key=lambda due: (due.at, due.subscription_id))


def count(index: SlotIndex, cohort: Cohort, begin: datetime, end: datetime, most: int) -> int:
    """How many of the cohort renew from `begin` on and before `end`, at most `most`; about a change of the clocks, some
    more."""
    asked = stretches(cohort.recurrence, cohort.zone, begin - timedelta.resolution, end - timedelta.resolution)
    rows = (row for stretch in asked for row in _rows(index, cohort, stretch.first, stretch.last, COUNTED_PAGE))
    return sum(1 for _ in islice(rows, most))


def _renewals_of(
    index: SlotIndex, cohort: Cohort, stretch: Stretch, after: Mark, until: datetime, page: int
) -> Iterator[Due]:
    for row in _rows(index, cohort, stretch.first, stretch.last, page):
        at = stretch.instant(row.slot)
        if at is not None and after < Mark(at, row.subscription_id) and at <= until:
            yield Due(at, str(Mark(at, row.subscription_id)), cohort.partner, cohort.plan, row.subscription_id)


def _rows(index: SlotIndex, cohort: Cohort, first: Slot, last: Slot, size: int) -> Iterator[SlotRow]:
    after: SlotRow | None = None
    while page := index.rows(cohort, first, last, after, size):
        yield from page
        if len(page) < size:
            return
        after = page[-1]
