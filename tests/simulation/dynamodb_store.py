"""The store of a story as it is shipped: DynamoStore and its indexes over an in-memory DynamoDB that takes the faults.

A fault happens to one request of the client. What lasts ("unavailable", "ambiguous", "late_write") goes on through all
repeats that the shipped code makes of it; what does not ("own") is met by the next repeat.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from pinbill.domain.journal import Entry
from pinbill.domain.stops import Stop
from pinbill.domain.subscription import Subscription
from pinbill.errors import SubscriptionNotFound
from pinbill.store import keys
from pinbill.store.bookings import DynamoBookings
from pinbill.store.bookmarks import DynamoBookmarks
from pinbill.store.due_index import DynamoDueIndex
from pinbill.store.items import from_wire
from pinbill.store.journal_items import entry_in
from pinbill.store.numbers import Numbers
from pinbill.store.open_outcomes import DynamoOpenOutcomes
from pinbill.store.retrying import Retry
from pinbill.store.runs import DynamoRuns
from pinbill.store.slot_index import DynamoSlotIndex
from pinbill.store.stops import DynamoStops
from pinbill.store.subscription_items import subscription_in
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.store.tails import Tails, carried
from pinbill.usecases.ports.billing import Bookings, Runs, Stops
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.due import Bookmarks, Indexes, OpenOutcomes
from pinbill.usecases.ports.store import Store
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.dynamodb import InMemoryDynamoDB, Snapshot
from tests.fakes.dynamodb_faults import LOSSES, REFUSALS, Answer, Failure, Request, lands
from tests.fakes.identities import PlainIdentities
from tests.simulation.clock import VirtualClock
from tests.simulation.dynamodb_requests import meaning, put_rows
from tests.simulation.faults import Fault, Port
from tests.simulation.faulty_control import WatchedStops
from tests.simulation.faulty_readings import FaultyCatalog
from tests.simulation.memory_store import SHARDS, STEPS_UNTIL_LATE_WRITE, Applied
from tests.simulation.scheduler import Actor, Crash, Scheduler
from tests.unit.project.template import load_template, resources_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TABLE = "simulated"
TRIES = 8  # that the shipped code makes of one call
THROTTLED, TIMEOUT, BROKEN = REFUSALS["throttled"], LOSSES["read timeout"], LOSSES["connection closed"]
MOST_ENTRIES = 100_000


@cache
def _definition() -> Mapping[str, Any]:
    """The table that is deployed."""
    properties = resources_of(load_template(), "AWS::DynamoDB::Table")["Table"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {"TableName": TABLE, **{name: properties[name] for name in wanted}}


class DynamoBackend:
    """All rows of a story in an in-memory DynamoDB, and the shipped adapters over it."""

    def __init__(self, scheduler: Scheduler, judge: Applied, clock: VirtualClock) -> None:
        self._scheduler = scheduler
        self._judge = judge
        self._failing: dict[int, tuple[int, Failure]] = {}  # by actor: how often still, and how
        self._writes = 0
        self._places: list[tuple[str, str]] = []
        self._client = InMemoryDynamoDB(lambda: clock.true, self._around)
        self._client.create_table(**_definition())
        self._numbers = PlainIdentities(Numbers(lambda: b"a key of the simulation's own"))
        retry = Retry(TRIES, sleep=lambda seconds: None, monotonic=lambda: 0.0, fraction=lambda: 0.0)
        table = Table(self._client.as_client(), TABLE, retry, self._write_id)
        self._table = table
        self._store = DynamoStore(table, self._numbers, SHARDS)
        self.store: Store = self._store
        self._looking = False
        quiet = Table(self._quiet_client(), TABLE)
        self.rows: Store = DynamoStore(quiet, self._numbers, SHARDS)
        self.bookmarks: Bookmarks = DynamoBookmarks(quiet)
        self.indexes = Indexes(DynamoDueIndex(table, SHARDS), DynamoSlotIndex(table), DynamoBookmarks(table))
        self.bookings: Bookings = DynamoBookings(table)
        self.runs: Runs = DynamoRuns(table)

        def seconds() -> float:
            return clock.true.timestamp()

        self._stops = DynamoStops(table, seconds)
        self.stops: Stops = WatchedStops(self._stops, lambda: self._stops_read, judge.told_of_stops)
        self._operator = DynamoStops(table, seconds)
        self.operator: Stops = self._operator
        self._stops_read = 0
        self._quiet = quiet
        self.outcomes: OpenOutcomes = DynamoOpenOutcomes(table)
        self.writer = InMemoryCatalog()
        self.catalog: Catalog = FaultyCatalog(self.writer, scheduler)

    def _write_id(self) -> str:
        self._writes += 1
        return f"w{self._writes}"

    # --- the client's requests

    def _around(self, request: Request, /) -> Answer:
        actor = self._scheduler.current
        if self._looking or actor is None:
            return request.apply()
        left, failure = self._failing.pop(actor.number, (0, THROTTLED))
        if left:
            self._fail(actor.number, left, failure, request)
        port, what = meaning(request)
        if port is None or (port is Port.SLOTS and self._scheduler.goes_on(port)):
            return request.apply()  # as FaultySlotIndex has it
        fault = self._scheduler.step(port, what)
        if port is Port.STOPS:
            self._stops_read = self._scheduler.ticks
        return self._apply(request) if fault is None else self._befallen(request, actor, fault)

    def _befallen(self, request: Request, actor: Actor, fault: Fault) -> Answer:
        """The request meets a fault."""
        match fault:
            case Fault.CRASH:
                raise Crash
            case Fault.CRASH_AFTER:
                self._apply(request)
                raise Crash
            case Fault.SLOW:
                answer = self._apply(request)
                self._scheduler.let_others_go_on()
                return answer
            case Fault.INDEX_LAGS:
                return {"Items": [], "Count": 0}
            case Fault.OWN:
                self._land(request)
                self._scheduler.let_others_go_on()
                raise BROKEN(request)
            case Fault.AMBIGUOUS:
                self._land(request)
            case Fault.LATE_WRITE | Fault.LATE_WRITE_SOON:
                soon = fault is Fault.LATE_WRITE_SOON
                self._scheduler.later(lambda: self._land(request), STEPS_UNTIL_LATE_WRITE if soon else None)
        self._fail(actor.number, TRIES, THROTTLED if fault is Fault.UNAVAILABLE else TIMEOUT, request)
        raise AssertionError("it has just failed")

    def _fail(self, actor: int, left: int, failure: Failure, request: Request) -> None:
        if left > 1:
            self._failing[actor] = left - 1, failure
        raise failure(request)

    def _land(self, request: Request) -> None:
        """The request takes effect, if it can, and nobody hears of it."""
        lands(Request(request.operation, request.parameters, lambda: self._apply(request)))

    def _apply(self, request: Request) -> Answer:
        """The request takes effect; the judge is told of a subscription that it has changed."""
        put = [dict(from_wire(item)) for item in put_rows(request)]
        row = next((item for item in put if item["sk"] == keys.SUBSCRIPTION), None)
        if row is None:
            return request.apply()
        after = subscription_in(row)
        before = self._stored(after)
        answer = request.apply()
        # A repeat of what was applied before is answered without effect, even when others have written above it.
        stored = self._stored(after)
        if (
            stored is not None
            and stored.version == after.version
            and (before is None or before.version != after.version)
        ):
            entries = [entry_in(item) for item in put if item["sk"].startswith(keys.JOURNAL)]
            tail = carried(row)
            if tail:
                entries.append(entry_in(tail.row))
            if before is None:
                self._places.append((after.partner, after.id))
            self._judge.applied(before, after, entries)
        return answer

    def _stored(self, subscription: Subscription) -> Subscription | None:
        try:
            return self.rows.subscription(subscription.partner, subscription.id)
        except SubscriptionNotFound:
            return None

    def stopped(self) -> Sequence[Stop]:
        return DynamoStops(self._quiet, lambda: 0.0).standing()

    def new_processes(self) -> None:
        """What a process knows of cohorts, journal rows and stops dies with it."""
        self._store._tails = Tails(self._table)
        self._store._registered.clear()
        self._stops._known = self._operator._known = None

    # --- what the judge looks at

    def subscriptions(self) -> Iterator[Subscription]:
        for partner, id in list(self._places):
            yield self.rows.subscription(partner, id)

    def journal(self, subscription: Subscription) -> Sequence[Entry]:
        """All entries, oldest first."""
        page = self.rows.journal(subscription.partner, subscription.id, MOST_ENTRIES, None, money_only=False)
        return list(reversed(page.rows))

    def _quiet_client(self) -> "DynamoDBClient":
        """The same rows, read without steps and faults."""

        def quietly(read: Callable[..., Answer]) -> Callable[..., Answer]:
            def look(**given: Any) -> Answer:
                self._looking = True
                try:
                    return read(**given)
                finally:
                    self._looking = False

            return look

        calls = ("get_item", "query", "put_item")
        client = SimpleNamespace(**{name: quietly(getattr(self._client, name)) for name in calls})
        return cast("DynamoDBClient", client)

    def snapshot(self) -> object:
        return self._client.snapshot(), tuple(self._places), self._writes

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        rows, places, self._writes = snapshot
        assert isinstance(rows, Snapshot)
        self._client.restore(rows)
        self._places = list(places)
        self._failing.clear()
