"""Actors that change or list one subscription through the shipped store, and the judge of what is reported of it."""

import itertools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.claims import claim_period
from pinbill.domain.dunning import Dunning
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.settlement import settle
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from pinbill.errors import StoreUnavailable
from pinbill.store import keys
from pinbill.store.retrying import Retry
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.ports.store import StaleVersion
from tests.contracts.engines import create_table, fake_dynamodb
from tests.fakes.clock import START
from tests.fakes.dynamodb import InMemoryDynamoDB, Snapshot
from tests.fakes.dynamodb_faults import REFUSALS, Answer, Request
from tests.fakes.identities import PlainIdentities
from tests.fakes.samples import PARTNER, active
from tests.unit.store.history import LABEL, History

NUMBERS = PlainIdentities()
TABLE, SHARDS = "interleaved", 1
ROUNDS = 2  # in which an actor decides anew


class Kind(StrEnum):
    """What a change is written as."""

    ALONE = "alone"  # the item, as by a claim
    ENTRY = "entry"  # the item with one entry
    OPEN = "open"  # the same; the entry's attempt is also the one that is open
    TWO = "two"  # a transaction over the item and two entries
    CHARGE = "charge"  # one over the item, an entry and a charge
    END = "end"  # one over the item, an entry and the number's row


@dataclass(slots=True)
class World:
    """An engine with one subscription, and what is reported of the changes to it."""

    engine: InMemoryDynamoDB
    history: History
    tries: int
    reports: dict[str, str] = field(default_factory=dict)
    stores: list[DynamoStore] = field(default_factory=list)

    def store(self) -> DynamoStore:
        """Of a process of its own. The stamps of its writes are the same in every play."""
        retry = Retry(self.tries, sleep=lambda seconds: None, monotonic=lambda: 0.0, fraction=lambda: 0.0)
        process, write = len(self.stores), itertools.count(1)
        table = Table(self.engine.as_client(), TABLE, retry, lambda: f"{process}.{next(write)}")
        self.stores.append(DynamoStore(table, NUMBERS, SHARDS))
        return self.stores[-1]

    def shared(self) -> Hashable:
        """The table; and what the process knows in which two actors are."""
        return self.history.rows, frozenset(self.stores[0]._tails._known) if len(self.stores) == 1 else None

    def told(self) -> Hashable:
        return frozenset(self.reports.items())

    def commits(
        self, name: str, store: DynamoStore, kinds: Iterable[Kind], pause: Callable[[], None] = lambda: None
    ) -> Callable[[], None]:
        """An actor that reads the subscription and makes these changes, each of them on what it then knows.

        It pauses before each: another thread of its process may go on between its reading and its writing.
        """

        def run() -> None:
            current = store.subscription(PARTNER, "SUB1")
            for n, kind in enumerate(kinds):
                for round in range(ROUNDS):
                    label = f"{name}{n}.{round}"
                    change = _change(kind, current, label)
                    self.history.changes[label] = change
                    self.reports[label] = "crashed"
                    pause()
                    try:
                        store.commit(change)
                    except StaleVersion as stale:
                        self.reports[label] = "stale" if stale.current.version > current.version else "shown the past"
                        current = stale.current
                    except StoreUnavailable:
                        self.reports[label] = "unavailable"
                        current = store.subscription(PARTNER, "SUB1")
                    else:
                        self.reports[label] = "done"
                        current = change.after
                        break

        return _until_unavailable(run)

    def reads(self, store: DynamoStore, limit: int, *, money_only: bool) -> Callable[[], None]:
        """An actor that lists the journal, page by page."""

        def run() -> None:
            before = len(self.history.entries)
            read: list[Entry] = []
            cursor = None
            while True:
                page = store.journal(PARTNER, "SUB1", limit, cursor, money_only)
                read += page.rows
                cursor = page.cursor
                if cursor is None:
                    break
            newest = max([before, *(entry.seq for entry in read)])
            assert read == _listed(self.history.entries[:newest], money_only=money_only)

        return _until_unavailable(run)

    def look(self) -> None:
        """Whatever has happened so far: every entry has a row, or is carried by the subscription."""
        around, self.engine.around = self.engine.around, None
        meter, self.engine.meter = self.engine.meter, None
        rows = self.engine.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.subscription_pk(PARTNER, "SUB1")}},
            ConsistentRead=True,
        )["Items"]
        self.engine.around, self.engine.meter = around, meter
        known = {int(row["seq"]["N"]) for row in rows if row["sk"]["S"].startswith(keys.JOURNAL)}
        (item,) = (row for row in rows if row["sk"]["S"] == keys.SUBSCRIPTION)
        if "last" in item:
            known.add(int(item["last"]["M"]["seq"]["N"]))
        assert known == set(range(1, len(self.history.entries) + 1)), "an entry is lost"
        assert int(item["seq"]["N"]) == len(self.history.entries)

    def judge(self, judged: set[Hashable]) -> None:
        """After the last effect; not again what was `judged` before."""
        applied = set(self.history.applied)
        for label, report in self.reports.items():
            assert report in ("done", "stale", "unavailable", "crashed")
            if report == "done":
                assert label in applied, f"{label} was reported as done"
            if report == "stale" and self.history.changes[label].entries:
                assert label not in applied, f"{label} was reported as stale"
        if self.history.rows in judged:
            return
        judged.add(self.history.rows)
        self._judge_journal()
        # Somebody who comes later and writes leaves every entry with a row, but the one that it carries itself.
        later = self.store()
        self.commits("Z", later, (Kind.ALONE,))()
        assert self.reports["Z0.0"] == "done"
        self.look()
        rows = {entry.seq for entry in self._journal(50, money_only=False)}
        assert rows == set(range(1, len(self.history.entries) + 1))

    def _judge_journal(self) -> None:
        for money_only in (False, True):
            expected = _listed(self.history.entries, money_only=money_only)
            for limit in (1, 2, 3, 50):
                assert self._journal(limit, money_only=money_only) == expected

    def _journal(self, limit: int, *, money_only: bool) -> list[Entry]:
        read: list[Entry] = []
        cursor = None
        store = self.store()
        while True:
            page = store.journal(PARTNER, "SUB1", limit, cursor, money_only)
            assert len(page.rows) == limit or page.cursor is None
            read += page.rows
            cursor = page.cursor
            if cursor is None:
                return read


