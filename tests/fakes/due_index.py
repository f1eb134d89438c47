"""The DueIndex port over an in-memory store: always up to date, which a global index of DynamoDB is not."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.store import keys
from pinbill.usecases.ports import DueIndex, DueRow, Reading
from tests.fakes.store import InMemoryStore


class InMemoryDueIndex(DueIndex):
    def __init__(self, store: InMemoryStore, shards: int = 1) -> None:
        self._store = store
        self.shards = shards
        self._cursors: dict[tuple[Reading, RailName, int], str | None] = {}

    @override
    def rows(self, rail: RailName, shard: int, after: str | None, until: datetime, limit: int) -> Sequence[DueRow]:
        first, last = keys.due_bounds(after, until)
        found = []
        for subscription in list(self._store.subscriptions.values()):
            due = subscription.due
            if due is None or due[0] > until or subscription.rail is not rail:
                continue
            position = keys.due_sk(due[0], subscription.partner, subscription.id)
            if first <= position <= last and keys.shard_of(subscription.id, self.shards) == shard:
                found.append(DueRow(subscription.partner, subscription.id, rail, due[1], position))
        return sorted(found, key=lambda row: row.position)[:limit]

    @override
    def position(self, at: datetime) -> str:
        return keys.due_position(at)

    @override
    def cursor(self, reading: Reading, rail: RailName, shard: int) -> str | None:
        return self._cursors.get((reading, rail, shard))

    @override
    def save_cursor(self, reading: Reading, rail: RailName, shard: int, position: str | None) -> None:
        self._cursors[reading, rail, shard] = position
