"""What a million renewals cost on AWS: units, requests, Lambda time and log bytes, counted on the shipped functions.

Whole billing days are played in virtual time: the shipped dispatcher, queue messages and worker with its threads and
call times, over the in-memory DynamoDB whose meter counts units by AWS's rules. A worker that waits for its next call
is billed as long as it waits. Everything is counted for some thousand renewals and multiplied; prices are published
ones, without free tiers. The CPU of a renewal is given; bench.renewal_cpu measures it.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench import idle
from bench.billing_day import Day, play
from bench.report import measured, say, table
from bench.settings import Settings
from bench.stage import FULL_PROCESSOR_MB
from ops.costs import (
    LEDGER_BYTES,
    MONTH_SECONDS,
    Cost,
    Setup,
    cost_of,
    handing,
    schedule_cost,
)
from ops.idle_costs import standing
from ops.prices import MILLION, PRICES
from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Pace

GOAL = 3.00
DISPATCHER_MB = 512
PARTS = ("writes", "reads", "ledger kept", "worker", "dispatcher", "invocations", "queue", "logs")


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls a second that the provider allows, and with which threads they are made."""

    calls: float
    renewals: int
    threads: int = 16
    concurrency: int = 10

    def settings(self, cpu_ms: float, memory_mb: int = 512) -> Settings:
        rates = dict.fromkeys(RailName, self.calls)
        return Settings(
            rates,
            threads=self.threads,
            concurrency=self.concurrency,
            memory_mb=memory_mb,
            cpu_seconds=cpu_ms / 1000,
        )


# The template's threads, but where they do not suffice: there the most that it allows.
RATES = (Rate(1, 1_000), Rate(5, 1_500), Rate(10, 2_000), Rate(50, 5_000), Rate(100, 6_000, 64), Rate(500, 10_000, 64))
MEMORIES = (1_024, 512, 256, 128)


def priced(day: Day, memory_mb: int) -> Cost:
    """Of a million renewals."""
    return day.usage(memory_mb, DISPATCHER_MB, LEDGER_BYTES).cost(PRICES).times(MILLION / day.renewals)


def standing_share(day: Day) -> float:
    """Of what is paid for by the month, the part of the hours that a million renewals take."""
    return standing(rails=1).total * MILLION / day.calls_a_second / MONTH_SECONDS


def modelled(rate: Rate) -> Cost:
    """What the preview would say of a million renewals."""
    pace = Pace(rate.calls)
    return cost_of(int(MILLION), 0, 0, pace) + schedule_cost(handing(int(MILLION), pace, 60).seconds)


def floor(cpu_ms: float) -> float:
    """Two writes, one before the call and one after it, and the CPU: what no design comes below."""
    gb_seconds = cpu_ms / 1000 * FULL_PROCESSOR_MB / 1_024
    return (2 * PRICES.write_unit + gb_seconds * PRICES.gb_second) * MILLION


def by_part(days: dict[Rate, Day]) -> Iterator[str]:
    costs = {rate: priced(day, Setup().worker_mb) for rate, day in days.items()}
    rows = [[part, *(f"{cost.parts[part]:.2f}" for cost in costs.values())] for part in PARTS]
    rows.append(["standing, its share", *(f"{standing_share(day):.2f}" for day in days.values())])
    rows.append(["all but that", *(f"{cost.total:.2f}" for cost in costs.values())])
    total = [costs[rate].total + standing_share(day) for rate, day in days.items()]
    rows.append([f"**all** (goal {GOAL:.2f})", *(f"**{dollars:.2f}**" for dollars in total)])
    model = [modelled(rate).total + standing_share(day) for rate, day in days.items()]
    rows.append(["by the model of the preview", *(f"{dollars:.2f}" for dollars in model)])
    rows.append(["calls a second", *(f"{day.calls_a_second:.1f}" for day in days.values())])
    rows.append(
        ["worker's seconds a renewal", *(f"{day.worker_seconds() / day.renewals:.4f}" for day in days.values())]
    )
    yield from table(["USD for a million, at a cap of", *(f"{rate.calls:g}/s" for rate in days)], rows)


def by_memory(days: dict[Rate, Day], cpu_ms: float) -> Iterator[str]:
    """The same with a smaller worker; in brackets, how much of its share of a processor it uses."""
    rows = []
    for memory in MEMORIES:
        share, row = memory / FULL_PROCESSOR_MB, [f"{memory} MB"]
        for rate, day in days.items():
            used = min(day.calls_a_second, rate.calls) * cpu_ms / 1000 / share
            total = priced(day, memory).total + standing_share(day)
            row.append(f"{total:.2f} ({used:.0%})" if used < 1 else "too slow")
        rows.append(row)
    yield from table(["worker's memory", *(f"{rate.calls:g}/s" for rate in days)], rows)


def counted(days: dict[Rate, Day]) -> Iterator[str]:
    """What was counted for one renewal."""
    rows = []
    for rate, day in days.items():
        index = sum(units for what, units in day.billed.writes.items() if what.startswith("index"))
        usage = day.usage(Setup().worker_mb, DISPATCHER_MB, LEDGER_BYTES)
        rows.append(
            [
                f"{rate.calls:g}/s, {rate.threads} threads",
                day.renewals,
                f"{usage.write_units / day.renewals:.3f}",
                f"{index / day.renewals:.3f}",
                f"{usage.read_units / day.renewals:.3f}",
                f"{day.audited.read_units / day.renewals:.3f}",
                f"{usage.queue_requests / day.renewals:.4f}",
                f"{usage.invocations / day.renewals:.4f}",
                f"{usage.log_bytes / day.renewals:.0f}",
            ]
        )
    head = [
        "for a renewal",
        "of",
        "write units",
        "of indexes",
        "read units",
        "of the audit",
        "SQS",
        "invocations",
        "log bytes",
    ]
    yield from table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--cpu-ms", type=float, default=1.6, help="of a renewal, as bench.renewal_cpu prints it (1.6)")
    parser.add_argument("--scale", type=float, default=1.0, help="times the renewals of each rate (1)")
    parser.add_argument("--idle", action="store_true", help="of the stack while nothing is billed; seconds")
    given = parser.parse_args()
    if given.idle:
        say("Cost of a month in which nothing is billed, in US dollars (us-east-1, no free tiers).", "", *idle.told())
        return
    with measured():
        rates = [replace(rate, renewals=round(rate.renewals * given.scale)) for rate in RATES]
        days = {rate: play(rate.settings(given.cpu_ms), rate.renewals) for rate in rates}
        say("Cost of a million renewals, all of them paid, in US dollars (us-east-1, no free tiers).", "")
        say(*by_part(days), "")
        say(*by_memory(days, given.cpu_ms), "")
        say(*counted(days), "")
        month = LEDGER_BYTES * MILLION / 1e9 * PRICES.stored_gb_month
        parts = ", ".join(f"{part} {dollars:.2f}" for part, dollars in standing().parts.items())
        say(f"Floor (2 write units, {given.cpu_ms} ms of CPU): {floor(given.cpu_ms):.2f}.")
        say(f"Ledger: each month that a million rows are kept costs {month:.2f} more.")
        say(f"Standing costs a month: {standing().total:.2f} ({parts}). Of a whole stack that bills nothing: --idle.")


if __name__ == "__main__":
    main()
