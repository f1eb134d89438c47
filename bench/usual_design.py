"""Billing as it is usually written beside the shipped one: renewals a second, and what becomes of lost answers.

Both bill the same provider on loopback by requests, and keep their rows in the same in-memory DynamoDB, each request to
which takes 4 ms in the median. The usual design is one function that queries an index by due date and bills in a loop,
with Powertools Idempotency around each bill (bench/usual.py). Nothing limits it but itself. The shipped one keeps a
quota, which is above what its threads need.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from unittest.mock import patch

from bench.billing_day import cohort_row, due_rows
from bench.clocks import RealTime
from bench.latency import USUAL, Latency
from bench.pacing import http_rails
from bench.population import phone
from bench.provider import Provider, provider
from bench.rails import READ_TIMEOUT
from bench.report import measured, say, table
from bench.settings import Settings
from bench.stage import DYNAMODB, Stage
from bench.usual import TABLE, Updating, UsualDesign, create_tables, subscriptions
from pinbill.domain.catalog import RailName

GOAL = 5.0
QUICK = Latency(0.012, 0.038)  # for the lost answers, so that enough of them are seen
LOST = 0.01


@dataclass(frozen=True, slots=True)
class Ran:
    """What the provider's books say, and what it took."""

    design: str
    debits: int
    twice: int  # subscriptions that were debited more than once, of which each owed one bill
    lost: int
    seconds: float  # from the first debit to the last
    cpu_ms: float  # of this process for each debit, with the in-memory DynamoDB

    @property
    def rate(self) -> float:
        return (self.debits - 1) / self.seconds


def judged(design: str, peer: Provider, cpu_seconds: float, who: Callable[[str], str]) -> Ran:
    books = peer.books()
    at = sorted(at for at, _ in books)
    debits = Counter(who(reference) for _, reference in books)
    twice = sum(count > 1 for count in debits.values())
    return Ran(design, len(books), twice, peer.count()[1], at[-1] - at[0], cpu_seconds / len(books) * 1000)


def usual(count: int, latency: Latency, lost: float, runs: int) -> Ran:
    """The function is run so often: what failed stays due, and the next run repeats it."""
    clock, random, today = RealTime(), Random(1), datetime.now(UTC).replace(hour=0, minute=0, second=0)
    engine = Updating(clock.now, lambda request: (clock.sleep(DYNAMODB.draw(random)), request.apply())[1])
    create_tables(engine)
    engine.load(TABLE, subscriptions(count, today))
    with patch.dict(os.environ, {"AWS_LAMBDA_FUNCTION_NAME": "usual"}), provider(latency, lost) as peer:
        design, begun = UsualDesign(engine, peer.url, today), time.process_time()
        for _ in range(runs):
            design.run()
        if design.failed != peer.count()[1]:
            raise SystemExit(f"{design.failed} bills failed, where {peer.count()[1]} answers were lost")
        return judged("the usual design", peer, time.process_time() - begun, lambda reference: reference)


def shipped(count: int, cap: float, threads: int, latency: Latency, lost: float, runs: int) -> Ran:
    """As the template's schedule starts it; then again so often at once, to see what it repeats."""
    settings = Settings(dict.fromkeys(RailName, cap), threads=threads)
    with provider(latency, lost) as peer:
        stage = Stage(RealTime(), settings, rails=lambda stage: http_rails(peer.url, READ_TIMEOUT))
        with stage.set():
            offer, now = phone(), datetime.now(UTC)
            begin = now - timedelta(seconds=40)
            stage.put([offer], [cohort_row(offer, begin - timedelta(minutes=1))])
            stage.put([], due_rows(offer, 0, count, begin, begin + timedelta(seconds=30)))
            stage.accept(offer, now)
            begun = time.process_time()
            stage.run()
            _until(lambda: peer.count()[0] >= count and stage.queue.is_empty, count / cap + 60)
            spent = time.process_time() - begun
            for _ in range(runs - 1):
                stage.run()
                stage.run("sweep")
                _until(lambda: stage.queue.is_empty, 60)
            name = f"shipped, {threads} threads, cap {cap:g}/s"
            return judged(name, peer, spent, lambda reference: reference.partition("-")[0])


def _until(done: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not done() and time.monotonic() < ends:
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.usual_design", description=__doc__)
    parser.add_argument("--times", type=float, default=1.0, help="as many renewals as usual (1)")
    given = parser.parse_args()
    with measured():
        many = round(200 * given.times)
        first = usual(many, USUAL, 0.0, 1)
        ours = [shipped(5 * many, 50, 16, USUAL, 0.0, 1), shipped(15 * many, 150, 64, USUAL, 0.0, 1)]
        say(f"Renewals a second, of a provider that answers in p50 120 ms and p99 380 ms; goal {GOAL:g} times.", "")
        rows = [
            [ran.design, ran.debits, f"{ran.rate:.1f}", f"{ran.rate / first.rate:.1f}", f"{ran.cpu_ms:.2f}"]
            for ran in (first, *ours)
        ]
        say(*table(["design", "renewals", "a second", "times the usual", "CPU ms, with the fake table"], rows), "")
        many = round(1_500 * given.times)
        lossy = [usual(many, QUICK, LOST, 2), shipped(many, 100, 16, QUICK, LOST, 3)]
        say(f"When {LOST:.0%} of the answers are lost after the debit, and what is still due is run again at once.", "")
        rows = [[ran.design, many, ran.lost, ran.debits, ran.twice] for ran in lossy]
        say(*table(["design", "owe a bill", "answers lost", "debits", "subscribers debited twice (goal 0)"], rows))


if __name__ == "__main__":
    main()
