"""The stack's keys, under the operator's own credentials."""

import time
from functools import cached_property
from typing import Any

import boto3

from ops.stack import Stack
from pinbill.aws.access import Aws
from pinbill.aws.clients import client_config
from pinbill.providers.credentials import Credentials, SecretsManager
from pinbill.settings import ProviderSettings, ShardSettings
from pinbill.store.data_keys import DataKeys
from pinbill.store.identities import SealedIdentities
from pinbill.store.kms import Kms, KmsClient
from pinbill.store.numbers import Numbers
from pinbill.store.secret_box import SealedSecretBox
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.store.wrapping_keys import WrappingKeys


class Keyring:
    """Each part is made at its first use: who may not use the keys can still do what needs none."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    @cached_property
    def table(self) -> Table:
        return Table(boto3.client("dynamodb", config=client_config()), self._stack.keys)

    @cached_property
    def wrapping(self) -> WrappingKeys:
        return WrappingKeys(self.table, Kms(self._stack.kms_key, _kms), time.monotonic, time.time)

    @cached_property
    def data_keys(self) -> DataKeys:
        return DataKeys(self.table, self.wrapping)

    @cached_property
    def numbers(self) -> Numbers:
        secret = ProviderSettings.load(self._stack.worker_environment).provider_secret
        return Numbers(Credentials(SecretsManager(secret, Aws().secrets_manager)).number_key)

    def store(self, table: Table) -> DynamoStore:
        """What writes subscriptions as the stack's worker does."""
        shards = ShardSettings.load(self._stack.worker_environment).due_shards
        return DynamoStore(table, SealedIdentities(self.numbers, lambda: self.data_keys), shards)

    @property
    def box(self) -> SealedSecretBox:
        return SealedSecretBox(lambda: self.wrapping)


def _kms() -> KmsClient:
    client: Any = boto3.client
    made: KmsClient = client("kms", config=client_config())
    return made
