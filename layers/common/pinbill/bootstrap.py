"""One factory for each function, called once when its module is loaded: the use case with the parts that it needs.

Imports stand where something is built, so that a function loads only what it uses.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.parts import PartnerServices, Parts, Services
from pinbill.settings import (
    AllowanceSettings,
    BillWorkerSettings,
    CallSettings,
    DispatchSettings,
)

if TYPE_CHECKING:
    from pinbill.usecases.arrears import Arrears
    from pinbill.usecases.authorize import Authorize
    from pinbill.usecases.bill_worker import BillWorker
    from pinbill.usecases.call_times import CallTimes
    from pinbill.usecases.callback import Callback, Report
    from pinbill.usecases.cancel import Cancel
    from pinbill.usecases.charge import ChargeNow
    from pinbill.usecases.decide import Decide
    from pinbill.usecases.notices import Notices
    from pinbill.usecases.pause import Pause
    from pinbill.usecases.pin_confirm import PinConfirm
    from pinbill.usecases.pin_request import PinRequest
    from pinbill.usecases.ports.telemetry import Telemetry
    from pinbill.usecases.read import Read
    from pinbill.usecases.receipts import Receipts
    from pinbill.usecases.recurring_bill import RecurringBill
    from pinbill.usecases.run_book import RunBook


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


def recurring_bill() -> "tuple[Services[RecurringBill], Arrears]":
    from pinbill.store.open_outcomes import DynamoOpenOutcomes
    from pinbill.usecases.arrears import Arrears
    from pinbill.usecases.audit import Audit
    from pinbill.usecases.guard import Guard
    from pinbill.usecases.recurring_bill import RecurringBill

    parts, settings = Parts(os.environ), DispatchSettings.load(os.environ)
    audit = Audit(parts.indexes, parts.store, parts.clock, parts.telemetry)
    guard = Guard(parts.stops, parts.runs, parts.indexes.slots, parts.catalog, parts.clock, parts.telemetry)
    use_case = RecurringBill(
        parts.indexes, audit, parts.call_times, guard, parts.clock, parts.telemetry, settings.interval
    )
    outcomes = DynamoOpenOutcomes(parts.table)
    return parts.services(use_case), Arrears(parts.indexes, outcomes, parts.stops, parts.clock, parts.telemetry)


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
