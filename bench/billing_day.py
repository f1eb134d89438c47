"""A billing day in virtual time: renewals that come up together, from the first run to the audit of the last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.functions import Invocation
from bench.population import Offer, phone, renewing, rows
from bench.settings import SHARDS, Settings
from bench.stage import Stage
from bench.virtual_time import VirtualTime
from ops.costs import Usage
from pinbill.store import keys
from pinbill.store.items import time_out, to_wire
from pinbill.usecases.audit import PATIENCE
from tests.fakes.dynamodb_expressions import Item
from tests.fakes.units import Spent

MORNING = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
AUDITS = 4  # sweeps, after which the audit has looked at all that was handed out
# What Lambda itself logs of an invocation, as JSON at its default level: a start, and an end with a report.
PLATFORM_LOG = 750
SIZE_OF_A_ROW = 100  # bytes that DynamoDB adds to each


@dataclass(frozen=True, slots=True)
class Day:
    """What was counted of `renewals`: until the last was billed, and by the audit after it."""

    renewals: int
    billed: Spent
    audited: Spent
    invocations: list[Invocation]
    queue_requests: int
    log_bytes: int
    metric_bytes: int
    called: list[float]  # seconds at which the provider was called
    groups: int
    waited: float  # seconds that a group waited for a worker, at most

    @property
    def calls_a_second(self) -> float:
        """While it goes on: without the canary before it, and what is asked once more after it."""
        first, last = len(self.called) // 20, len(self.called) * 19 // 20
        return (last - first) / (self.called[last] - self.called[first])

    def worker_seconds(self) -> float:
        return sum(one.seconds for one in self.invocations if one.function == "bill_worker")

    def usage(self, worker_mb: int, dispatcher_mb: int, ledger_bytes: float) -> Usage:
        runs = [one for one in self.invocations if one.function == "recurring_bill"]
        return Usage(
            write_units=self.billed.write_units + self.audited.write_units,
            read_units=self.billed.read_units + self.audited.read_units,
            worker_gb_seconds=self.worker_seconds() * worker_mb / 1_024,
            dispatcher_gb_seconds=sum(one.seconds for one in runs) * dispatcher_mb / 1_024,
            invocations=len(self.invocations),
            queue_requests=self.queue_requests,
            schedules=len(runs),
            log_bytes=self.log_bytes + PLATFORM_LOG * len(self.invocations),
            stored_byte_months=self.renewals * ledger_bytes,
        )


def cohort_row(offer: Offer, since: datetime) -> Item:
    """That somebody has subscribed to this plan."""
    return to_wire({**keys.cohort(renewing(offer, 0, since, 1).cohort), "since": time_out(since)})


def due_rows(offer: Offer, first: int, count: int, begin: datetime, end: datetime, periods: int = 24) -> Iterator[Item]:
    """Subscriptions that renew at times spread evenly from `begin` to `end`."""
    for number in range(count):
        at = begin + (end - begin) * number / count
        yield from rows(offer, first + number, at.replace(microsecond=0), SHARDS, periods)


def play(settings: Settings, renewals: int, plans: int = 1, seed: int = 1) -> Day:
    """Renewals of so many plans of one partner, all due when the first run of the day begins; each is paid."""
    time = VirtualTime(MORNING)
    stage = Stage(time, settings, seed)
    offers = [phone(name=f"news-monthly-{number:02}") for number in range(plans)]
    with stage.set():
        stage.put(offers, [cohort_row(offer, MORNING - timedelta(minutes=1)) for offer in offers])
        parted = [renewals // plans + (number < renewals % plans) for number in range(plans)]
        for number, offer in enumerate(offers):
            begin = MORNING + timedelta(seconds=10)
            first = sum(parted[:number])
            stage.put([], due_rows(offer, first, parted[number], begin, begin + timedelta(seconds=30)))
        stage.units.spent()
        time.play(MORNING + timedelta(minutes=1))
        _bill_all(stage, time, renewals)
        billed, invocations = stage.units.spent(), list(stage.worker.invocations + stage.dispatcher.invocations)
        logged = stage.logged.bytes, stage.logged.of_metrics
        for _ in range(AUDITS):
            time.start(lambda: stage.run("sweep"))
            time.play(time.now() + PATIENCE + timedelta(minutes=1))
        sweeps = stage.dispatcher.invocations[-AUDITS:]
    return Day(
        renewals,
        billed,
        stage.units.spent(),
        invocations + sweeps,
        stage.queue.requests.total,
        *logged,
        sorted(at for at, what in zip(stage.called.at, stage.called.what, strict=True) if what == "bill"),
        stage.queue.sent,
        max(stage.queue.waited),
    )


def _bill_all(stage: Stage, time: VirtualTime, renewals: int) -> None:
    """Runs as the schedule starts them, until the last renewal is billed."""
    while stage.called.what.count("bill") < renewals or not stage.queue.is_empty:
        time.start(stage.run)
        time.play(time.now() + timedelta(seconds=stage.settings.interval))
