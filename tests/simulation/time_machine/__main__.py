"""`make time-machine`: years of subscriptions on shipped code; exit 1 unless all is covered and both ledgers agree."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from pinbill.domain.coverage import Outcome
from tests.simulation.time_machine.players import played, specs
from tests.simulation.time_machine.proof import Shown, months_of


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.time_machine", description=__doc__)
    parser.add_argument("--subscriptions", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 when anything is wrong."""
    chosen = options(arguments)
    shards = specs(chosen.subscriptions, chosen.months, chosen.seed)
    say(f"{chosen.subscriptions:,} subscriptions, {chosen.months} months, seed {chosen.seed}: {len(shards)} shards")
    began, total = time.monotonic(), Shown()
    for shown in played(shards, chosen.processes, say):
        total.add(shown)
    for line in report(total, list(months_of(shards[0])), time.monotonic() - began):
        say(line)
    return 1 if total.findings else 0


def report(total: Shown, months: Sequence[str], seconds: float) -> Iterator[str]:
    outcomes = [outcome.value for outcome in Outcome if any(total.months[month, outcome.value] for month in months)]
    yield ""
    yield f"{'month':<8}{'periods':>10}" + "".join(f"{outcome:>11}" for outcome in outcomes)
    for month in months:
        counts = [total.months[month, outcome] for outcome in outcomes]
        yield f"{month:<8}{sum(counts):>10,}" + "".join(f"{count:>11,}" for count in counts)
    yield ""
    yield from _table("what happened", total.done)
    yield from _table("subscriptions at the end", total.states)
    yield f"{'both ledgers':<14}{'provider':>20}{'ours':>20}{'difference':>14}"
    for currency in sorted(total.theirs | total.ours):
        theirs, ours = (Decimal(sums[currency]) / 100 for sums in (total.theirs, total.ours))
        yield f"  {currency:<12}{theirs:>20,.2f}{ours:>20,.2f}{theirs - ours:>14,.2f}"
    yield from (f"WRONG  {line}" for line in total.wrong)
    yield f"{total.attempts:,} attempts, {total.debits:,} debits of {total.subscriptions:,} subscriptions"
    rate = total.renewals / seconds
    yield f"{total.renewals:,} renewals in {seconds:,.0f} s: {rate:,.0f} a second; {total.seconds:,.0f} s of CPU"
    yield f"{len(months)} months covered, {total.periods:,} periods; {total.findings:,} findings"


def _table(title: str, counts: Counter[str]) -> Iterator[str]:
    yield title
    yield from (f"  {count:>12,}  {name}" for name, count in sorted(counts.items(), key=lambda each: -each[1]))


if __name__ == "__main__":
    sys.exit(main())
