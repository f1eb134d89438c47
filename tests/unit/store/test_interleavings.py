"""Two processes, or two threads of one, at one subscription: in every order, with whatever may befall each request.

No journal entry is lost, doubled or changed; what took effect is reported as done or as unavailable, never as stale.
"""

import itertools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace

import pytest

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
from pinbill.store.numbers import Numbers
from pinbill.store.retrying import Retry
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.ports import StaleVersion
from tests.contracts.engines import create_table, fake_dynamodb
from tests.fakes.clock import START
from tests.fakes.dynamodb import InMemoryDynamoDB, Snapshot
from tests.fakes.dynamodb_faults import REFUSALS, Answer, Request
from tests.fakes.samples import PARTNER, active
from tests.unit.store.history import LABEL, History
from tests.unit.store.interleaved import Choices, Play, every_row, some_rows

NUMBERS = Numbers(lambda: b"a key for tests")
TABLE, SHARDS = "interleaved", 1
ROUNDS = 2  # in which an actor decides anew

ALONE, ENTRY, OPEN, TWO, CHARGE, END = "alone", "entry", "open", "two", "charge", "end"
SETTLING = (ALONE, ENTRY)  # a claim, and what came of it: what nearly every renewal is


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
        self, name: str, store: DynamoStore, kinds: Iterable[str], pause: Callable[[], None] = lambda: None
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
                        self.reports[label] = "stale"
                        assert stale.current.version > current.version
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
        self.commits("Z", later, (ALONE,))()
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


def _change(kind: str, current: Subscription, label: str) -> Change:
    """A change that says in the subscription, and in each of its entries, who made it."""
    labelled = Change.of(current).set(**{LABEL: label})
    claimed = claim_period(replace(current, state=State.ACTIVE, open_attempt=None), AttemptKind.RENEWAL, label, START)
    attempt = claimed.after.open_attempt
    assert attempt is not None
    said: dict[str, str | int] = {"by": label, "n": 1}
    match kind:
        case "alone":
            return labelled
        case "entry":
            return labelled.record(EntryKind.SUSPENDED, START, None, said)
        case "open":
            pending = settle(claimed.after, attempt.id, BillResult(AttemptState.PENDING, "PENDING"), START, _dunning())
            assert pending is not None
            opened = labelled.set(open_attempt=pending.after.open_attempt)
            return opened.record(EntryKind.ATTEMPT_PENDING, START, pending.after.open_attempt, said)
        case "two":
            both = labelled.record(EntryKind.ATTEMPT_PAID, START, attempt, said)
            return both.record(EntryKind.ENDED, START, None, said)
        case "charge":
            charge = Charge(label, "b" * 64, Money(199, "GBP"), "Film", START, attempt)
            return labelled.record(EntryKind.ATTEMPT_PAID, START, attempt, said).with_new_charge(charge)
        case _:
            return labelled.set(state=State.ENDED).record(EntryKind.ENDED, START, None, said)


def _dunning() -> Dunning:
    return Dunning()


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


@pytest.fixture(params=["created", "with its entry's row", "carrying its entry"])
def beginning(request: pytest.FixtureRequest) -> Beginning:
    engine = fake_dynamodb()
    create_table(engine.as_client(), TABLE)
    store = DynamoStore(Table(engine.as_client(), TABLE, Retry(tries=1)), NUMBERS, SHARDS)
    subscription, first = active()
    created = store.create(subscription, first)
    entries: tuple[Entry, ...] = (first,)
    if request.param != "created":
        engine.around = _refuses_rows if request.param == "carrying its entry" else None
        change = _change(OPEN, created, "before")
        store.commit(change)
        entries += change.entries
        engine.around = None
    return Beginning(engine, engine.snapshot(), entries)


type Kinds = tuple[str, ...]

TOGETHER: dict[str, tuple[Kinds, Kinds]] = {
    "two settlements": ((ENTRY,), (OPEN,)),
    "a renewal and a settlement": (SETTLING, (ENTRY,)),
    "a settlement and a transaction": ((OPEN,), (TWO,)),
    "a settlement and a charge": ((ENTRY,), (CHARGE,)),
    "a settlement and an end": ((OPEN,), (END,)),
    "two entries and a claim": ((ENTRY, OPEN), (ALONE,)),
}


def _play(
    world: World,
    choices: Choices,
    faults: int,
    kinds: tuple[Kinds, Kinds],
    seen: set[Hashable],
    judged: set[Hashable],
    *,
    shared: bool,
) -> None:
    store = world.store()
    other = store if shared else world.store()
    play = Play(world.engine, choices, faults, world.look, world.shared, world.told, seen)
    pause = play.pause if shared else lambda: None
    try:
        if play.run(A=world.commits("A", store, kinds[0], pause), B=world.commits("B", other, kinds[1], pause)):
            world.judge(judged)
    except AssertionError as error:
        error.add_note("\n".join(play.trace))
        raise


@pytest.mark.parametrize("shared", [False, True], ids=["processes", "threads"])
@pytest.mark.parametrize("kinds", TOGETHER.values(), ids=list(TOGETHER))
def test_no_entry_is_lost_whatever_befalls_one_request(
    beginning: Beginning, kinds: tuple[Kinds, Kinds], *, shared: bool
) -> None:
    seen: set[Hashable] = set()
    judged: set[Hashable] = set()
    for choices in every_row():
        _play(beginning.world(2), choices, 1, kinds, seen, judged, shared=shared)
