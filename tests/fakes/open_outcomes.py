"""The OpenOutcomes port over an in-memory store: always up to date, which a global index of DynamoDB is not."""

from datetime import datetime
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.store import keys
from pinbill.usecases.ports.due import OpenOutcomes
from pinbill.usecases.ports.store import Page
from tests.fakes.store import InMemoryStore


class InMemoryOpenOutcomes(OpenOutcomes):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    @override
    def rows(self, rail: RailName, limit: int, cursor: str | None) -> Page[tuple[str, str, datetime]]:
        found = []
        for subscription in list(self._store.subscriptions.values()):
            if subscription.rail is rail and subscription.decide_by is not None:
                position = keys.open_sk(subscription.decide_by, subscription.partner, subscription.id)
                if cursor is None or position > cursor:
                    found.append((position, (subscription.partner, subscription.id, subscription.decide_by)))
        found.sort()
        more = found[limit - 1][0] if len(found) > limit else None
        return Page([place for _, place in found[:limit]], more)
