"""The only place that builds adapters: one factory per function, called once when its module is loaded.

Imports stand where a part is built, so that a function loads only what it uses: reading needs no provider, and handing
out due work needs no HTTP client.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.ids import RandomIds
from pinbill.settings import (
    AllowanceSettings,
    BillWorkerSettings,
    CallSettings,
    CounterSettings,
    DispatchSettings,
    KeySettings,
    PinGuardSettings,
    ProviderSettings,
    QuotaSettings,
    ShardSettings,
    TableSettings,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pinbill.providers.credentials import Credentials
    from pinbill.store.data_keys import DataKeys
    from pinbill.store.identities import Identities
    from pinbill.store.kms import KmsClient
    from pinbill.store.table import Table
    from pinbill.store.wrapping_keys import WrappingKeys
    from pinbill.usecases.activities import Activities
    from pinbill.usecases.admit import Admit
    from pinbill.usecases.authorize import Authorize
    from pinbill.usecases.bill_worker import BillWorker
    from pinbill.usecases.call_times import CallTimes
    from pinbill.usecases.callback import Callback, Report
    from pinbill.usecases.cancel import Cancel
    from pinbill.usecases.charge import ChargeNow
    from pinbill.usecases.decide import Decide
    from pinbill.usecases.follow_up import FollowUp
    from pinbill.usecases.notices import Notices
    from pinbill.usecases.pause import Pause
    from pinbill.usecases.payments import Payments
    from pinbill.usecases.pin_confirm import PinConfirm
    from pinbill.usecases.pin_guard import PinGuard
    from pinbill.usecases.pin_request import PinRequest
    from pinbill.usecases.ports import Catalog, Clock, Indexes, Rails, Runs, Stops, Store, Telemetry
    from pinbill.usecases.read import Read
    from pinbill.usecases.receipts import Receipts
    from pinbill.usecases.recurring_bill import RecurringBill
    from pinbill.usecases.run_book import RunBook
    from pinbill.usecases.settling import Settling
    from pinbill.usecases.webhook_ports import Histories, SecretBox


@dataclass(frozen=True, slots=True)
class Services[UseCase]:
    """What a function runs, and what it reports with."""

    run: UseCase
    logger: Logger
    telemetry: LogTelemetry


@dataclass(frozen=True, slots=True)
class PartnerServices[UseCase](Services[UseCase]):
    """The same for a function that partners call."""

    admit: "Admit"


class Parts:
    """The adapters, each built at its first use from the environment. Raises SettingInvalid for what is missing."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._core = TableSettings.load(environ)
        self.aws_endpoint = self._core.aws_endpoint or None  # None is AWS itself
        self.stage = self._core.stage
        self.logger = Logger()
        self.telemetry = LogTelemetry(self.logger)
        self.ids = RandomIds()

    def services[UseCase](self, use_case: UseCase) -> Services[UseCase]:
        return Services(use_case, self.logger, self.telemetry)

    def partner_services[UseCase](self, use_case: UseCase) -> PartnerServices[UseCase]:
        from pinbill.store.clocks import SystemClock
        from pinbill.store.counters import DynamoCounters
        from pinbill.store.table import Table
        from pinbill.usecases.admit import Admit

        counters = DynamoCounters(Table(self.dynamodb, CounterSettings.load(self._environ).counter_table))
        return PartnerServices(use_case, self.logger, self.telemetry, Admit(counters, SystemClock(), self.telemetry))

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        from pinbill.store.dynamodb_client import DirectClient
        from pinbill.store.lambda_environment import LambdaEnvironment

        found = LambdaEnvironment.found(os.environ, self.aws_endpoint)
        if found is not None:
            return DirectClient(found.dynamodb, found.region, lambda: found.keys).as_client()
        import boto3

        client = boto3.client("dynamodb", endpoint_url=self.aws_endpoint)
        assert boto3.DEFAULT_SESSION is not None  # it has made the client
        return DirectClient.like(client, boto3.DEFAULT_SESSION).as_client()

    @cached_property
    def table(self) -> "Table":
        from pinbill.store.table import Table

        return Table(self.dynamodb, self._core.table)

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
        # Needed at the first request in any case, and loaded now, when Lambda gives a function a whole processor.
        import boto3  # noqa: F401

        from pinbill.providers.credentials import Credentials, SecretsManager

        return Credentials(SecretsManager(ProviderSettings.load(self._environ).provider_secret, self.aws_endpoint))

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

        kms = Kms(self.key_settings.kms_key, self._kms_client)
        return WrappingKeys(self.key_table, kms, time.monotonic, time.time)

    def _kms_client(self) -> "KmsClient":
        """Made at the first key that is asked for: most invocations ask for none."""
        import boto3

        from pinbill.store.clients import client_config

        client: Any = boto3.client
        made: KmsClient = client("kms", config=client_config(), endpoint_url=self.aws_endpoint)
        return made

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
        from pinbill.usecases.ports import Indexes

        return Indexes(
            DynamoDueIndex(self.table, self.shards), DynamoSlotIndex(self.table), DynamoBookmarks(self.table)
        )

    @cached_property
    def call_times(self) -> "CallTimes":
        import boto3

        from pinbill.entrypoints.work_queue import SqsQueue
        from pinbill.store.bookings import DynamoBookings
        from pinbill.store.clients import client_config
        from pinbill.usecases.call_times import CallTimes

        quotas = QuotaSettings.load(self._environ)
        client = boto3.client("sqs", config=client_config(), endpoint_url=self.aws_endpoint)
        queue = SqsQueue(client, quotas.bill_queue_url)
        return CallTimes(DynamoBookings(self.table), queue, self.clock, quotas.paces)

    def _number_key(self) -> bytes:
        """Asked for at the first number: a function that handles none is given no secret."""
        return self.credentials.number_key()

    @cached_property
    def rails(self) -> "Rails":
        from pinbill.providers.http import Endpoint, Transport
        from pinbill.providers.infomedia.client import InfomediaClient
        from pinbill.providers.signzy.client import SignzyClient
        from pinbill.usecases.ports import Rails

        found = ProviderSettings.load(self._environ)
        assert self.key_settings.kms_key  # of the keys that open whom a provider is asked about

        def transport(base_url: str, prefix: str) -> Transport:
            return Transport(Endpoint(base_url, prefix, found.provider_connect_timeout, found.provider_read_timeout))

        return Rails(
            InfomediaClient(transport(found.infomedia_base_url, found.infomedia_prefix), self.credentials),
            SignzyClient(transport(found.signzy_base_url, found.signzy_prefix), self.credentials),
        )

    @cached_property
    def settling(self) -> "Settling":
        from pinbill.usecases.settling import Settling

        return Settling(self.store, self.clock, self.telemetry)

    @cached_property
    def payments(self) -> "Payments":
        from pinbill.usecases.payments import Payments

        return Payments(self.store, self.rails, self.clock, self.ids, self.settling, self.stops)

    @cached_property
    def stops(self) -> "Stops":
        from pinbill.store.stops import DynamoStops

        return DynamoStops(self.table, time.monotonic)

    @cached_property
    def runs(self) -> "Runs":
        from pinbill.store.runs import DynamoRuns

        return DynamoRuns(self.table)

    @cached_property
    def activities(self) -> "Activities":
        from pinbill.usecases.activities import Activities

        return Activities(self.store, self.rails.infomedia, self.clock, self.telemetry)

    @cached_property
    def pin_guard(self) -> "PinGuard":
        from pinbill.store.clocks import SystemClock
        from pinbill.store.numbers import Numbers
        from pinbill.store.partners import DynamoPartners
        from pinbill.store.table import Table
        from pinbill.store.tallies import DynamoTallies
        from pinbill.usecases.pin_guard import PinGuard

        counters = Table(self.dynamodb, CounterSettings.load(self._environ).counter_table)
        return PinGuard(
            DynamoTallies(counters, Numbers(self._number_key), time.time),
            PinGuardSettings.load(self._environ).guards,
            DynamoPartners(self.table).guards_of,
            SystemClock(),
            self.telemetry,
        )

    @cached_property
    def follow_up(self) -> "FollowUp":
        from pinbill.usecases.follow_up import FollowUp

        return FollowUp(self.store, self.rails.signzy, self.settling, self.clock, self.telemetry)


