"""The feed and the retries as actors at one table, and a receiver whose own book judges what it was told, and when."""

import itertools
import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import override

from pinbill.domain.change import Change
from pinbill.domain.deliveries import Answer
from pinbill.domain.events import event_id
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.subscription import Subscription
from pinbill.domain.webhooks import SigningSecret, WebhookEndpoint
from pinbill.errors import PinbillError
from pinbill.store import keys
from pinbill.store.backlogs import DynamoBacklogs
from pinbill.store.histories import DynamoHistories
from pinbill.store.retrying import Retry
from pinbill.store.stream import recorded
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.owing import Owing
from pinbill.usecases.webhook_feed import WebhookFeed
from pinbill.usecases.webhook_lane import Post, WebhookParts
from pinbill.usecases.webhook_retry import WebhookRetry
from tests.contracts.engines import create_table, fake_dynamodb
from tests.fakes.clock import START, FakeClock
from tests.fakes.dynamodb import InMemoryDynamoDB, Snapshot
from tests.fakes.dynamodb_expressions import Item
from tests.fakes.dynamodb_meter import Meter
from tests.fakes.dynamodb_writes import Write
from tests.fakes.identities import PlainIdentities
from tests.fakes.samples import PARTNER, active, msisdn
from tests.fakes.telemetry import RecordingTelemetry
from tests.fakes.webhooks import InMemoryEndpoints, InMemoryLog, OneByOne, PlainBox
from tests.unit.store.interleaved import Crash, Play

NUMBERS = PlainIdentities()
TABLE = "told"
# Longer than any lease and any wait: whoever comes next takes the one before for dead, though it goes on.
LATER = timedelta(hours=2)
TAKEN, REFUSED, TAKEN_UNHEARD, DIED_AFTER = "taken", "refused", "taken, not heard", "taken, then dies"

type Batch = Sequence[str]
"""Ids of subscriptions, to each of which one thing has happened."""


class RowsAsTheyStand(Meter):
    """What is in the table, without stamps: no later request looks at those of others."""

    def __init__(self, rows: dict[tuple[str, str], str]) -> None:
        self.rows = rows
        self.removed = 0

    @override
    def write(self, writes: Sequence[Write], *, together: bool, applied: bool) -> None:
        for write in writes if applied else ():
            if write.item is None:
                self.removed += 1
                self.rows.pop(write.place, None)
            else:
                self.rows[write.place] = _told(write.item)

    @override
    def read(self, rows: Sequence[Item], index: str | None, *, consistent: bool) -> None:
        return

    @override
    def read_batch(self, rows: Sequence[Item]) -> None:
        return

    @override
    def repeat(self, rows: Sequence[Item]) -> None:
        return


def _told(item: Item) -> str:
    return str({name: value for name, value in item.items() if name != "write_id"})


@dataclass(frozen=True, slots=True)
class Happening:
    """A subscription's image after it, and the rows of the journal that are there by then."""

    image: Item
    rows: Sequence[Item]


def one_endpoint() -> InMemoryEndpoints:
    endpoints = InMemoryEndpoints()
    secrets = (SigningSecret(bytes(32).hex()),)
    endpoints.put(WebhookEndpoint(PARTNER, "we_1", "https://hooks.example.com", START, secrets))
    return endpoints


