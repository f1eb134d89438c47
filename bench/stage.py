"""The shipped dispatcher and worker as bootstrap builds them, on an in-memory DynamoDB and a queue of ours."""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from random import Random
from types import SimpleNamespace
from typing import override
from unittest.mock import patch

from bench.clocks import Time
from bench.functions import Function, Handler, Queue
from bench.latency import Latency
from bench.output import OUTPUT, Logged
from bench.population import KEY, NUMBERS, Offer
from bench.rails import Called, Processor, TimedRail, always_paid
from bench.settings import TABLE, Settings
from bench.virtual_time import VirtualLock, VirtualPool, VirtualTime
from pinbill import bootstrap
from pinbill.domain.attempts import BillResult
from pinbill.domain.progress import Place, Progress
from pinbill.entrypoints import billing, group_runner
from pinbill.entrypoints.billing import billing_handler
from pinbill.entrypoints.group_runner import GroupRunner
from pinbill.entrypoints.pacer import Pacer
from pinbill.entrypoints.schedule import schedule_handler
from pinbill.entrypoints.work_queue import SqsQueue
from pinbill.parts import Parts
from pinbill.providers.metering import metered
from pinbill.settings import QuotaSettings
from pinbill.store import keys
from pinbill.store.bookings import DynamoBookings
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.data_keys import DataKeys
from pinbill.store.identities import Identities, SealedIdentities
from pinbill.store.items import to_wire
from pinbill.store.numbers import FINGERPRINT_DIGITS
from pinbill.store.runs import DynamoRuns
from pinbill.store.stops import DynamoStops
from pinbill.store.table import Table
from pinbill.store.wrapping_keys import WrappingKeys
from pinbill.usecases.call_times import CallTimes
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.billing import Stops
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.rails import Rails
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.preview import Preview
from pinbill.usecases.run_book import record
from tests.contracts.engines import create_table
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.dynamodb_expressions import Item
from tests.fakes.dynamodb_faults import Answer, Request
from tests.fakes.kms import FakeKms
from tests.fakes.units import Units

FULL_PROCESSOR_MB = 1_769  # of memory, with which Lambda gives one
WORKER_TIMEOUT, DISPATCHER_TIMEOUT = 120.0, 60.0
WORKER_INIT, DISPATCHER_INIT = 0.9, 0.7  # seconds, of a cold environment
SWEEP_EVERY = timedelta(minutes=10)
KEY_TABLE = f"{TABLE}-keys"
DYNAMODB = Latency(0.004, 0.015)


