"""The places where the store is tried: DynamoDB as several engines play it, with the template's own table.

moto is called by boto3, as the operator's commands call DynamoDB; what answers at a socket is called by the functions'
own client.
"""

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.credentials import Credentials

from local.world.local_aws import LocalAws
from local.world.ports import Ports
from pinbill.aws.clients import client_config
from pinbill.aws.services import DirectDynamoDB
from pinbill.store.data_keys import DataKeys
from pinbill.store.identities import SealedIdentities
from pinbill.store.numbers import Numbers
from pinbill.store.table import Table
from pinbill.store.wrapping_keys import KeyService, WrappingKeys
from pinbill.usecases.ports.time_and_ids import Clock
from tests.contracts.moto_server import moto_server
from tests.fakes.clock import FakeClock
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.kms import FakeKms
from tests.unit.project.template import load_template, resources_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

THREADS = 16
FAKE_DYNAMODB, MOTO, MOTO_SERVER = "fake_dynamodb", "moto", "moto_server"
LOCAL_AWS = pytest.param("local_aws", marks=pytest.mark.aws)
ENGINES = [FAKE_DYNAMODB, MOTO, MOTO_SERVER, LOCAL_AWS]


@cache
def deployed_table(logical_id: str = "Table") -> Mapping[str, Any]:
    """The properties of a table that template.yaml deploys."""
    return resources_of(load_template(), "AWS::DynamoDB::Table")[logical_id]


def create_table(client: "DynamoDBClient", name: str | None = None, logical_id: str = "Table") -> str:
    """Create a table that template.yaml deploys, unless named under a name of its own; returns the name."""
    properties, name = deployed_table(logical_id), name or f"pinbill-{uuid.uuid4().hex}"
    client.create_table(
        TableName=name,
        BillingMode=properties["BillingMode"],
        AttributeDefinitions=properties["AttributeDefinitions"],
        KeySchema=properties["KeySchema"],
        GlobalSecondaryIndexes=properties["GlobalSecondaryIndexes"],
    )
    return name


def sealed_identities(client: "DynamoDBClient", service: KeyService | None = None) -> SealedIdentities:
    """With keys in a new table of keys, under a KMS in memory. The wrapping key is there, as but once it always is."""
    table = Table(client, create_table(client, logical_id="KeyTable"))
    wrapping = WrappingKeys(table, service or FakeKms(), time.monotonic, time.time)
    wrapping.newest()
    data_keys = DataKeys(table, wrapping)
    return SealedIdentities(Numbers(lambda: b"a key for tests"), lambda: data_keys)


def fake_dynamodb(clock: Clock | None = None) -> InMemoryDynamoDB:
    """The engine in memory; its tokens grow old by `clock`, or not at all."""
    return InMemoryDynamoDB((clock or FakeClock()).now)


class TestersClient(DirectDynamoDB):
    """The functions' own client, and how a table is made and looked through."""

    def create_table(self, **given: Any) -> Any:
        return self._call("CreateTable", given)

    def scan(self, **given: Any) -> Any:
        return self._call("Scan", given)


@contextmanager
def direct(endpoint: str) -> Iterator["DynamoDBClient"]:
    """The functions' own client."""
    client = TestersClient(endpoint, "eu-west-2", Credentials("test", "test").get_frozen_credentials)
    yield client.as_client()
    client.close()


def connect(endpoint: str | None = None) -> "DynamoDBClient":
    """A client of boto3's, with room for the tests' threads; without an endpoint it is moto's."""
    return boto3.client(
        "dynamodb",
        region_name="eu-west-2",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=client_config(connections=THREADS),
    )


@contextmanager
def local_aws(home: Path) -> Iterator[str]:
    """The address of a local AWS that ends with the context."""
    with LocalAws(home, Ports.free().aws) as aws:
        # It loads a service at its first call, which may take longer than the functions' client waits.
        aws.client("dynamodb", repeatable=True).list_tables()
        yield aws.url


@pytest.fixture(scope="session")
def local_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_aws(tmp_path_factory.mktemp("local-aws")) as url:
        yield url


@pytest.fixture(scope="session")
def local_client(local_endpoint: str) -> Iterator["DynamoDBClient"]:
    with direct(local_endpoint) as client:
        yield client


@pytest.fixture(scope="session")
def moto_client() -> Iterator["DynamoDBClient"]:
    with moto_server() as url, direct(url) as client:
        yield client


@pytest.fixture
def local_table(local_client: "DynamoDBClient") -> Table:
    """An empty table in the local AWS."""
    return Table(local_client, create_table(local_client))
