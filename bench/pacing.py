"""How much of a provider's quota billing uses, and whether it ever passes it: by the provider's own clock.

In real time: the shipped dispatcher hands out all that is due, its messages wait in a queue that keeps their delay with
SQS-like jitter, and the shipped worker (handler, threads, call times, HTTP client) bills a provider on loopback, which
answers after a log-normal time. DynamoDB is in memory and takes 4 ms in the median. Each cap is a process of its own,
as are the providers. Every invocation has its environment, but all share this process, which on AWS they do not.

The last column is the same in virtual time, for longer, where no machine disturbs it: what the plan of call times and
the threads themselves leave unused.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from bench.billing_day import MORNING, cohort_row, due_rows
from bench.clocks import RealTime
from bench.latency import SLOW, USUAL, Latency
from bench.population import phone
from bench.provider import Provider, provider
from bench.rails import READ_TIMEOUT, TimedRail
from bench.renewal_rows import SECRET
from bench.report import measured, say, table
from bench.settings import Settings
from bench.stage import Stage
from bench.virtual_time import VirtualTime
from bench.windows import Use, use
from pinbill.domain.catalog import RailName
from pinbill.providers.credentials import Credentials
from pinbill.providers.http import Endpoint, Transport
from pinbill.providers.infomedia.client import InfomediaClient
from pinbill.providers.signzy.client import SignzyClient
from pinbill.usecases.ports.rails import Rails

GOAL = 0.97
LAST_SECONDS = 20.0  # beyond the time that the calls should take
DELIVERED_LATE = 8.0  # seconds until the first call


@dataclass(frozen=True, slots=True)
class Case:
    """One cap, for how long, and how the worker is set up."""

    cap: float
    seconds: float
    threads: int
    concurrency: int
    hangs: bool = False
    inside: bool = False  # the provider is in the worker's process, and a call costs no HTTP

    @property
    def latency(self) -> Latency:
        return SLOW if self.hangs else USUAL

    @property
    def calls(self) -> int:
        return round(self.cap * self.seconds)

    def settings(self) -> Settings:
        rates = dict.fromkeys(RailName, self.cap)
        return Settings(rates, threads=self.threads, concurrency=self.concurrency, latency=self.latency)


# Those of one line run at the same time. Threads are the template's, as is the concurrency where it suffices: workers
# must be as many as there are lanes, and where calls hang as many as there are groups within a read timeout.
THREADS, CONCURRENCY = 64, 10
USUAL_CASES = (
    (Case(1, 75, THREADS, CONCURRENCY), Case(10, 75, THREADS, CONCURRENCY)),
    (Case(50, 40, THREADS, CONCURRENCY),),
    (Case(100, 30, THREADS, CONCURRENCY),),
    (Case(500, 20, THREADS, 30),),
)
SLOW_CASES = (
    (Case(1, 75, THREADS, CONCURRENCY, True), Case(10, 75, THREADS, CONCURRENCY, True)),
    (Case(50, 40, THREADS, CONCURRENCY, True),),
    (Case(100, 30, THREADS, 20, True),),
    (Case(500, 20, THREADS, 130, True),),
)


class OneSecret:
    def read(self, fresh: bool) -> str:
        return SECRET


def http_rails(url: str, read_timeout: float) -> Rails:
    """The shipped clients, each environment with connections of its own."""
    credentials = Credentials(OneSecret())
    transport = Transport(Endpoint(url, "/dcb", 3.0, read_timeout))
    return Rails(InfomediaClient(transport, credentials), SignzyClient(transport, credentials))


def bill(case: Case) -> NoReturn:
    """Hand out, bill, judge by the provider's books and print it. Ends the process: calls that hang would hold it."""
    with provider(case.latency) as peer:
        stage = Stage(RealTime(), case.settings(), rails=lambda stage: rails(case, stage, peer))

        def arrivals() -> list[float]:
            return stage.called.at if case.inside else [at for at, _ in peer.books()]

        with stage.set():
            offer, now = phone(), datetime.now(UTC)
            begin = now - timedelta(seconds=40)
            stage.put([offer], [cohort_row(offer, begin - timedelta(minutes=1))])
            stage.put([], due_rows(offer, 0, case.calls, begin, begin + timedelta(seconds=30)))
            stage.accept(offer, now)
            stage.schedule(now + timedelta(hours=1))
            _wait(lambda: len(stage.called.at) if case.inside else peer.count()[0], case)
            say(json.dumps(asdict(use(arrivals(), case.cap))))
            os._exit(0)