@dataclass(slots=True)
class Told:
    """An engine with an endpoint and subscriptions, and the receiver's book of what it was told."""

    engine: InMemoryDynamoDB
    events: dict[str, list[Happening]]
    refusals: int  # of the receiver, in this play
    clock: FakeClock = field(default_factory=FakeClock)
    book: list[tuple[str, int]] = field(default_factory=list)
    play: Play | None = None
    rows: RowsAsTheyStand = field(default_factory=lambda: RowsAsTheyStand({}))
    endpoints: InMemoryEndpoints = field(default_factory=one_endpoint)
    _processes: int = 0

    def _version(self) -> int:
        """Far from that of any row before it, and the same whatever the order in which they came to be."""
        return 1000 * (1 + self.rows.removed)

    def parts(self) -> WebhookParts:
        """Of a process of its own. By endpoints and log, which it reads and writes whole, no actor acts on another."""
        self._processes += 1
        process, write = self._processes, itertools.count(1)
        retry = Retry(1, sleep=lambda seconds: None, monotonic=lambda: 0.0, fraction=lambda: 0.0)
        table = Table(self.engine.as_client(), TABLE, retry, lambda: f"w{process}-{next(write)}")
        post = Post(_Receiver(self), PlainBox(), _body, self.clock, self.clock, lambda: 0.0, lambda: 0.5)
        return WebhookParts(
            self.endpoints,
            Owing(DynamoBacklogs(table, self._version)),
            DynamoHistories(table),
            InMemoryLog(),
            post,
            RecordingTelemetry(),
        )

    def feeds(self, batches: Iterable[Batch], times: int = 3) -> Callable[[], None]:
        """Batch after batch, each until it has gone through, as Lambda calls the feed; a crash ends one invocation."""

        def run() -> None:
            passed: dict[str, int] = {}
            for number, batch in enumerate(batches):
                if self.play and number:
                    self.play.pause()  # the next thing happens at any time
                images = []
                for id in batch:
                    happening = self.events[id][passed.get(id, 0)]
                    self._happens(happening)
                    images.append(happening.image)
                    passed[id] = passed.get(id, 0) + 1
                for _ in range(times):
                    try:
                        WebhookFeed(self.parts(), OneByOne())(_changes(images))
                    except (PinbillError, Crash):
                        continue
                    break

        return run

    def _happens(self, happening: Happening) -> None:
        """Only now is it written: nobody could have read of it before."""
        around, self.engine.around = self.engine.around, None
        for row in (*happening.rows, happening.image):
            self.engine.put_item(TableName=TABLE, Item=row)
        self.engine.around = around

    def feeds_once(self, batch: Batch) -> Callable[[], None]:
        """An invocation that nobody waits for any more: the first batch, given out a second time."""

        def run() -> None:
            images = [self.events[id][0].image for id in batch]
            WebhookFeed(self.parts(), OneByOne())(_changes(images))

        return _until_pinbill_error(run)

    def retries(self, runs: int = 1) -> Callable[[], None]:
        def run() -> None:
            for _ in range(runs):
                if self.play:
                    self.play.pause()  # it begins at any time
                self.clock.advance(LATER)
                WebhookRetry(self.parts(), OneByOne())()

        return _until_pinbill_error(run)

    def shared(self) -> Hashable:
        return frozenset(self.rows.rows.items()), tuple(self.book), self.refusals, self.clock.now()

    def look(self) -> None:
        """Whatever has happened so far: no event came before the one that it follows."""
        for id in self.events:
            first = list(dict.fromkeys(seq for told, seq in self.book if told == id))
            assert first == list(range(2, 2 + len(first))), f"{id} was told {first}"

    def judge(self) -> None:
        """Once all actors have ended, and the receiver takes everything: nothing is missing, and nothing is owed."""
        self.play = None
        parts = self.parts()
        for _ in range(10):
            if not parts.owing.backlogs.all_behind():
                break
            self.clock.advance(LATER)
            WebhookRetry(self.parts(), OneByOne())()
        self.look()
        for id, happenings in self.events.items():
            newest = int(happenings[-1].image["seq"]["N"])
            assert {seq for told, seq in self.book if told == id} == set(range(2, newest + 1)), f"{id} has a gap"
        assert not parts.owing.backlogs.all_behind(), "something is owed for ever"

    def takes(self, id: str, seq: int) -> str:
        """What becomes of a delivery."""
        options = [TAKEN]
        if self.refusals:
            options += [REFUSED, TAKEN_UNHEARD, DIED_AFTER]
        fate = self.play.outcome(options) if self.play else TAKEN
        self.refusals -= fate is not TAKEN
        if fate is not REFUSED:
            self.book.append((id, seq))
        self.look()
        if fate == DIED_AFTER:
            raise Crash
        if self.play and fate == TAKEN:
            self.play.pause()  # others may go on before it is heard
        return "200" if fate == TAKEN else "500"


class _Receiver:
    def __init__(self, told: Told) -> None:
        self._told = told

    def post(self, url: str, headers: object, body: bytes, seconds: float) -> Answer:
        event = json.loads(body)
        return Answer(self._told.takes(event["subscription"], event["sequence"]), 1)


def _body(entry: Entry, subscription: Subscription) -> bytes:
    return json.dumps(
        {"id": event_id(subscription.id, entry.seq), "subscription": subscription.id, "sequence": entry.seq}
    ).encode()


def _changes(images: Iterable[Item]) -> list:  # type: ignore[type-arg]
    found = [recorded(image) for image in images]
    assert None not in found
    return found


def _until_pinbill_error(run: Callable[[], None]) -> Callable[[], None]:
    def body() -> None:
        try:
            run()
        except PinbillError:
            return

    return body


@dataclass(frozen=True, slots=True)
class Beginning:
    """An endpoint, and subscriptions to which several things have happened, as often as one likes."""

    engine: InMemoryDynamoDB
    snapshot: Snapshot
    events: dict[str, list[Happening]]

    def told(self, refusals: int) -> Told:
        self.engine.around = None
        self.engine.restore(self.snapshot)
        told = Told(self.engine, self.events, refusals)
        self.engine.meter = told.rows
        return told


def begin(happenings: dict[str, Sequence[int]]) -> Beginning:
    """`happenings` says of each subscription how many entries each thing that happens to it makes."""
    engine = fake_dynamodb()
    create_table(engine.as_client(), TABLE)
    table = Table(engine.as_client(), TABLE, Retry(tries=1))
    store = DynamoStore(table, NUMBERS, 1)
    created = {id: active(id, number=msisdn(number)) for number, id in enumerate(happenings, 200)}
    current = {id: store.create(_as_created(subscription), first) for id, (subscription, first) in created.items()}
    beginning = engine.snapshot()
    events = {id: [_happening(engine, store, current, id, size) for size in sizes] for id, sizes in happenings.items()}
    return Beginning(engine, beginning, events)


def _as_created(subscription: Subscription) -> Subscription:
    return replace(subscription, seq=1, version=1)


def _happening(
    engine: InMemoryDynamoDB, store: DynamoStore, current: dict[str, Subscription], id: str, size: int
) -> Happening:
    change = Change.of(current[id])
    for n in range(size):
        change = change.record(EntryKind.SUSPENDED, START, None, {"n": n})
    store.commit(change)
    current[id] = change.after
    pk = {":pk": {"S": keys.subscription_pk(PARTNER, id)}}
    rows = engine.query(
        TableName=TABLE, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=pk, ConsistentRead=True
    )["Items"]
    (image,) = (row for row in rows if row["sk"]["S"] == keys.SUBSCRIPTION)
    carries = "last" in image
    written = [row for row in rows if row["sk"]["S"].startswith(keys.JOURNAL)]
    return Happening(image, written[:-1] if carries else written)
