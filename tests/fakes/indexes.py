"""The indexes and bookmarks over an in-memory store: always up to date, which those of DynamoDB are not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.domain.slots import Cohort, Slot
from pinbill.domain.subscription import QUIET_TIMERS, Subscription, Timer
from pinbill.store import keys
from pinbill.usecases.ports.billing import Bookings
from pinbill.usecases.ports.due import QUIET, Bookmarks, DueIndex, DueRow, Indexes, Reading, SlotIndex, SlotRow
from tests.fakes.store import InMemoryStore


class InMemoryDueIndex(DueIndex):
    def __init__(self, store: InMemoryStore, shards: int = 1) -> None:
        self._store = store
        self.shards = shards
        # A subscription with its row, which takes longer to find than the subscription itself.
        self._rows: dict[str, tuple[Subscription, tuple[datetime, Timer] | None]] = {}

    @override
    def rows(
        self, rail: RailName, partner: str, shard: int, after: str | None, until: datetime, limit: int
    ) -> Sequence[DueRow]:
        first, last = keys.due_bounds(after, until)
        found = []
        for subscription in list(self._store.subscriptions.values()):
            if subscription.partner != partner or subscription.rail is not rail:
                continue
            due = self._row(subscription)
            if due is None or due[0] > until:
                continue
            position = keys.due_sk(due[0], subscription.id)
            lies_in = QUIET if due[1] in QUIET_TIMERS else keys.shard_of(subscription.id, self.shards)
            if first <= position <= last and lies_in == shard:
                found.append(DueRow(due[0], partner, subscription.id, subscription.plan_id, due[1], position))
        return sorted(found, key=lambda row: row.position)[:limit]

    @override
    def position(self, at: datetime) -> str:
        return keys.due_position(at)

    def _row(self, subscription: Subscription) -> tuple[datetime, Timer] | None:
        known = self._rows.get(subscription.id)
        if known is None or known[0] is not subscription:
            known = self._rows[subscription.id] = subscription, subscription.due_row
        return known[1]


class InMemorySlotIndex(SlotIndex):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    @override
    def cohorts(self, rail: RailName) -> Mapping[Cohort, datetime]:
        found: dict[Cohort, datetime] = {}
        for subscription in self._store.subscriptions.values():
            if subscription.rail is rail:
                found.setdefault(subscription.cohort, subscription.created_at)
        return found

    @override
    def rows(self, cohort: Cohort, first: Slot, last: Slot, after: SlotRow | None, limit: int) -> Sequence[SlotRow]:
        found = [
            SlotRow(slot, subscription.id)
            for subscription in list(self._store.subscriptions.values())
            if (slot := subscription.slot) and subscription.cohort == cohort and first <= slot <= last
        ]
        found.sort(key=_place)
        return [row for row in found if after is None or _place(row) > _place(after)][:limit]

    @override
    def unbilled(self, partner: str, renewals: Mapping[str, datetime]) -> Sequence[str]:
        stored = self._store.subscriptions
        return [
            id for id, at in renewals.items() if (partner, id) in stored and stored[partner, id].is_due(Timer.BILL, at)
        ]


class InMemoryBookmarks(Bookmarks):
    def __init__(self) -> None:
        self.positions: dict[tuple[Reading, RailName], dict[str, str]] = {}

    @override
    def all(self, reading: Reading, rail: RailName) -> Mapping[str, str]:
        return dict(self.positions.get((reading, rail), {}))

    @override
    def save(self, reading: Reading, rail: RailName, stream: str, position: str | None) -> None:
        marks = self.positions.setdefault((reading, rail), {})
        if position is None:
            marks.pop(stream, None)
        else:
            marks[stream] = position


class InMemoryBookings(Bookings):
    def __init__(self) -> None:
        self.free: dict[RailName, datetime] = {}

    @override
    def free_from(self, rail: RailName) -> datetime | None:
        return self.free.get(rail)

    @override
    def book(self, rail: RailName, free: datetime | None, then: datetime) -> bool:
        if self.free.get(rail) != free:
            return False
        self.free[rail] = then
        return True


def in_memory_indexes(store: InMemoryStore, shards: int = 1) -> Indexes:
    return Indexes(InMemoryDueIndex(store, shards), InMemorySlotIndex(store), InMemoryBookmarks())


def _place(row: SlotRow) -> tuple[Slot, str]:
    return row.slot, row.subscription_id
