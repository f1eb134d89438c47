"""A whole installation in moto, as the operator's commands find it: tables, a key in KMS, a secret, two partners."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3

from ops.stack import Stack
from pinbill.domain.partners import Partner, PartnerChange
from pinbill.domain.subscription import Subscription
from pinbill.store.data_keys import DataKeys
from pinbill.store.identities import Identities, SealedIdentities
from pinbill.store.kms import Kms
from pinbill.store.numbers import Numbers
from pinbill.store.partners import DynamoPartners
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.store.wrapping_keys import WrappingKeys
from tests.contracts.engines import connect, create_table
from tests.fakes.clock import START
from tests.fakes.identities import PlainIdentities

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

NUMBER_KEY = "5a" * 32
SECRET_NAME = "pinbill/tests/providers"
PARTNERS = ("acme", "rival")


@dataclass(slots=True)
class Installation:
    client: "DynamoDBClient" = field(default_factory=connect)
    seconds: float = 1_000_000.0
    table: Table = field(init=False)
    keys: Table = field(init=False)
    stack: Stack = field(init=False)
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.table = Table(self.client, create_table(self.client))
        self.keys = Table(self.client, create_table(self.client, logical_id="KeyTable"))
        text = json.dumps({"number_key": NUMBER_KEY})
        boto3.client("secretsmanager").create_secret(Name=SECRET_NAME, SecretString=text)
        kms_key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
        self.numbers = Numbers(lambda: bytes.fromhex(NUMBER_KEY))
        self.stack = Stack(self.table.name, _environment(self.table.name), keys=self.keys.name, kms_key=kms_key)
        for id in PARTNERS:
            partner = Partner(id, id.capitalize(), START, "tests")
            assert DynamoPartners(self.table).put(partner, PartnerChange(START, "tests", "created"))

    def wrapping(self) -> WrappingKeys:
        kms = Kms(self.stack.kms_key, lambda: boto3.client("kms"))
        return WrappingKeys(self.keys, kms, lambda: self.seconds, lambda: self.seconds)

    def data_keys(self) -> DataKeys:
        return DataKeys(self.keys, self.wrapping(), lambda: self.seconds)

    def identities(self) -> Identities:
        data_keys = self.data_keys()
        return SealedIdentities(self.numbers, lambda: data_keys)

    def store(self) -> DynamoStore:
        return DynamoStore(self.table, self.identities(), 1)

    def earlier_store(self) -> DynamoStore:
        """As it was before there were keys."""
        return DynamoStore(self.table, PlainIdentities(self.numbers), 1)

    def earlier_process(self, wrapper: str) -> DynamoStore:
        """One that has not heard yet of a newer wrapping key than this."""
        wrapping = self.wrapping()
        wrapping._newest = (wrapper, self.seconds)
        data_keys = DataKeys(self.keys, wrapping, lambda: self.seconds)
        return DynamoStore(self.table, SealedIdentities(self.numbers, lambda: data_keys), 1)

    def image(self) -> Sequence[Mapping[str, Any]]:
        """The rows of the books, as a backup holds them."""
        return self.client.scan(TableName=self.table.name)["Items"]

    def bring_back(self, image: Sequence[Mapping[str, Any]]) -> None:
        for row in self.image():
            self.client.delete_item(TableName=self.table.name, Key={"pk": row["pk"], "sk": row["sk"]})
        for row in image:
            self.client.put_item(TableName=self.table.name, Item=row)

    def everything(self) -> str:
        """All that both tables hold."""
        found = [self.client.scan(TableName=table.name)["Items"] for table in (self.table, self.keys)]
        return json.dumps(found, default=str)

    def now(self, subscription: Subscription) -> Subscription:
        return self.store().subscription(subscription.partner, subscription.id)


def _environment(table: str) -> Mapping[str, str]:
    """Of the bill worker, as the template sets it."""
    named = {
        "STAGE": "local",
        "TABLE": table,
        "TEST_CLOCK": "false",
        "DUE_SHARDS": "1",
        "PROVIDER_SECRET": SECRET_NAME,
        "INFOMEDIA_BASE_URL": "http://127.0.0.1:1",
        "INFOMEDIA_PREFIX": "/dcbsb",
        "SIGNZY_BASE_URL": "http://127.0.0.1:1",
        "SIGNZY_PREFIX": "/emandates",
        "PROVIDER_CONNECT_TIMEOUT": "1",
        "PROVIDER_READ_TIMEOUT": "1",
    }
    return {f"PINBILL_{name}": value for name, value in named.items()}
