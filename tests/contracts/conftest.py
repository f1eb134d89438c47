"""The subjects of the contract tests: the in-memory store and the DynamoDB one on three engines."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from pinbill.store.bookings import DynamoBookings
from pinbill.store.bookmarks import DynamoBookmarks
from pinbill.store.catalog import CACHE_SECONDS, DynamoCatalog
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.due_index import DynamoDueIndex
from pinbill.store.identities import Identities
from pinbill.store.open_outcomes import DynamoOpenOutcomes
from pinbill.store.runs import DynamoRuns
from pinbill.store.slot_index import DynamoSlotIndex
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.ports.billing import Bookings, Runs
from pinbill.usecases.ports.due import Bookmarks, DueIndex, Indexes, SlotIndex
from pinbill.usecases.ports.store import Store
from tests.contracts.engines import (
    ENGINES,
    connect,
    create_table,
    fake_dynamodb,
    local_client,
    local_endpoint,
    local_table,
    moto_client,
    sealed_identities,
)
from tests.contracts.raw_table import RawTable
from tests.contracts.subject import Subject
from tests.contracts.webhook_subject import WebhookSubject, webhooks_in_memory, webhooks_on_dynamodb
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.indexes import InMemoryBookings, InMemoryBookmarks, InMemoryDueIndex, InMemorySlotIndex
from tests.fakes.open_outcomes import InMemoryOpenOutcomes
from tests.fakes.runs import InMemoryRuns
from tests.fakes.store import InMemoryStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

__all__ = ["local_client", "local_endpoint", "local_table", "moto_client"]

SHARDS = 3


def in_memory() -> Subject:
    store, catalog = InMemoryStore(), InMemoryCatalog()
    indexes = Indexes(InMemoryDueIndex(store, SHARDS), InMemorySlotIndex(store), InMemoryBookmarks())
    return Subject(store, indexes, InMemoryBookings(), InMemoryRuns(), InMemoryOpenOutcomes(store), catalog, catalog)


def on_dynamodb(table: Table, identities: Identities) -> Subject:
    # Every look finds the cache too old: what the catalog keeps is the subject of a unit test.
    ticks = itertools.count(0, CACHE_SECONDS)
    return Subject(
        DynamoStore(table, identities, SHARDS),
        Indexes(DynamoDueIndex(table, SHARDS), DynamoSlotIndex(table), DynamoBookmarks(table)),
        DynamoBookings(table),
        DynamoRuns(table),
        DynamoOpenOutcomes(table),
        DynamoCatalog(table, lambda: next(ticks)),
        CatalogWriter(table),
    )


@contextmanager
def client_of(engine: str, request: pytest.FixtureRequest) -> Iterator["DynamoDBClient"]:
    """A client of one of ENGINES."""
    match engine:
        case "fake_dynamodb":
            yield fake_dynamodb().as_client()
        case "moto":
            with mock_aws():
                client = connect()
                yield client
                client.close()
        case "moto_server":
            yield request.getfixturevalue("moto_client")
        case _:
            yield request.getfixturevalue("local_client")


@pytest.fixture(params=["memory", *ENGINES])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "memory":
        yield in_memory()
    else:
        with client_of(request.param, request) as client:
            yield on_dynamodb(Table(client, create_table(client)), sealed_identities(client))


@pytest.fixture(params=["memory", *ENGINES])
def webhooks(request: pytest.FixtureRequest) -> Iterator[WebhookSubject]:
    if request.param == "memory":
        yield webhooks_in_memory()
    else:
        with client_of(request.param, request) as client:
            yield webhooks_on_dynamodb(Table(client, create_table(client)))


@pytest.fixture(params=ENGINES)
def raw(request: pytest.FixtureRequest) -> Iterator[RawTable]:
    with client_of(request.param, request) as client:
        yield RawTable(client, create_table(client))


@pytest.fixture
def store(subject: Subject) -> Store:
    return subject.store


@pytest.fixture
def due(subject: Subject) -> DueIndex:
    return subject.indexes.due


@pytest.fixture
def slots(subject: Subject) -> SlotIndex:
    return subject.indexes.slots


@pytest.fixture
def bookings(subject: Subject) -> Bookings:
    return subject.bookings


@pytest.fixture
def runs(subject: Subject) -> Runs:
    return subject.runs


@pytest.fixture
def bookmarks(subject: Subject) -> Bookmarks:
    return subject.indexes.bookmarks


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def engine(clock: FakeClock) -> InMemoryDynamoDB:
    return fake_dynamodb(clock)
