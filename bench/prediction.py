"""What the preview says of a run beside what comes of it: makespan and cost of seeded loads.

For each load the shipped preview looks at the indexes, and the model of ops.costs prices what it found. Then the
shipped dispatcher and worker play the load in virtual time, with their schedule, queue, threads and call times, and it
is counted: when the last of the calls that were foreseen was made, and what was used until then. Bills are declined, or
pending at the bank, in the shares that the days before had shown.
"""

import argparse
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from bench.billing_day import AUDITS, PLATFORM_LOG, cohort_row
from bench.foreseen import Outcome, foreseen
from bench.loads import Load, load
from bench.population import FOUND, MANDATES, PAID, PROVIDER_REFERENCE, id_of
from bench.report import measured, say, table
from bench.settings import Settings
from bench.stage import Stage
from bench.virtual_time import VirtualTime
from ops.costs import LEDGER_BYTES, Cost, Setup, Usage
from ops.prices import PRICES
from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.periods import Recurrence
from pinbill.store.bookmarks import DynamoBookmarks
from pinbill.usecases.audit import PATIENCE, Round
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.due_streams import Mark
from pinbill.usecases.ports.due import Reading

GOAL = 0.10
KINDS = ("renewals", "retries", "looks")
DECLINED = BillResult(AttemptState.DECLINED, "AA", FailureClass.SOFT, "Too little credit.", PROVIDER_REFERENCE)
PENDING = BillResult(AttemptState.PENDING, "PENDING", meaning="The bank is asked.", provider_reference="1234567890")
LONGEST = timedelta(days=3)


def answer(given: Load, order: BillOrder) -> BillResult:
    """By the seed and the attempt's reference, so that the order of calls decides nothing."""
    draw = Random(f"{given.seed}{order.reference}").random()
    if draw < given.declines:
        return DECLINED
    if order.subscriber.mandate is None:
        return PAID
    return PENDING if draw < given.declines + given.pends else FOUND


class Play:
    """One load, previewed and then played."""

    def __init__(self, given: Load, concurrency: int) -> None:
        self.given = given
        self.time = VirtualTime(given.now)
        settings = Settings(given.rates, given.windows, concurrency=concurrency)
        self.stage = Stage(self.time, settings, given.seed, lambda order: answer(given, order))
        self.setup = Setup(worker_mb=settings.memory_mb, interval=settings.interval)

    def __call__(self) -> tuple[Outcome, Outcome]:
        with self.stage.set():
            self._fill()
            rails = [rail for rail in RailName if self.given.count(rail, "renewals")]
            expected = foreseen(self.given, self.stage.preview(), rails, self.setup)
            self.stage.units.spent()
            return expected, self._played()

    def _fill(self) -> None:
        begins = self.given.begins
        offers = self.given.offers
        self.stage.put(offers, [cohort_row(offer, begins - timedelta(days=90)) for offer in offers])
        self.stage.put([], self.given.rows())
        bookmarks = DynamoBookmarks(self.stage.own_table)
        for offer in offers:
            name = "#".join([offer.plan.partner, offer.plan.id, offer.plan.zone, *_calendar(offer.plan.recurrence)])
            mark = Mark(begins - timedelta(seconds=1))
            bookmarks.save(Reading.RUN, offer.rail, name, str(mark))
            bookmarks.save(Reading.AUDIT, offer.rail, name, str(Round(mark, mark, begins)))

    def _played(self) -> Outcome:
        waiting = dict(self._foreseen_calls())
        first_run = Random(self.given.seed).random() * self.stage.settings.interval
        self.time.start(lambda: self.stage.schedule(self.given.now + LONGEST), first_run)
        seconds, calls, seen = dict[RailName, float](), 0, 0
        while waiting:
            if self.time.now() > self.given.now + LONGEST:
                raise SystemExit(f"load {self.given.seed}: {len(waiting)} calls were not made in {LONGEST}")
            self.time.play(self.time.now() + timedelta(seconds=10))
            called = self.stage.called
            for at, reference in zip(called.at[seen:], called.references[seen:], strict=True):
                rail = waiting.pop(reference.partition("-")[0], None)
                if rail:
                    seconds[rail], calls = at, calls + 1
            seen = len(called.at)
        return Outcome(seconds, self._spent(), calls, max(self.stage.queue.waited))

    def _spent(self) -> Cost:
        """What was used so far, what is under way, and the audit of all that was handed out."""
        stage, time = self.stage, self.time
        stage.is_over = stage.queue.is_closed = True
        time.play(time.now() + timedelta(minutes=3))
        units, requests = stage.units.spent(), stage.queue.requests.total
        runs = stage.dispatcher.invocations.copy()
        logged = stage.logged.bytes + PLATFORM_LOG * (len(runs) + len(stage.worker.invocations))
        for _ in range(AUDITS):
            time.start(lambda: stage.run("sweep"))
            time.play(time.now() + PATIENCE + timedelta(minutes=1))
        audit = stage.units.spent()
        audited = {what: units for what, units in audit.reads.items() if what in ("batch", "index slots")}
        return Usage(
            write_units=units.write_units + audit.write_units,
            read_units=units.read_units + sum(audited.values()),
            worker_gb_seconds=stage.worker.seconds * self.setup.worker_mb / 1_024,
            dispatcher_gb_seconds=sum(run.seconds for run in runs) * self.setup.dispatcher_mb / 1_024,
            invocations=len(runs) + len(stage.worker.invocations),
            queue_requests=requests,
            schedules=len(runs),
            log_bytes=logged,
            stored_byte_months=units.writes["J"] * LEDGER_BYTES,
        ).cost(PRICES)

    def _foreseen_calls(self) -> Iterator[tuple[str, RailName]]:
        """By whose number, or mandate, a call is known; with its rail."""
        number = 0
        for due in self.given.due:
            for _ in range(due.count):
                yield (f"{MANDATES + number}" if due.kind == "looks" else id_of(number)), due.offer.rail
                number += 1


