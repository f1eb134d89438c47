"""Cost and time of a renewal as subscriptions and their histories grow.

Tables of a thousand to a million subscriptions of one plan, whose renewals are spread evenly over the month. In each of
them the same number of renewals come up within half a minute; they are handed out and billed by the shipped dispatcher
and worker in virtual time. Units are counted by AWS's rules and are exact. Time is the CPU of this process without what
the in-memory DynamoDB itself takes, which no AWS bill has; the tables take turns, so that what else the machine does
meets all of them. Once a day, its renewals are counted for the size of the canary: that is shown apart, by the renewals
of the day.
"""

import argparse
import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import override

from bench.billing_day import MORNING, cohort_row
from bench.population import Offer, id_of, phone, rows
from bench.report import measured, say, table
from bench.settings import SHARDS, Settings
from bench.stage import DYNAMODB, Stage
from bench.virtual_time import VirtualTime
from pinbill.domain.catalog import RailName
from pinbill.domain.progress import Place
from pinbill.domain.slots import Slot
from pinbill.store import keys
from pinbill.store.runs import DynamoRuns
from tests.fakes.dynamodb_expressions import Item
from tests.fakes.dynamodb_faults import Answer, Request
from tests.fakes.units import Spent

GOAL = 0.05
SIZES = (1_000, 10_000, 100_000, 1_000_000)
HISTORIES = (1, 12, 60)
AMONG = 10_000  # subscriptions, where histories are compared
RENEWALS, ROUNDS, EVERY = 300, 7, timedelta(minutes=30)
MONTH = timedelta(days=30)
FIRST_OTHER = 1_000_000  # the number of the first subscription that is not measured


def crowd(offer: Offer, count: int) -> Iterator[Item]:
    """Subscriptions that renew at other times than those that are measured: evenly over the month from six hours after
    the day's begin, until twelve hours before it comes round. All but their keys they share."""
    template = next(rows(offer, 0, MORNING, SHARDS))
    for number in range(count):
        at = MORNING + timedelta(hours=6) + (MONTH - timedelta(hours=12)) * number / count
        id = id_of(FIRST_OTHER + number)
        position = keys.slot_sk(Slot(0, at.day, at.time().replace(microsecond=0)), id)
        yield {**template, "pk": {"S": keys.subscription_pk(offer.plan.partner, id)}, "slot_sk": {"S": position}}


@dataclass(slots=True)
class Round:
    """What one round took for each renewal."""

    spent: Spent
    milliseconds: float


@dataclass(slots=True)
class Table:
    """One table with the functions that bill it."""

    name: str
    stage: "TimedStage"
    clock: VirtualTime
    opened: Spent  # when the day began
    renewing_today: int
    rounds: list[Round] = field(default_factory=list)

    def units(self, what: str) -> set[float]:
        return {getattr(one.spent, what) / RENEWALS for one in self.rounds}


class TimedStage(Stage):
    """Knows how much of the process's time its DynamoDB took."""

    def __init__(self, time: VirtualTime, settings: Settings) -> None:
        super().__init__(time, settings)
        self.engine_seconds = 0.0

    @override
    def _takes_time(self, request: Request) -> Answer:
        self.time.sleep(DYNAMODB.p50)
        begun = time.process_time()
        try:
            return request.apply()
        finally:
            self.engine_seconds += time.process_time() - begun


def filled(name: str, others: int, history: int = 1) -> Table:
    """A table whose day has begun; the renewals of all rounds are in it, each with so many rows of the ledger."""
    clock, offer = VirtualTime(MORNING), phone()
    stage = TimedStage(clock, Settings(dict.fromkeys(RailName, 100.0), cpu_seconds=0.0))
    with stage.set():
        stage.put([offer], [cohort_row(offer, MORNING - timedelta(minutes=1))])
        stage.put([], crowd(offer, others), keyed=False)
        for number in range(ROUNDS + 1):
            stage.put([], _measured(offer, number, history))
        stage.units.spent()
        clock.start(stage.run)
        clock.play(clock.now() + timedelta(minutes=1))
        opened = stage.units.spent()
        stage.accept(offer, MORNING)
    place = Place(offer.rail, MORNING.date(), offer.plan.partner, offer.plan.id)
    expected = DynamoRuns(stage.own_table).progress(place).expected
    assert expected is not None  # counted just now
    return Table(name, stage, clock, opened, expected)


