"""The subjects of the contract tests: the in-memory store and the DynamoDB one on two engines."""

import itertools
from collections.abc import Iterator

import pytest
from moto import mock_aws

from pinbill.store.catalog import CACHE_SECONDS, DynamoCatalog
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.due_index import DynamoDueIndex
from pinbill.store.numbers import Numbers
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.ports import DueIndex, Store
from tests.contracts.engines import connect, create_table, local_client, local_endpoint, local_table
from tests.contracts.subject import Subject
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.due_index import InMemoryDueIndex
from tests.fakes.store import InMemoryStore

__all__ = ["local_client", "local_endpoint", "local_table"]

SHARDS = 3


def in_memory() -> Subject:
    store, catalog = InMemoryStore(), InMemoryCatalog()
    return Subject(store, InMemoryDueIndex(store, SHARDS), catalog, catalog)


def on_dynamodb(table: Table) -> Subject:
    # Every look finds the cache too old: what the catalog keeps is the subject of a unit test.
    ticks = itertools.count(0, CACHE_SECONDS)
    return Subject(
        DynamoStore(table, Numbers(lambda: b"a key for tests"), SHARDS),
        DynamoDueIndex(table, SHARDS),
        DynamoCatalog(table, lambda: next(ticks)),
        CatalogWriter(table),
    )


@pytest.fixture(params=["memory", "moto", pytest.param("local_aws", marks=pytest.mark.aws)])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    match request.param:
        case "memory":
            yield in_memory()
        case "moto":
            with mock_aws():
                client = connect()
                yield on_dynamodb(Table(client, create_table(client)))
                client.close()
        case _:
            yield on_dynamodb(request.getfixturevalue("local_table"))


@pytest.fixture
def store(subject: Subject) -> Store:
    return subject.store


@pytest.fixture
def due(subject: Subject) -> DueIndex:
    return subject.due
