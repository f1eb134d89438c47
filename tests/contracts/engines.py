"""The places where the store is tried: DynamoDB as moto and as the local AWS play it, with the template's own table."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from local.world.local_aws import LocalAws
from local.world.ports import Ports
from pinbill.store.clients import client_config
from pinbill.store.table import Table
from tests.unit.project.template import load_template, resources_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

THREADS = 16


def create_table(client: "DynamoDBClient") -> str:
    """Create the table that template.yaml deploys, under a name of its own; returns the name."""
    (properties,) = resources_of(load_template(), "AWS::DynamoDB::Table").values()
    name = f"pinbill-{uuid.uuid4().hex}"
    client.create_table(
        TableName=name,
        BillingMode=properties["BillingMode"],
        AttributeDefinitions=properties["AttributeDefinitions"],
        KeySchema=properties["KeySchema"],
        GlobalSecondaryIndexes=properties["GlobalSecondaryIndexes"],
    )
    return name


def connect(endpoint: str | None = None) -> "DynamoDBClient":
    """A client as a function makes it, with room for the tests' threads; without an endpoint it is moto's."""
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
        yield aws.url


@pytest.fixture(scope="session")
def local_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_aws(tmp_path_factory.mktemp("local-aws")) as url:
        yield url


@pytest.fixture(scope="session")
def local_client(local_endpoint: str) -> Iterator["DynamoDBClient"]:
    client = connect(local_endpoint)
    yield client
    client.close()


@pytest.fixture
def local_table(local_client: "DynamoDBClient") -> Table:
    """An empty table in the local AWS."""
    return Table(local_client, create_table(local_client))
