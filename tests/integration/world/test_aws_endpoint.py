"""PINBILL_AWS_ENDPOINT leads every AWS client of a function to the local AWS, and only in the local world."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.world import LocalAws, Ports
from pinbill import bootstrap
from pinbill.errors import SecretUnreadable, SettingInvalid, StoreUnavailable
from pinbill.parts import Parts
from pinbill.settings import TableSettings
from pinbill.store import keys
from pinbill.store.items import time_out, to_wire
from tests.contracts.engines import create_table
from tests.fakes.clock import START

SECRET = "pinbill/test"
NUMBER_KEY = "ab" * 32
RAIL_RATES = {"PINBILL_INFOMEDIA_RATE": "5", "PINBILL_SIGNZY_RATE": "1", "PINBILL_RUN_INTERVAL": "60"}


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[LocalAws]:
    with LocalAws(tmp_path, Ports.free().aws) as aws:
        yield aws


@pytest.fixture
def environment(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A function's variables in a container: an account, no AWS_ENDPOINT_URL, and parts that exist in `aws` only."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    aws.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps({"number_key": NUMBER_KEY}))
    return {
        "PINBILL_STAGE": "local",
        "PINBILL_TABLE": create_table(aws.client("dynamodb")),
        "PINBILL_AWS_ENDPOINT": aws.url,
        "PINBILL_DUE_SHARDS": "1",
        "PINBILL_PROVIDER_SECRET": SECRET,
        "PINBILL_INFOMEDIA_BASE_URL": "http://127.0.0.1:9",
        "PINBILL_INFOMEDIA_PREFIX": "/dcbsb",
        "PINBILL_SIGNZY_BASE_URL": "http://127.0.0.1:9",
        "PINBILL_SIGNZY_PREFIX": "/api",
        "PINBILL_PROVIDER_CONNECT_TIMEOUT": "1",
        "PINBILL_PROVIDER_READ_TIMEOUT": "1",
    }


def test_the_table_and_the_secret_are_those_of_the_endpoint(environment: dict[str, str]) -> None:
    parts = Parts(environment)

    assert parts.table.get(keys.clock()) is None
    assert parts.credentials.number_key() == bytes.fromhex(NUMBER_KEY)


def test_the_queue_is_that_of_the_endpoint(
    aws: LocalAws, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="bills")["QueueUrl"]
    for name, value in {**environment, **RAIL_RATES, "PINBILL_BILL_QUEUE_URL": url}.items():
        monkeypatch.setenv(name, value)
    due = {"due_pk": "DUE#infomedia#acme#0", "due_sk": "2000-01-01T00:00:00.000000Z#one", "due_kind": "bill"}
    known = {"pk": "COHORTS#infomedia", "sk": "acme#weekly#UTC#week1", "since": time_out(START)}
    for row in ({**keys.subscription("acme", "one"), **due, "plan": "weekly"}, known):
        aws.client("dynamodb").put_item(TableName=environment["PINBILL_TABLE"], Item=to_wire(row))

    services, _ = bootstrap.recurring_bill()
    handed = services.run.run()

    assert handed.subscriptions == 1
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["subscriptions"] == [["acme", "one"]]


def test_where_nobody_listens_neither_is_found(environment: dict[str, str]) -> None:
    parts = Parts(environment | {"PINBILL_AWS_ENDPOINT": f"http://127.0.0.1:{Ports.free().aws}"})

    with pytest.raises(StoreUnavailable):
        parts.table.get(keys.clock())
    with pytest.raises(SecretUnreadable):
        parts.credentials.number_key()


@pytest.mark.parametrize("stage", ["sandbox", "staging", "production"])
def test_a_stage_in_an_account_refuses_another_endpoint_than_aws(stage: str) -> None:
    variables = {"PINBILL_STAGE": stage, "PINBILL_TABLE": "table", "PINBILL_AWS_ENDPOINT": "http://127.0.0.1:4566"}

    with pytest.raises(SettingInvalid, match="PINBILL_AWS_ENDPOINT must be empty"):
        TableSettings.load(variables)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4566", "ftp://127.0.0.1", "http://127.0.0.1:4566/path", " "])
def test_an_endpoint_is_an_address_without_a_path(endpoint: str) -> None:
    variables = {"PINBILL_STAGE": "local", "PINBILL_TABLE": "table", "PINBILL_AWS_ENDPOINT": endpoint}

    with pytest.raises(SettingInvalid, match="PINBILL_AWS_ENDPOINT"):
        TableSettings.load(variables)


@pytest.mark.parametrize("stage", ["local", "sandbox", "staging", "production"])
def test_without_an_endpoint_aws_itself_is_meant(stage: str) -> None:
    variables = {"PINBILL_STAGE": stage, "PINBILL_TABLE": "table", "PINBILL_AWS_ENDPOINT": ""}

    assert Parts(variables).aws_endpoint is None
