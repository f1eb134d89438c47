"""What acts, each part built at its first use: providers, the queue, and what use cases share.

Imports stand where a part is built, so that a function loads only what it uses: reading needs no provider, and handing
out due work needs no HTTP client.
"""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.parts_of_state import PartsOfState
from pinbill.settings import (
    CounterSettings,
    PartnerClassSettings,
    PinGuardSettings,
    ProviderSettings,
    QuotaSettings,
)

if TYPE_CHECKING:
    from pinbill.usecases.activities import Activities
    from pinbill.usecases.admit import Admit
    from pinbill.usecases.call_times import CallTimes
    from pinbill.usecases.follow_up import FollowUp
    from pinbill.usecases.payments import Payments
    from pinbill.usecases.pin_guard import PinGuard
    from pinbill.usecases.ports.rails import Rails
    from pinbill.usecases.settling import Settling


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


class Parts(PartsOfState):
    """The adapters. Raises SettingInvalid for what is missing."""

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
    def call_times(self) -> "CallTimes":
        from pinbill.entrypoints.work_queue import SqsQueue
        from pinbill.store.bookings import DynamoBookings
        from pinbill.usecases.call_times import CallTimes

        quotas = QuotaSettings.load(self._environ)
        queue = SqsQueue(self.aws.sqs(), quotas.bill_queue_url)
        return CallTimes(DynamoBookings(self.table), queue, self.clock, quotas.paces)

    @cached_property
    def rails(self) -> "Rails":
        from pinbill.providers.http import Endpoint, Transport
        from pinbill.providers.infomedia.client import InfomediaClient
        from pinbill.providers.metering import metered
        from pinbill.providers.signzy.client import SignzyClient
        from pinbill.usecases.ports.rails import Rails

        found = ProviderSettings.load(self._environ)
        assert self.key_settings.kms_key  # of the keys that open whom a provider is asked about

        def transport(base_url: str, prefix: str) -> Transport:
            return Transport(Endpoint(base_url, prefix, found.provider_connect_timeout, found.provider_read_timeout))

        phone = InfomediaClient(transport(found.infomedia_base_url, found.infomedia_prefix), self.credentials)
        bank = SignzyClient(transport(found.signzy_base_url, found.signzy_prefix), self.credentials)
        return metered(Rails(phone, bank), self.telemetry)

    @cached_property
    def settling(self) -> "Settling":
        from pinbill.usecases.settling import Settling

        classes = PartnerClassSettings.load(self._environ).classes
        return Settling(self.store, self.clock, self.telemetry, classes)

    @cached_property
    def payments(self) -> "Payments":
        from pinbill.usecases.payments import Payments

        return Payments(self.store, self.rails, self.clock, self.ids, self.settling, self.stops)

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