def _measured(offer: Offer, number: int, history: int) -> Iterator[Item]:
    begin = MORNING + EVERY * (number + 1)
    for at in range(RENEWALS):
        due = (begin + timedelta(seconds=30) * at / RENEWALS).replace(microsecond=0)
        yield from rows(offer, number * RENEWALS + at, due, SHARDS, max(24, history), history)


def play(table: Table, number: int) -> Round:
    """Hand out and bill the renewals of one round."""
    stage, clock = table.stage, table.clock
    clock.play(MORNING + EVERY * (number + 1) + timedelta(seconds=40))
    billed, engine = len(stage.called.at), stage.engine_seconds
    stage.units.spent()
    with stage.set():
        begun = time.process_time()
        clock.start(stage.run)
        clock.play(clock.now() + timedelta(minutes=2))
        seconds = time.process_time() - begun - (stage.engine_seconds - engine)
    if len(stage.called.at) != billed + RENEWALS:
        raise SystemExit(f"{table.name}: {len(stage.called.at) - billed} of {RENEWALS} were billed")
    return Round(stage.units.spent(), seconds / RENEWALS * 1000)


def compared(tables: Sequence[Table]) -> list[list[str]]:
    """A row for each table; ratios are of rounds that followed each other, to the first table."""
    for number in range(ROUNDS + 1):
        for one in tables:
            found = play(one, number)
            if number:  # the first is for the caches
                one.rounds.append(found)
    first = tables[0]
    return [_row(one, first) for one in tables]


def _row(one: Table, first: Table) -> list[str]:
    ratios = [mine.milliseconds / its.milliseconds for mine, its in zip(one.rounds, first.rounds, strict=True)]
    writes, reads = (_range(one.units(what)) for what in ("write_units", "read_units"))
    same = all(max(one.units(what)) <= max(first.units(what)) * (1 + GOAL) for what in ("write_units", "read_units"))
    opened = one.opened.read_units / one.renewing_today
    return [
        one.name,
        writes,
        reads,
        f"{median(round.milliseconds for round in one.rounds):.3f}",
        f"{median(ratios):.3f}",
        f"{min(ratios):.2f} to {max(ratios):.2f}",
        "yes" if same and median(ratios) <= 1 + GOAL else "**no**",
        f"{opened:.4f} x {one.renewing_today:,}",
    ]


def _range(found: set[float]) -> str:
    return f"{min(found):.3f}" if len(found) == 1 else f"{min(found):.3f} to {max(found):.3f}"


HEAD = (
    "write units",
    "read units",
    "ms",
    "to the first",
    "of all rounds",
    f"flat within {GOAL:.0%}",
    "once a day: read units for each of its renewals",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="subscriptions of the tables")
    parser.add_argument("--histories", type=int, nargs="+", default=HISTORIES, help="periods behind each renewal")
    given = parser.parse_args()
    with measured():
        say(
            f"A renewal by the number of subscriptions, {ROUNDS} rounds of {RENEWALS}; goal: flat within {GOAL:.0%}.",
            "",
        )
        sizes = [filled(f"{size:,}", size) for size in given.sizes]
        gc.collect()
        gc.freeze()  # a million rows must not be looked through by every collection: on AWS they are elsewhere
        say(*table(["subscriptions", *HEAD], compared(sizes)), "")
        sizes.clear()
        histories = [filled(str(periods), AMONG, periods) for periods in given.histories]
        gc.freeze()
        say(f"By the periods behind it, each with a row of the ledger, among {AMONG:,} subscriptions.", "")
        say(*table(["periods", *HEAD], compared(histories)))


if __name__ == "__main__":
    main()
