"""The stack's keys, under the operator's own credentials."""

import time
from functools import cached_property
from typing import Any

import boto3

from ops.stack import Stack
from pinbill.store.clients import client_config
from pinbill.store.data_keys import DataKeys
from pinbill.store.kms import Kms, KmsClient
from pinbill.store.secret_box import SealedSecretBox
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

    @property
    def box(self) -> SealedSecretBox:
        return SealedSecretBox(lambda: self.wrapping)


def _kms() -> KmsClient:
    client: Any = boto3.client
    made: KmsClient = client("kms", config=client_config())
    return made
