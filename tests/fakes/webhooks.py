"""The ports of webhooks in memory, with the semantics that DynamoDB's have, and a receiver that keeps a book."""

import itertools
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, override

from pinbill.domain.deliveries import Answer, Backlog, Behind, Delivery
from pinbill.domain.webhooks import Place, WebhookEndpoint
from pinbill.errors import CursorInvalid, SubscriptionNotFound, WebhookNotFound
from pinbill.usecases.each import each
from pinbill.usecases.ports.store import Page
from pinbill.usecases.ports.webhooks import (
    Backlogs,
    Courier,
    Crew,
    DeliveryLog,
    Histories,
    History,
    SecretBox,
    Step,
    WebhookEndpoints,
)
from tests.fakes.store import InMemoryStore

PART = 3  # deliveries of one answer of `between`


class InMemoryEndpoints(WebhookEndpoints):
    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], WebhookEndpoint] = {}
        self._lock = threading.Lock()

    @override
    def of(self, partner: str) -> Sequence[WebhookEndpoint]:
        found = [endpoint for (owner, _), endpoint in self._rows.items() if owner == partner]
        return sorted(found, key=lambda endpoint: (endpoint.created_at, endpoint.id))

    @override
    def endpoint(self, partner: str, id: str) -> WebhookEndpoint:
        if (partner, id) not in self._rows:
            raise WebhookNotFound
        return self._rows[partner, id]

    @override
    def put(self, endpoint: WebhookEndpoint) -> bool:
        with self._lock:
            stored = self._rows.get((endpoint.partner, endpoint.id))
            if (stored.version if stored else 0) != endpoint.version:
                return False
            self._rows[endpoint.partner, endpoint.id] = replace(endpoint, version=endpoint.version + 1)
            return True

    @override
    def remove(self, endpoint: WebhookEndpoint) -> None:
        self._rows.pop((endpoint.partner, endpoint.id), None)


class InMemoryBacklogs(Backlogs):
    """`writes` counts them."""

    def __init__(self) -> None:
        self.writes = 0
        self._versions = itertools.count(1)  # of all rows: none has one twice
        self._behind: dict[Place, Behind] = {}
        self._rows: dict[tuple[Place, bool, str], Backlog] = {}
        self._lock = threading.Lock()

    @override
    def all_behind(self) -> Mapping[Place, Behind]:
        return dict(self._behind)

    @override
    def behind(self, place: Place) -> Behind | None:
        return self._behind.get(place)

    @override
    def put_behind(self, place: Place, behind: Behind) -> Behind | None:
        return self._put(self._behind, place, behind)

    @override
    def not_behind(self, place: Place, behind: Behind) -> bool:
        return self._remove(self._behind, place, behind)

    @override
    def backlog(self, place: Place, subscription_id: str, *, is_replay: bool) -> Backlog | None:
        return self._rows.get((place, is_replay, subscription_id))

    @override
    def backlogs(self, place: Place, after: Backlog | None, limit: int) -> Sequence[Backlog]:
        keys = sorted(key for key in self._rows if key[0] == place)
        if after is not None:
            keys = [key for key in keys if key > self._key(place, after)]
        return [self._rows[key] for key in keys[:limit]]

    @override
    def put(self, place: Place, backlog: Backlog) -> Backlog | None:
        return self._put(self._rows, self._key(place, backlog), backlog)

    @override
    def remove(self, place: Place, backlog: Backlog) -> bool:
        return self._remove(self._rows, self._key(place, backlog), backlog)

    @staticmethod
    def _key(place: Place, backlog: Backlog) -> tuple[Place, bool, str]:
        return place, backlog.is_replay, backlog.subscription_id

    def _put[Key, Row: (Backlog, Behind)](self, rows: dict[Key, Row], key: Key, row: Row) -> Row | None:
        with self._lock:
            self.writes += 1
            stored = rows.get(key)
            if (stored.version if stored else 0) != row.version:
                return None
            rows[key] = replace(row, version=next(self._versions))
            return rows[key]

    def _remove[Key, Row: (Backlog, Behind)](self, rows: dict[Key, Row], key: Key, row: Row) -> bool:
        with self._lock:
            self.writes += 1
            stored = rows.get(key)
            if stored is None or stored.version != row.version:
                return False
            del rows[key]
            return True


class InMemoryLog(DeliveryLog):
    """Cursors are positions."""

    def __init__(self) -> None:
        self.logged: dict[tuple[str, str], list[Delivery]] = {}

    @override
    def add(self, place: Place, deliveries: Sequence[Delivery]) -> None:
        self.logged.setdefault((place.partner, place.endpoint_id), []).extend(deliveries)

    @override
    def newest(self, partner: str, endpoint_id: str, limit: int, cursor: str | None) -> Page[Delivery]:
        found = self.logged.get((partner, endpoint_id), [])[::-1]
        return _page(found, limit, cursor)

    @override
    def between(
        self, partner: str, endpoint_id: str, since: datetime, until: datetime, cursor: str | None
    ) -> Page[Delivery]:
        found = [each for each in self.logged.get((partner, endpoint_id), []) if since <= each.at < until]
        return _page(found, PART, cursor)


def _page(found: list[Delivery], limit: int, cursor: str | None) -> Page[Delivery]:
    if cursor is not None and not cursor.isdigit():
        raise CursorInvalid
    first = int(cursor or 0)
    end = first + limit
    return Page(found[first:end], str(end) if len(found) > end else None)


class StoreHistories(Histories):
    """Out of the in-memory store."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    @override
    def read(self, partner: str, subscription_id: str, first: int, last: int | None, limit: int) -> History:
        subscription = self._store.subscriptions.get((partner, subscription_id))
        if subscription is None:
            raise SubscriptionNotFound
        entries = [
            entry
            for entry in self._store.entries[partner, subscription_id]
            if first <= entry.seq <= (last or subscription.seq)
        ]
        return History(subscription, entries[:limit])


class PlainBox(SecretBox):
    @override
    def seal(self, secret: bytes, owner: str) -> str:
        return secret.hex()

    @override
    def open(self, sealed: str, owner: str) -> bytes:
        return bytes.fromhex(sealed)


class OneByOne(Crew):
    """Does no two steps at the same time."""

    @override
    def __call__(self, steps: Sequence[Step]) -> None:
        each(steps)


@dataclass(frozen=True, slots=True)
class Received:
    url: str
    id: str
    sequence: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    taken: bool


type Fate = Callable[[str, Mapping[str, Any]], str]
"""What a receiver answers: by the URL and the event."""


@dataclass(slots=True)
class Receivers(Courier):
    """All endpoints there are. `answers` may say what any event is answered; it is 200 else."""

    answers: Fate = lambda url, event: "200"
    ms: int = 5
    retry_after: int | None = None
    received: list[Received] = field(default_factory=list)

    @override
    def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        event = json.loads(body)
        answer = Answer(self.answers(url, event), self.ms, self.retry_after)
        sequence = event.get("sequence", 0)
        self.received.append(Received(url, event["id"], sequence, event, dict(headers), answer.is_delivered))
        return answer

    def taken(self, subscription_id: str = "", url: str = "") -> list[int]:
        """Sequence numbers of what was taken, as it came, with what came twice."""
        return [
            each.sequence for each in self.received if each.taken and subscription_id in each.id and url in each.url
        ]

    def first_taken(self, subscription_id: str = "", url: str = "") -> list[int]:
        """The same without what was taken before."""
        return list(dict.fromkeys(self.taken(subscription_id, url)))
