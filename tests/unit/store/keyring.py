"""A table of keys in memory under a KMS in memory, and a clock that tests move."""

from dataclasses import dataclass, field

from pinbill.store.data_keys import DataKeys
from pinbill.store.identities import SealedIdentities
from pinbill.store.numbers import Numbers
from pinbill.store.table import Table
from pinbill.store.wrapping_keys import WrappingKeys
from tests.contracts.engines import create_table, fake_dynamodb
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.kms import FakeKms

NUMBERS = Numbers(lambda: b"a key for tests")


@dataclass(slots=True)
class Keyring:
    """What processes share: the table and KMS. Each of `process` knows nothing of the others."""

    engine: InMemoryDynamoDB = field(default_factory=fake_dynamodb)
    kms: FakeKms = field(default_factory=FakeKms)
    seconds: float = 1_000_000.0
    table: Table = field(init=False)

    def __post_init__(self) -> None:
        client = self.engine.as_client()
        self.table = Table(client, create_table(client, logical_id="KeyTable"))

    def wrapping(self) -> WrappingKeys:
        return WrappingKeys(self.table, self.kms, lambda: self.seconds, lambda: self.seconds)

    def data_keys(self) -> DataKeys:
        return DataKeys(self.table, self.wrapping(), lambda: self.seconds)

    def identities(self) -> SealedIdentities:
        data_keys = self.data_keys()
        return SealedIdentities(NUMBERS, lambda: data_keys)