def _calendar(recurrence: Recurrence) -> list[str]:
    return [f"{recurrence.unit}{recurrence.count}"]


def off_by(actual: float, expected: float) -> float:
    return expected / actual - 1


def line(given: Load, expected: Outcome, actual: Outcome) -> list[str]:
    rails = [rail for rail in RailName if given.count(rail, "renewals")]
    counts = ", ".join(str(sum(given.count(rail, kind) for rail in rails)) for kind in KINDS)
    rates = ", ".join(f"{rail} {given.rates[rail]:g}/s{' in windows' * (rail in given.windows)}" for rail in rails)
    errors = [off_by(actual.makespan, expected.makespan), off_by(actual.cost.total, expected.cost.total)]
    return [
        str(given.seed),
        counts,
        rates,
        f"{len({offer.plan.partner for offer in given.offers})}, {len(given.offers)}",
        str(given.off)[:-3],
        _clock(expected.makespan),
        _clock(actual.makespan),
        f"{errors[0]:+.1%}",
        f"{expected.cost.total:.5f}",
        f"{actual.cost.total:.5f}",
        f"{errors[1]:+.1%}",
        "yes" if max(map(abs, errors)) <= GOAL else "**no**",
    ]


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


HEAD = (
    "seed",
    "renewals, retries, looks",
    "rails",
    "partners, plans",
    "off for",
    "makespan foreseen",
    "was",
    "error",
    "USD foreseen",
    "was",
    "error",
    f"within {GOAL:.0%}",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.prediction", description=__doc__)
    parser.add_argument("--loads", type=int, default=10, help="how many (10)")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow (1)")
    parser.add_argument("--calls", type=int, default=3_000, help="of a load, about (3000)")
    parser.add_argument("--concurrency", type=int, default=4, help="of the worker: the template's parameter (4)")
    parser.add_argument("--parts", action="store_true", help="also print the parts of the cost")
    given = parser.parse_args()
    with measured():
        found, parts = [], []
        for seed in range(given.seed, given.seed + given.loads):
            one = load(seed, given.calls)
            expected, actual = Play(one, given.concurrency)()
            found.append(line(one, expected, actual))
            both = ", ".join(_both(part, expected, actual) for part in actual.cost.parts)
            parts.append(f"{seed}: {both}; a group waited {actual.late:.1f} s")
        good = sum(row[-1] == "yes" for row in found)
        say(f"Preview and what came of it; goal: both within {GOAL:.0%}. Worker's concurrency {given.concurrency}.", "")
        say(*table(HEAD, found), "", f"{good} of {len(found)} loads within {GOAL:.0%}.")
        if given.parts:
            say("", *parts)


def _both(part: str, expected: Outcome, actual: Outcome) -> str:
    return f"{part} {expected.cost.parts[part]:.5f}/{actual.cost.parts[part]:.5f}"


if __name__ == "__main__":
    main()