def authorizer() -> "Services[Authorize]":
    from pinbill.store.clocks import SystemClock
    from pinbill.store.partners import DynamoPartners
    from pinbill.usecases.authorize import Authorize

    parts, allowance = Parts(os.environ), AllowanceSettings.load(os.environ).allowance
    return parts.services(Authorize(DynamoPartners(parts.table), SystemClock(), parts.stage, allowance))


def pin_request() -> "PartnerServices[PinRequest]":
    from pinbill.usecases.pin_request import PinRequest

    parts = Parts(os.environ)
    return parts.partner_services(
        PinRequest(parts.store, parts.catalog, parts.rails.infomedia, parts.clock, parts.ids, parts.pin_guard)
    )


def pin_confirm() -> "tuple[PartnerServices[PinConfirm], CallSettings]":
    from pinbill.usecases.pin_confirm import PinConfirm

    parts = Parts(os.environ)
    services = parts.partner_services(
        PinConfirm(
            parts.store,
            parts.catalog,
            parts.rails.infomedia,
            parts.payments,
            parts.activities,
            parts.clock,
            parts.pin_guard,
        )
    )
    return services, CallSettings.load(os.environ)


def charge() -> "PartnerServices[ChargeNow]":
    from pinbill.usecases.charge import ChargeNow

    parts = Parts(os.environ)
    return parts.partner_services(ChargeNow(parts.store, parts.catalog, parts.payments))


