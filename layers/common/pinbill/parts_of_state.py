"""What keeps state, each part built at its first use: tables and what is in them, keys, secrets, the clock, the log."""

import os
import sys
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.ids import RandomIds
from pinbill.settings import (
    KeySettings,
    ProviderSettings,
    ShardSettings,
    TableSettings,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pinbill.aws.access import Aws
    from pinbill.providers.credentials import Credentials
    from pinbill.store.data_keys import DataKeys
    from pinbill.store.identities import Identities
    from pinbill.store.redo import RedoLog
    from pinbill.store.table import Table
    from pinbill.store.wrapping_keys import WrappingKeys
    from pinbill.usecases.ports.billing import Runs, Stops
    from pinbill.usecases.ports.catalog import Catalog
    from pinbill.usecases.ports.due import Indexes
    from pinbill.usecases.ports.store import Store
    from pinbill.usecases.ports.time_and_ids import Clock
    from pinbill.usecases.ports.webhooks import Histories, SecretBox


FUNCTION = "AWS_LAMBDA_FUNCTION_NAME"  # set by Lambda


def _to_log(text: str) -> None:
    """Whatever standard output is by then."""
    sys.stdout.write(text)


class PartsOfState:
    """Built from the environment. Raises SettingInvalid for what is missing."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._core = TableSettings.load(environ)
        self.aws_endpoint = self._core.aws_endpoint or None  # None is AWS itself
        self.stage = self._core.stage
        self.logger = Logger()
        self.telemetry = LogTelemetry(self.logger, self._flush_redo)
        self.ids = RandomIds()

    @cached_property
    def aws(self) -> "Aws":
        from pinbill.aws.access import Aws

        return Aws(self.aws_endpoint)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self.aws.dynamodb()

    @cached_property
    def table(self) -> "Table":
        from pinbill.store.table import Table

        if FUNCTION not in os.environ:  # a command of an operator has no log
            return Table(self.dynamodb, self._core.table)
        return Table(self.dynamodb, self._core.table, written=self.redo.note)

    @cached_property
    def redo(self) -> "RedoLog":
        from pinbill.store.redo import RedoLog

        return RedoLog(_to_log)

    def _flush_redo(self) -> None:
        if "redo" in self.__dict__:  # else nothing was written
            self.redo.flush()

    @cached_property
    def clock(self) -> "Clock":
        from pinbill.store.clocks import OffsetClock, SystemClock

        return OffsetClock(self.table, SystemClock()) if self._core.test_clock else SystemClock()

    @cached_property
    def shards(self) -> int:
        return ShardSettings.load(self._environ).due_shards

    @cached_property
    def catalog(self) -> "Catalog":
        from pinbill.store.catalog import DynamoCatalog

        return DynamoCatalog(self.table, time.monotonic)

    @cached_property
    def credentials(self) -> "Credentials":
        from pinbill.providers.credentials import Credentials, SecretsManager

        return Credentials(
            SecretsManager(ProviderSettings.load(self._environ).provider_secret, self.aws.secrets_manager)
        )

    @cached_property
    def store(self) -> "Store":
        from pinbill.store.subscriptions import DynamoStore

        return DynamoStore(self.table, self.identities, self.shards)

    @cached_property
    def identities(self) -> "Identities":
        from pinbill.store.identities import SealedIdentities
        from pinbill.store.numbers import Numbers

        return SealedIdentities(Numbers(self._number_key), lambda: self.data_keys)

    @cached_property
    def data_keys(self) -> "DataKeys":
        from pinbill.store.data_keys import DataKeys

        return DataKeys(self.key_table, self.wrapping_keys)

    @cached_property
    def key_settings(self) -> KeySettings:
        return KeySettings.load(self._environ)

    @cached_property
    def key_table(self) -> "Table":
        from pinbill.store.table import Table

        return Table(self.dynamodb, self.key_settings.key_table)

    @cached_property
    def wrapping_keys(self) -> "WrappingKeys":
        from pinbill.store.kms import Kms
        from pinbill.store.wrapping_keys import WrappingKeys

        kms = Kms(self.key_settings.kms_key, self.aws.kms)
        return WrappingKeys(self.key_table, kms, time.monotonic, time.time)

    @cached_property
    def secret_box(self) -> "SecretBox":
        from pinbill.store.secret_box import SealedSecretBox

        assert self.key_settings.kms_key  # what is missing shows at the start, although keys are asked for later
        return SealedSecretBox(lambda: self.wrapping_keys)

    @cached_property
    def histories(self) -> "Histories":
        from pinbill.store.histories import DynamoHistories

        return DynamoHistories(self.table)

    @cached_property
    def indexes(self) -> "Indexes":
        from pinbill.store.bookmarks import DynamoBookmarks
        from pinbill.store.due_index import DynamoDueIndex
        from pinbill.store.slot_index import DynamoSlotIndex
        from pinbill.usecases.ports.due import Indexes

        return Indexes(
            DynamoDueIndex(self.table, self.shards), DynamoSlotIndex(self.table), DynamoBookmarks(self.table)
        )

    def _number_key(self) -> bytes:
        """Asked for at the first number: a function that handles none is given no secret."""
        return self.credentials.number_key()

    @cached_property
    def stops(self) -> "Stops":
        from pinbill.store.stops import DynamoStops

        return DynamoStops(self.table, time.monotonic)

    @cached_property
    def runs(self) -> "Runs":
        from pinbill.store.runs import DynamoRuns

        return DynamoRuns(self.table)