def rails(case: Case, stage: Stage, peer: Provider) -> Rails:
    if not case.inside:
        return http_rails(peer.url, READ_TIMEOUT)
    one = TimedRail(stage.time, stage.called, case.latency, stage.random)
    return Rails(one, one)


def _wait(arrived: Callable[[], int], case: Case) -> None:
    """Until all bills have arrived, or nothing more is to be expected of this cap."""
    ends = time.monotonic() + DELIVERED_LATE + case.seconds * 1.1 + LAST_SECONDS
    while arrived() < case.calls and time.monotonic() < ends:
        time.sleep(0.2)


def planned(case: Case) -> Use:
    """The same in virtual time, for ten minutes or 6,000 calls: without a machine, and with calls that take no CPU."""
    calls = min(6_000, round(case.cap * 600))
    clock = VirtualTime(MORNING)
    settings = Settings(
        dict.fromkeys(RailName, case.cap),
        threads=case.threads,
        concurrency=case.concurrency,
        latency=case.latency,
        cpu_seconds=0.0,
    )
    stage = Stage(clock, settings)
    with stage.set():
        offer = phone()
        stage.put([offer], [cohort_row(offer, MORNING - timedelta(minutes=2))])
        begin = MORNING - timedelta(seconds=40)
        stage.put([], due_rows(offer, 0, calls, begin, begin + timedelta(seconds=30)))
        stage.accept(offer, MORNING)
        stage.schedule(MORNING + timedelta(days=1))
        longest = MORNING + timedelta(seconds=calls / case.cap * 3)
        while len(stage.called.at) < calls and clock.now() < longest:
            clock.play(clock.now() + timedelta(seconds=30))
    return use(stage.called.at, case.cap)


def run(cases: Sequence[Case]) -> Iterator[tuple[Case, Use]]:
    """At the same time, each in a process of its own."""
    commands = [[sys.executable, "-m", "bench.pacing", "--case", json.dumps(asdict(case))] for case in cases]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    for case, process in zip(cases, started, strict=True):
        printed, _ = process.communicate()
        if process.returncode != 0:
            raise SystemExit(f"the case {case} failed")
        yield case, Use(**json.loads(printed))


def row(case: Case, found: Use, plan: Use | None) -> list[str]:
    return [
        f"{case.cap:g}/s",
        f"{case.threads}, {case.concurrency}",
        f"{found.calls} of {case.calls}",
        f"{found.seconds:.0f} s",
        f"{found.share:.1%}",
        f"{found.first_99:.1%}",
        "yes" if found.share >= GOAL else "**no**",
        str(found.above),
        f"{found.worst}",
        *([f"{plan.share:.1%}, {plan.above}"] if plan else []),
    ]


HEAD = (
    "cap",
    "threads, concurrency",
    "calls",
    "in",
    "share of the cap",
    "of the first 99 %",
    f"{GOAL:.0%}",
    "windows above",
    "most in one",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pacing", description=__doc__)
    parser.add_argument("--hangs", action="store_true", help="answers of p99 10 s, and one call in a hundred hangs")
    parser.add_argument("--caps", type=float, nargs="+", help="only these")
    parser.add_argument("--times", type=float, default=1.0, help="as long as usual (1)")
    parser.add_argument("--threads", type=int, help="of every worker, also beyond what the template allows")
    parser.add_argument("--inside", action="store_true", help="the provider in the worker's process, without HTTP")
    parser.add_argument("--no-plan", action="store_true", help="without the last column")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        bill(Case(**json.loads(given.case)))
    with measured():
        latency = SLOW if given.hangs else USUAL
        say(
            f"Quota used between the first and the last call (goal {GOAL:.0%}), and one-second windows above it"
            f" (goal 0). Answers take p50 {latency.p50 * 1000:.0f} ms, p99 {latency.p99:g} s;"
            f" {latency.hangs:.0%} hang, for {READ_TIMEOUT:.0f} s.",
            "",
        )
        rows = []
        for cases in SLOW_CASES if given.hangs else USUAL_CASES:
            wanted = [
                replace(
                    case,
                    seconds=case.seconds * given.times,
                    threads=given.threads or case.threads,
                    inside=given.inside,
                )
                for case in cases
                if not given.caps or case.cap in given.caps
            ]
            for case, found in run(wanted):
                rows.append(row(case, found, None if given.no_plan else planned(case)))
        say(*table([*HEAD, *([] if given.no_plan else ["as planned, in virtual time: share, above"])], rows))


if __name__ == "__main__":
    threading.stack_size(512 * 1024)
    main()