def cancel() -> "PartnerServices[Cancel]":
    from pinbill.usecases.cancel import Cancel

    parts = Parts(os.environ)
    return parts.partner_services(Cancel(parts.store, parts.catalog, parts.activities, parts.clock))


def pause() -> "PartnerServices[Pause]":
    from pinbill.usecases.pause import Pause

    parts = Parts(os.environ)
    return parts.partner_services(Pause(parts.store, parts.clock))


@dataclass(frozen=True, slots=True)
class Reports:
    """What a partner may report of its user."""

    notices: "Notices"
    receipts: "Receipts"


def report() -> "PartnerServices[Reports]":
    from pinbill.usecases.notices import Notices
    from pinbill.usecases.receipts import Receipts

    parts = Parts(os.environ)
    notices, receipts = Notices(parts.store, parts.catalog, parts.clock), Receipts(parts.store, parts.clock)
    return parts.partner_services(Reports(notices, receipts))


def read() -> "PartnerServices[Read]":
    from pinbill.usecases.read import Read

    parts = Parts(os.environ)
    return parts.partner_services(Read(parts.store, parts.catalog, parts.histories))


def contract() -> Services[None]:
    """For the function that shows documents: nothing is run, and neither table nor secret is known to it."""
    logger = Logger()
    return Services(None, logger, LogTelemetry(logger))


@dataclass(frozen=True, slots=True)
class CallbackReaders:
    """From what each provider sends to what it reports; None for what needs nothing done."""

    infomedia: "Callable[[Iterable[tuple[str, str]]], Report | None]"
    signzy: "Callable[[bytes], Report | None]"


def callback() -> "tuple[Services[Callback], CallbackReaders]":
    from pinbill.providers.infomedia.callbacks import read as read_infomedia
    from pinbill.providers.signzy.callbacks import read as read_signzy
    from pinbill.usecases.callback import Callback

    parts = Parts(os.environ)
    use_case = Callback(
        parts.store, parts.catalog, parts.settling, parts.follow_up, parts.activities, parts.clock, parts.telemetry
    )
    return parts.services(use_case), CallbackReaders(read_infomedia, read_signzy)


def recurring_bill() -> "Services[RecurringBill]":
    from pinbill.usecases.audit import Audit
    from pinbill.usecases.guard import Guard
    from pinbill.usecases.recurring_bill import RecurringBill

    parts, settings = Parts(os.environ), DispatchSettings.load(os.environ)
    audit = Audit(parts.indexes, parts.store, parts.clock, parts.telemetry)
    guard = Guard(parts.stops, parts.runs, parts.indexes.slots, parts.catalog, parts.clock, parts.telemetry)
    return parts.services(
        RecurringBill(parts.indexes, audit, parts.call_times, guard, parts.clock, parts.telemetry, settings.interval)
    )


def bill_worker() -> "tuple[Services[BillWorker], CallTimes, RunBook, BillWorkerSettings]":
    from pinbill.usecases.bill_worker import BillWorker
    from pinbill.usecases.run_book import RunBook

    settings = BillWorkerSettings.load(os.environ)
    parts = Parts(os.environ)
    run_book = RunBook(parts.runs, parts.telemetry)
    use_case = BillWorker(
        parts.store,
        parts.catalog,
        parts.payments,
        parts.follow_up,
        parts.activities,
        parts.clock,
        parts.telemetry,
        run_book,
    )
    return parts.services(use_case), parts.call_times, run_book, settings


def decide(environ: Mapping[str, str], telemetry: "Telemetry") -> "Decide":
    """For the operator's command, with the environment of the stack's bill worker: what it writes, it writes alike."""
    from pinbill.store.open_outcomes import DynamoOpenOutcomes
    from pinbill.usecases.decide import Decide
    from pinbill.usecases.settling import Settling

    parts = Parts(environ)
    settling = Settling(parts.store, parts.clock, telemetry)
    return Decide(parts.store, parts.catalog, DynamoOpenOutcomes(parts.table), settling, parts.clock)
