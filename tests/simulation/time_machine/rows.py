"""The in-memory store with sorted indexes: a run costs what is due, however many subscriptions there are."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.journal import Entry
from pinbill.domain.repeats import Remembered
from pinbill.domain.slots import Cohort, Slot
from pinbill.domain.subscription import QUIET_TIMERS, Subscription, Timer
from pinbill.store import keys
from pinbill.usecases.ports.due import QUIET, DueIndex, DueRow, OpenOutcomes, SlotIndex, SlotRow
from pinbill.usecases.ports.store import Page
from tests.fakes.store import InMemoryStore

type DuePlace = tuple[RailName, str, int]  # rail, partner, shard
type Due = tuple[DuePlace, DueRow]
AFTER_EVERY_ID = "~"


class SortedStore(InMemoryStore):
    """Every write keeps the places of its subscription in the indexes."""

    def __init__(self, shards: int) -> None:
        super().__init__()
        self.shards = shards
        self.due: defaultdict[DuePlace, list[tuple[str, DueRow]]] = defaultdict(list)
        self.slots: defaultdict[Cohort, list[tuple[Slot, str]]] = defaultdict(list)
        self.cohorts: dict[Cohort, datetime] = {}
        self.open: dict[tuple[str, str], Subscription] = {}
        self._due_of: dict[str, Due] = {}
        self._slot_of: dict[str, tuple[Cohort, Slot]] = {}

    @override
    def create(self, subscription: Subscription, entry: Entry, remembered: Remembered | None = None) -> Subscription:
        created = super().create(subscription, entry, remembered)
        self.cohorts.setdefault(created.cohort, created.created_at)
        self._place(created)
        return created

    @override
    def commit(self, change: Change) -> None:
        super().commit(change)
        before, after = change.before, change.after
        if before.schedule is not after.schedule or before.renews is not after.renews:
            self._place_slot(after)
        self._place_due(after)
        self._place_open(after)

    def _place(self, subscription: Subscription) -> None:
        self._place_slot(subscription)
        self._place_due(subscription)
        self._place_open(subscription)

    def _place_due(self, subscription: Subscription) -> None:
        row = _due(subscription, self.shards)
        known = self._due_of.pop(subscription.id, None)
        if known is not None:
            place, old = known
            rows = self.due[place]
            del rows[bisect_left(rows, old.position, key=_position)]
        if row is not None:
            self._due_of[subscription.id] = row
            insort(self.due[row[0]], (row[1].position, row[1]), key=_position)

    def _place_slot(self, subscription: Subscription) -> None:
        known = self._slot_of.pop(subscription.id, None)
        if known is not None:
            rows = self.slots[known[0]]
            del rows[bisect_left(rows, (known[1], subscription.id))]
        slot = subscription.slot
        if slot is not None:
            self._slot_of[subscription.id] = subscription.cohort, slot
            insort(self.slots[subscription.cohort], (slot, subscription.id))

    def _place_open(self, subscription: Subscription) -> None:
        if subscription.open_attempt is not None:
            self.open[subscription.partner, subscription.id] = subscription
        else:
            self.open.pop((subscription.partner, subscription.id), None)


def _position(row: tuple[str, DueRow]) -> str:
    return row[0]


def _due(subscription: Subscription, shards: int) -> Due | None:
    due = subscription.due_row
    if due is None:
        return None
    at, timer = due
    shard = QUIET if timer in QUIET_TIMERS else keys.shard_of(subscription.id, shards)
    position = keys.due_sk(at, subscription.id)
    row = DueRow(at, subscription.partner, subscription.id, subscription.plan_id, timer, position)
    return (subscription.rail, subscription.partner, shard), row


class SortedDueIndex(DueIndex):
    def __init__(self, store: SortedStore) -> None:
        self._store = store
        self.shards = store.shards

    @override
    def rows(
        self, rail: RailName, partner: str, shard: int, after: str | None, until: datetime, limit: int
    ) -> Sequence[DueRow]:
        first, last = keys.due_bounds(after, until)
        rows = self._store.due.get((rail, partner, shard), [])
        begin, end = bisect_left(rows, first, key=_position), bisect_right(rows, last, key=_position)
        return [row for _, row in rows[begin : min(end, begin + limit)]]

    @override
    def position(self, at: datetime) -> str:
        return keys.due_position(at)


class SortedSlotIndex(SlotIndex):
    def __init__(self, store: SortedStore) -> None:
        self._store = store

    @override
    def cohorts(self, rail: RailName) -> Mapping[Cohort, datetime]:
        return {cohort: since for cohort, since in self._store.cohorts.items() if cohort.rail is rail}

    @override
    def rows(self, cohort: Cohort, first: Slot, last: Slot, after: SlotRow | None, limit: int) -> Sequence[SlotRow]:
        rows = self._store.slots.get(cohort, [])
        begin = bisect_left(rows, (first, ""))
        if after is not None:
            begin = max(begin, bisect_right(rows, (after.slot, after.subscription_id)))
        end = bisect_right(rows, (last, AFTER_EVERY_ID))
        return [SlotRow(slot, id) for slot, id in rows[begin : min(end, begin + limit)]]

    @override
    def unbilled(self, partner: str, renewals: Mapping[str, datetime]) -> Sequence[str]:
        stored = self._store.subscriptions
        return [id for id, at in renewals.items() if stored[partner, id].is_due(Timer.BILL, at)]


class SortedOpenOutcomes(OpenOutcomes):
    """In one page: a shard of the time machine has few."""

    def __init__(self, store: SortedStore) -> None:
        self._store = store

    @override
    def rows(self, rail: RailName, limit: int, cursor: str | None) -> Page[tuple[str, str, datetime]]:
        listed = [
            (keys.open_sk(subscription.decide_by, *place), (*place, subscription.decide_by))
            for place, subscription in self._store.open.items()
            if subscription.rail is rail and subscription.decide_by is not None
        ]
        return Page([place for _, place in sorted(listed)])
