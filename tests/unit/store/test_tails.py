"""A change with one entry: its item carries the entry, and the entry's row follows, now or by the next writer."""

from collections.abc import Callable

import pytest
from botocore.exceptions import CredentialRetrievalError

from pinbill.domain.change import Change
from pinbill.domain.journal import EntryKind
from pinbill.domain.subscription import Subscription
from pinbill.errors import StoreUnavailable
from pinbill.store import keys
from pinbill.store.retrying import Retry
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.ports.store import StaleVersion
from tests.contracts.engines import create_table, fake_dynamodb
from tests.fakes.clock import START
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.dynamodb_faults import LOSSES, REFUSALS, Answer, Request
from tests.fakes.identities import PlainIdentities
from tests.fakes.samples import PARTNER, active, touched

THROTTLED, TIMEOUT = REFUSALS["throttled"], LOSSES["read timeout"]
ITEM, ROW_2, ROW_3 = "put SUB", "put J#0000000002", "put J#0000000003"


def _no_credentials(_: Request) -> Exception:
    return CredentialRetrievalError(provider="test", error_msg="gone")


class Requests:
    """An Around that keeps what was asked for. Rows of entries meet `failure` while there is one."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.failure: Callable[[Request], Exception] | None = None

    def __call__(self, request: Request, /) -> Answer:
        rows = _rows(request)
        self.made.append(f"put {' '.join(rows)}" if rows else request.operation)
        if self.failure and rows and rows[0].startswith(keys.JOURNAL):
            raise self.failure(request)
        return request.apply()

    def taken(self) -> list[str]:
        """What was asked for since the last look."""
        made, self.made = self.made, []
        return made


def _rows(request: Request) -> list[str]:
    if request.operation == "PutItem":
        return [request.parameters["Item"]["sk"]["S"]]
    if request.operation == "TransactWriteItems":
        return [action["Put"]["Item"]["sk"]["S"] for action in request.parameters["TransactItems"]]
    return []


@pytest.fixture
def engine() -> InMemoryDynamoDB:
    return fake_dynamodb()


@pytest.fixture
def name(engine: InMemoryDynamoDB) -> str:
    return create_table(engine.as_client())


@pytest.fixture
def requests(engine: InMemoryDynamoDB) -> Requests:
    engine.around = requests = Requests()
    return requests


def _process(engine: InMemoryDynamoDB, name: str) -> DynamoStore:
    impatient = Retry(tries=1)
    return DynamoStore(Table(engine.as_client(), name, impatient), PlainIdentities(), 1)


@pytest.fixture
def store(engine: InMemoryDynamoDB, name: str) -> DynamoStore:
    return _process(engine, name)


@pytest.fixture
def other(engine: InMemoryDynamoDB, name: str) -> DynamoStore:
    """The store of another process."""
    return _process(engine, name)


@pytest.fixture
def subscription(store: DynamoStore, requests: Requests) -> Subscription:
    subscription, entry = active()
    created = store.create(subscription, entry)
    requests.taken()
    return created


def _entry(subscription: Subscription, kind: EntryKind = EntryKind.SUSPENDED) -> Change:
    return touched(subscription).record(kind, START, detail={"n": subscription.seq})


def _kinds(store: DynamoStore) -> list[EntryKind]:
    return [entry.kind for entry in store.journal(PARTNER, "SUB1", 50, None, money_only=False).rows]


def test_one_entry_costs_two_lone_puts_the_item_first(
    store: DynamoStore, subscription: Subscription, requests: Requests
) -> None:
    store.commit(_entry(subscription))
    assert requests.taken() == [ITEM, ROW_2]


def test_the_row_bears_the_stamp_of_the_items_write(
    engine: InMemoryDynamoDB, name: str, store: DynamoStore, subscription: Subscription
) -> None:
    store.commit(_entry(subscription))
    table = Table(engine.as_client(), name)
    item, row = table.get(keys.subscription(PARTNER, "SUB1")), table.get(keys.entry(PARTNER, "SUB1", 2))
    assert item is not None
    assert row is not None
    assert row["write_id"] == item["write_id"]


@pytest.mark.parametrize("failure", [THROTTLED, TIMEOUT, _no_credentials], ids=["refused", "lost", "no credentials"])
def test_a_change_is_done_when_its_item_is_written_whatever_becomes_of_the_row(
    store: DynamoStore,
    other: DynamoStore,
    subscription: Subscription,
    requests: Requests,
    failure: Callable[[Request], Exception],
) -> None:
    requests.failure = failure
    change = _entry(subscription)
    store.commit(change)
    assert other.subscription(PARTNER, "SUB1") == change.after
    assert _kinds(other) == [EntryKind.SUSPENDED, EntryKind.SUBSCRIBED]


def _left_behind(store: DynamoStore, subscription: Subscription, requests: Requests) -> Subscription:
    """The process has died between the two puts."""
    change = _entry(subscription)
    requests.failure = THROTTLED
    store.commit(change)
    requests.failure = None
    requests.taken()
    return change.after


def test_who_wrote_the_item_writes_its_row_before_the_next_one(
    store: DynamoStore, subscription: Subscription, requests: Requests
) -> None:
    store.commit(touched(_left_behind(store, subscription, requests)))
    assert requests.taken() == [ROW_2, ITEM]


def test_who_reads_the_item_writes_its_row_before_the_next_one(
    store: DynamoStore, other: DynamoStore, subscription: Subscription, requests: Requests
) -> None:
    _left_behind(store, subscription, requests)
    other.commit(_entry(other.subscription(PARTNER, "SUB1"), EntryKind.RESUMED))
    assert requests.taken() == ["Query", ROW_2, ITEM, ROW_3]
    assert _kinds(store) == [EntryKind.RESUMED, EntryKind.SUSPENDED, EntryKind.SUBSCRIBED]


def test_who_is_shown_the_item_by_a_conflict_writes_its_row_before_the_next_one(
    store: DynamoStore, other: DynamoStore, subscription: Subscription, requests: Requests
) -> None:
    _left_behind(store, subscription, requests)
    with pytest.raises(StaleVersion) as stale:
        other.commit(touched(subscription))
    other.commit(touched(stale.value.current))
    assert requests.taken() == [ITEM, ROW_2, ITEM]


def test_a_transaction_comes_after_the_row_as_well(
    store: DynamoStore, other: DynamoStore, subscription: Subscription, requests: Requests
) -> None:
    _left_behind(store, subscription, requests)
    change = _entry(other.subscription(PARTNER, "SUB1"), EntryKind.RESUMED).record(EntryKind.SUSPENDED, START)
    other.commit(change)
    assert requests.taken() == ["Query", ROW_2, "put SUB J#0000000003 J#0000000004"]


def test_nothing_is_written_over_while_the_row_cannot_be_written(
    store: DynamoStore, other: DynamoStore, subscription: Subscription, requests: Requests
) -> None:
    left = _left_behind(store, subscription, requests)
    requests.failure = THROTTLED
    for process in (store, other):
        current = process.subscription(PARTNER, "SUB1")
        with pytest.raises(StoreUnavailable):
            process.commit(touched(current))
    assert ITEM not in requests.taken()
    assert other.subscription(PARTNER, "SUB1") == left


def test_a_row_that_is_there_is_not_written_again(
    store: DynamoStore, other: DynamoStore, subscription: Subscription, requests: Requests
) -> None:
    store.commit(_entry(subscription))
    requests.taken()
    other.commit(touched(other.subscription(PARTNER, "SUB1")))
    assert requests.taken() == ["Query", ITEM]


def test_who_may_only_read_reads_an_entry_that_has_no_row(
    store: DynamoStore, other: DynamoStore, subscription: Subscription, requests: Requests
) -> None:
    left = _left_behind(store, subscription, requests)
    assert other.subscription(PARTNER, "SUB1") == left
    assert _kinds(other) == [EntryKind.SUSPENDED, EntryKind.SUBSCRIBED]
    assert set(requests.taken()) == {"Query"}


def test_a_write_that_others_have_written_over_before_its_repeat_is_known_by_its_row(
    engine: InMemoryDynamoDB, name: str, other: DynamoStore, subscription: Subscription
) -> None:
    patient = DynamoStore(
        Table(engine.as_client(), name, Retry(tries=2, sleep=lambda seconds: None)), PlainIdentities(), 1
    )
    change = _entry(patient.subscription(PARTNER, "SUB1"))

    def lose(request: Request) -> Answer:
        engine.around = None
        request.apply()
        other.commit(_entry(other.subscription(PARTNER, "SUB1"), EntryKind.RESUMED))
        raise TIMEOUT(request)

    engine.around = lose
    patient.commit(change)
    assert _kinds(other) == [EntryKind.RESUMED, EntryKind.SUSPENDED, EntryKind.SUBSCRIBED]


def test_what_has_its_row_is_not_kept_in_memory(
    store: DynamoStore, other: DynamoStore, subscription: Subscription, requests: Requests
) -> None:
    """A process lives for hours and meets every subscription once a month."""
    current = _left_behind(store, subscription, requests)
    for _ in range(3):
        change = _entry(current)
        store.commit(change)
        current = change.after
    _left_behind(store, current, requests)
    other.subscription(PARTNER, "SUB1")
    other.commit(_entry(other.subscription(PARTNER, "SUB1")))
    store.subscription(PARTNER, "SUB1")
    assert other._tails._known == {}