def _until_unavailable(run: Callable[[], None]) -> Callable[[], None]:
    def body() -> None:
        try:
            run()
        except StoreUnavailable:
            return

    return body


def _listed(entries: Iterable[Entry], *, money_only: bool) -> list[Entry]:
    return [entry for entry in reversed(list(entries)) if entry.attempt or not money_only]


def _change(kind: Kind, current: Subscription, label: str) -> Change:
    """A change that says in the subscription, and in each of its entries, who made it."""
    labelled = Change.of(current).set(**{LABEL: label})
    claimed = claim_period(replace(current, state=State.ACTIVE, open_attempt=None), AttemptKind.RENEWAL, label, START)
    attempt = claimed.after.open_attempt
    assert attempt is not None
    said: dict[str, str | int] = {"by": label, "n": 1}
    match kind:
        case Kind.ALONE:
            return labelled
        case Kind.ENTRY:
            return labelled.record(EntryKind.SUSPENDED, START, None, said)
        case Kind.OPEN:
            pending = settle(claimed.after, attempt.id, BillResult(AttemptState.PENDING, "PENDING"), START, Dunning())
            assert pending is not None
            opened = labelled.set(open_attempt=pending.after.open_attempt)
            return opened.record(EntryKind.ATTEMPT_PENDING, START, pending.after.open_attempt, said)
        case Kind.TWO:
            both = labelled.record(EntryKind.ATTEMPT_PAID, START, attempt, said)
            return both.record(EntryKind.ENDED, START, None, said)
        case Kind.CHARGE:
            charge = Charge(label, "b" * 64, Money(199, "GBP"), "Film", START, attempt)
            return labelled.record(EntryKind.ATTEMPT_PAID, START, attempt, said).with_new_charge(charge)
        case Kind.END:
            return labelled.set(state=State.ENDED).record(EntryKind.ENDED, START, None, said)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A subscription to begin with, as often as one likes."""

    engine: InMemoryDynamoDB
    snapshot: Snapshot
    entries: tuple[Entry, ...]

    def world(self, tries: int) -> World:
        self.engine.restore(self.snapshot)
        history = History(self.entries)
        self.engine.meter = history
        return World(self.engine, history, tries)


def _refuses_rows(request: Request, /) -> Answer:
    if request.operation == "PutItem" and request.parameters["Item"]["sk"]["S"].startswith(keys.JOURNAL):
        raise REFUSALS["throttled"](request)
    return request.apply()


class Found(StrEnum):
    """How a play finds its subscription."""

    CREATED = "created"
    WITH_ROW = "with its entry's row"
    CARRYING = "carrying its entry"  # the process that wrote the item has died before it wrote the row


def begin(found: Found) -> Beginning:
    engine = fake_dynamodb()
    create_table(engine.as_client(), TABLE)
    store = DynamoStore(Table(engine.as_client(), TABLE, Retry(tries=1)), NUMBERS, SHARDS)
    subscription, first = active()
    created = store.create(subscription, first)
    entries: tuple[Entry, ...] = (first,)
    if found is not Found.CREATED:
        engine.around = _refuses_rows if found is Found.CARRYING else None
        change = _change(Kind.OPEN, created, "before")
        store.commit(change)
        entries += change.entries
        engine.around = None
    return Beginning(engine, engine.snapshot(), entries)