class Stage:
    """`answer` is what the provider says to a bill."""

    def __init__(
        self,
        time: Time,
        settings: Settings,
        seed: int = 1,
        answer: Callable[[BillOrder], BillResult] = always_paid,
        rails: Callable[["Stage"], Rails] | None = None,
    ) -> None:
        self.time, self.settings, self.answer = time, settings, answer
        self.random = Random(seed)
        self.engine = InMemoryDynamoDB(time.now, self._takes_time)
        self.engine.meter = self.units = Units()
        create_table(self.engine.as_client(), TABLE)
        create_table(self.engine.as_client(), KEY_TABLE, "KeyTable")
        self.kms = FakeKms()
        self.called = Called()
        self.logged = Logged()
        self._rails = rails or Stage._timed
        self.worker = Function("bill_worker", time, self._worker, WORKER_TIMEOUT, WORKER_INIT)
        self.dispatcher = Function("recurring_bill", time, self._dispatcher, DISPATCHER_TIMEOUT, DISPATCHER_INIT)
        self.queue = Queue(time, self.worker, settings.concurrency, Random(seed + 1))
        self.own_table = Table(self.engine.as_client(), TABLE)  # of who sets the stage and looks at it
        self.handed = 0
        self.is_over = False  # no further run begins

    @contextmanager
    def set(self) -> Iterator["Stage"]:
        """While it is set, the functions' modules are as it needs them."""
        with ExitStack() as held:
            held.enter_context(patch.dict(os.environ, self.settings.environ()))
            held.enter_context(patch.object(bootstrap, "Parts", partial(StageParts, self)))
            held.enter_context(patch.object(OUTPUT, "logged", self.logged))
            held.enter_context(patch.object(sys, "stdout", OUTPUT))
            if isinstance(self.time, VirtualTime):
                steady, sleep = self.time.steady, self.time.sleep
                virtual = partial(Pacer, steady=steady, sleep=sleep, lock=partial(VirtualLock, self.time))
                held.enter_context(patch.object(billing, "Pacer", virtual))
                held.enter_context(patch.object(billing, "time", SimpleNamespace(monotonic=steady)))
                held.enter_context(patch.object(group_runner, "ThreadPoolExecutor", partial(VirtualPool, self.time)))
            yield self

    def put(self, offers: Iterable[Offer], rows: Iterable[Item], *, keyed: bool = True) -> None:
        """Plans with their services and cohorts, and rows in wire form; `keyed`: those of subscriptions have keys."""
        writer = CatalogWriter(self.own_table)
        for offer in offers:
            writer.put_service(offer.service)
            writer.put_plan(offer.plan)
        kept: list[str] = []
        self.engine.load(TABLE, (_seen(row, kept) for row in rows))
        if keyed:
            parts = StageParts(self, os.environ)
            parts.wrapping_keys.newest()  # known before the table is held
            made = (parts.data_keys.row(keys.partner_and_id(pk), KEY, "f" * FINGERPRINT_DIGITS) for pk in kept)
            self.engine.load(KEY_TABLE, map(to_wire, made))

    def accept(self, offer: Offer, day: datetime) -> None:
        """Let the day go on without a canary, as an operator does after a halt."""
        place = Place(offer.rail, day.date(), offer.plan.partner, offer.plan.id)
        record(DynamoRuns(self.own_table), place, _accepted)

    def run(self, mode: str = "run") -> None:
        self.handed += self.dispatcher.invoke({"mode": mode})["subscriptions"]

    def schedule(self, until: datetime) -> None:
        """Runs and sweeps as the template's schedules start them, from now on; the two know nothing of each other."""
        self._every(self.settings.interval, "run", until)
        self.time.start(
            lambda: self._every(SWEEP_EVERY.total_seconds(), "sweep", until),
            self.random.random() * SWEEP_EVERY.total_seconds(),
        )

    def preview(self) -> Preview:
        parts = StageParts(self, os.environ)
        quotas = QuotaSettings.load(os.environ)
        bookings = DynamoBookings(parts.table)
        interval = timedelta(seconds=self.settings.interval)
        return Preview(parts.indexes, parts.catalog, bookings, parts.stops, self.time, quotas.paces, interval)

    def rail(self) -> TimedRail:
        """The providers, as a new environment calls them."""
        settings = self.settings
        processor = Processor(self.time, min(1.0, settings.memory_mb / FULL_PROCESSOR_MB))
        return TimedRail(
            self.time, self.called, settings.latency, self.random, processor, settings.cpu_seconds, self.answer
        )

    def _timed(self) -> Rails:
        rail = self.rail()
        return Rails(rail, rail)

    def rails(self) -> Rails:
        return self._rails(self)

    def _every(self, seconds: float, mode: str, until: datetime) -> None:
        def again() -> None:
            if self.time.now() < until and not self.is_over:
                self.time.start(again, seconds)
                self.run(mode)

        self.time.start(again)

    def _takes_time(self, request: Request) -> Answer:
        self.time.sleep(DYNAMODB.draw(self.random))
        return request.apply()

    def _worker(self) -> Handler:
        services, call_times, run_book, settings = bootstrap.bill_worker()
        threads = self.settings.threads  # which may be more than the settings allow
        runner = GroupRunner(services.run, services.logger, threads, self.time.steady, self.time.sleep)
        return billing_handler(runner, call_times, run_book, services.logger, services.telemetry, settings.longest_call)

    def _dispatcher(self) -> Handler:
        services, arrears = bootstrap.recurring_bill()
        return schedule_handler(services.run, arrears, services.logger, services.telemetry)


def _accepted(progress: Progress) -> Progress:
    return replace(progress, accepted=True)


def _seen(row: Item, subscriptions: list[str]) -> Item:
    """The same row; the partition of a subscription is added to the list."""
    if row["sk"]["S"] == keys.SUBSCRIPTION:
        subscriptions.append(row["pk"]["S"])
    return row


class StageParts(Parts):
    """An environment's parts. Its caches grow old by the stage's time."""

    def __init__(self, stage: Stage, environ: Mapping[str, str]) -> None:
        super().__init__(environ)
        self._stage = stage

    @cached_property
    @override
    def table(self) -> Table:
        return Table(self._stage.engine.as_client(), TABLE, written=self.redo.note)

    @cached_property
    @override
    def clock(self) -> Clock:
        return self._stage.time

    @cached_property
    @override
    def catalog(self) -> Catalog:
        return DynamoCatalog(self.table, self._stage.time.steady)

    @cached_property
    @override
    def stops(self) -> Stops:
        return DynamoStops(self.table, self._stage.time.steady)

    @cached_property
    @override
    def identities(self) -> Identities:
        return SealedIdentities(NUMBERS, lambda: self.data_keys)

    @cached_property
    @override
    def data_keys(self) -> DataKeys:
        return DataKeys(self.key_table, self.wrapping_keys, self._stage.time.steady)

    @cached_property
    @override
    def key_table(self) -> Table:
        return Table(self._stage.engine.as_client(), KEY_TABLE)

    @cached_property
    @override
    def wrapping_keys(self) -> WrappingKeys:
        time = self._stage.time
        lock = partial(VirtualLock, time) if isinstance(time, VirtualTime) else threading.Lock
        return WrappingKeys(self.key_table, self._stage.kms, time.steady, time.steady, lock)

    @cached_property
    @override
    def rails(self) -> Rails:
        return metered(self._stage.rails(), self.telemetry, self._stage.time.steady)

    @cached_property
    @override
    def call_times(self) -> CallTimes:
        quotas = QuotaSettings.load(self._environ)
        queue = SqsQueue(self._stage.queue.as_client(), quotas.bill_queue_url)
        return CallTimes(DynamoBookings(self.table), queue, self.clock, quotas.paces)
