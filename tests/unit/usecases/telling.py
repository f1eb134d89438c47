"""A partner with endpoints, subscriptions in a store, and the feed and the retries between them; all in memory."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pinbill.domain.change import Change
from pinbill.domain.deliveries import Backlog, Behind, Delivery
from pinbill.domain.events import event_id
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.subscription import Subscription
from pinbill.domain.webhooks import Place, SigningSecret, WebhookEndpoint
from pinbill.usecases.feeding import Recorded
from pinbill.usecases.owing import Owing
from pinbill.usecases.webhook_feed import Fed, WebhookFeed
from pinbill.usecases.webhook_lane import Post, WebhookParts
from pinbill.usecases.webhook_replays import WebhookReplays
from pinbill.usecases.webhook_retry import Redelivered, WebhookRetry
from tests.fakes.clock import FakeClock
from tests.fakes.samples import PARTNER, active, msisdn
from tests.fakes.store import InMemoryStore
from tests.fakes.telemetry import RecordingTelemetry
from tests.fakes.webhooks import (
    InMemoryBacklogs,
    InMemoryEndpoints,
    InMemoryLog,
    OneByOne,
    PlainBox,
    Receivers,
    StoreHistories,
)

SECRET = bytes(range(32))
MINUTE = timedelta(minutes=1)


def body(entry: Entry, subscription: Subscription) -> bytes:
    """The least that says what it is, and as of when the subscription is."""
    event = {"id": event_id(subscription.id, entry.seq), "sequence": entry.seq, "snapshot": subscription.seq}
    return json.dumps(event).encode()


@dataclass(slots=True)
class Telling:
    """`steady` is the time that deliveries take; a test moves it."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: InMemoryStore = field(default_factory=InMemoryStore)
    endpoints: InMemoryEndpoints = field(default_factory=InMemoryEndpoints)
    backlogs: InMemoryBacklogs = field(default_factory=InMemoryBacklogs)
    log: InMemoryLog = field(default_factory=InMemoryLog)
    receivers: Receivers = field(default_factory=Receivers)
    telemetry: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    steady: float = 0.0
    parts: WebhookParts = field(init=False)

    def __post_init__(self) -> None:
        post = Post(self.receivers, PlainBox(), body, self.clock, self.clock, lambda: self.steady, lambda: 0.5)
        owing, histories = Owing(self.backlogs), StoreHistories(self.store)
        self.parts = WebhookParts(self.endpoints, owing, histories, self.log, post, self.telemetry)

    def endpoint(self, id: str = "we_1", services: Sequence[str] = ()) -> WebhookEndpoint:
        secrets = (SigningSecret(SECRET.hex()),)
        made = WebhookEndpoint(PARTNER, id, f"https://{id}.example", self.clock.now(), secrets, tuple(services))
        assert self.endpoints.put(made)
        return self.endpoints.endpoint(PARTNER, id)

    def subscription(self, id: str = "SUB1", number: int = 123) -> str:
        """A new one with its first entry, of which nobody was told."""
        self.store.create(*active(id, number=msisdn(number)))
        subscription = self.store.subscriptions[PARTNER, id]
        self.store.subscriptions[PARTNER, id] = replace(subscription, seq=1)
        return id

    def happens(self, id: str = "SUB1", entries: int = 1) -> Recorded:
        """A change with so many entries, as the stream will tell of it."""
        before = self.store.subscriptions[PARTNER, id]
        change = Change.of(before)
        for _ in range(entries):
            change = change.record(EntryKind.SUSPENDED, self.clock.now())
        self.store.commit(change)
        after = self.store.subscriptions[PARTNER, id]
        entry = change.entries[0] if entries == 1 else None
        return Recorded(PARTNER, id, after.service_id, before.seq + 1, after.seq, lambda: (after, entry))

    def feed(self, *changes: Recorded) -> Fed:
        return WebhookFeed(self.parts, OneByOne())(changes)

    def retry(self) -> Redelivered:
        return WebhookRetry(self.parts, OneByOne())()

    def retry_until_quiet(self, most: int = 500) -> int:
        """Run the retries every minute until nothing is owed; how many minutes it took."""
        for minutes in range(most):
            if not self.backlogs.all_behind():
                return minutes
            self.retry()
            self.clock.advance(MINUTE)
        raise AssertionError("something is owed for ever")

    @property
    def replays(self) -> WebhookReplays:
        return WebhookReplays(self.endpoints, self.parts.owing, self.parts.histories, self.log, self.clock)

    def owed(self, endpoint: str = "we_1") -> dict[str, tuple[int, int]]:
        found = self.backlogs.backlogs(self.place(endpoint), None, 1000)
        return {backlog.subscription_id: (backlog.first, backlog.last) for backlog in found}

    def backlog(self, id: str = "SUB1", endpoint: str = "we_1") -> Backlog | None:
        return self.backlogs.backlog(self.place(endpoint), id, is_replay=False)

    def behind(self, endpoint: str = "we_1") -> Behind | None:
        return self.backlogs.behind(self.place(endpoint))

    def place(self, endpoint: str = "we_1") -> Place:
        return Place.of(self.endpoints.endpoint(PARTNER, endpoint))

    def logged(self, endpoint: str = "we_1") -> list[Delivery]:
        return self.log.logged.get((PARTNER, endpoint), [])
