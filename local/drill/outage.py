"""`make drill-outage`: the schedule off for 72 hours, then on; all is caught up by its plan, paced, nothing twice."""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import datetime
from functools import partial
from pathlib import Path

from local.drill.accounts import Account
from local.drill.arena import PARAMETERS, Arena, arena
from local.drill.attended import attended
from local.drill.audit import Finding
from local.drill.evidence import Evidence
from local.drill.outage_story import OFF, Outage
from local.drill.outage_verdict import busiest, judge_catch_up
from local.drill.tide import DAY, HOUR, pass_by
from local.drill.verdict import judge_end, ledgers, tell
from local.progress import say
from local.world.stack import STACK_NAME
from ops import __main__ as operator
from pinbill.domain.catalog import RailName

CATALOG = Path(__file__).with_name("outage.json")
RATE = 4  # calls a second of each provider
# A call may come some milliseconds late, and one more then falls into a second; a provider's window is never so narrow.
LATE = 1
SETTINGS = {"InfomediaRatePerSecond": str(RATE), "SignzyRatePerSecond": str(RATE)}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.drill.outage", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=int, default=25, help="give up after so many (25)")
    given = parser.parse_args(arguments)
    return attended("outage", given.minutes, partial(drill, seed=given.seed))


def drill(home: Path, seed: int) -> bool:
    """Carry it out; True when all was as it must be."""
    began = time.monotonic()
    with arena(home, seed, {**PARAMETERS, **SETTINGS}, CATALOG) as ground:
        outage = Outage(ground)
        say("subscribe; a month passes, and is billed in time")
        outage.live()
        say(f"the schedule is off for {OFF // HOUR} hours")
        outage.go_off()
        findings = _must_be_missing(outage, ground)
        say("the schedule is on again")
        outage.go_on()
        accounts, evidence = outage.accounts(), outage.evidence()
        findings += judge_catch_up(outage, accounts, evidence)
        findings += _tell_calls(outage, evidence)
        _tell_outcomes(outage, accounts)
        say("one more day")
        pass_by(ground, DAY)
        ground.wait_for_callbacks(60)
        pass_by(ground, HOUR)
        return _conclude(outage, ground, findings, time.monotonic() - began)


def _must_be_missing(outage: Outage, ground: Arena) -> list[Finding]:
    """The proof must see the outage while it lasts, or it proves nothing afterwards."""
    missing = [line for line in _coverage(_months(outage, ground)) if line.startswith("MISSING")]
    say(f"  coverage finds {len(missing)} periods missing, as {missing[0] if missing else 'it should'}")
    return [] if missing else [Finding("-", "nothing is missing although nobody was billed for three days")]


def _tell_calls(outage: Outage, evidence: Evidence) -> list[Finding]:
    found = []
    for rail, (calls, most) in busiest(outage, evidence).items():
        say(f"  {rail}: {calls} bills asked for, at most {most} within a second of {RATE} allowed")
        if most > RATE + LATE or not calls:
            found.append(Finding("-", f"{most} calls of {rail} within a second"))
    return found


def _tell_outcomes(outage: Outage, accounts: Sequence[Account]) -> None:
    assert outage.on_at is not None
    for rail in RailName:
        of_rail = [account for account in accounts if account.member.rail is rail]
        kinds = Counter(entry.kind.value for a in of_rail for entry in a.entries if entry.at >= outage.on_at)
        say(f"  {rail}: {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}")


def _conclude(outage: Outage, ground: Arena, findings: list[Finding], seconds: float) -> bool:
    accounts, evidence = outage.accounts(), outage.evidence()
    findings += judge_end(ground, accounts, evidence, outage.cancelled)
    for line in ledgers(accounts, evidence):
        say(line)
    covered = _coverage(_months(outage, ground))
    for line in covered:
        say(f"  {line}")
    if any("findings" in line for line in covered):
        findings.append(Finding("-", "a month is not covered"))
    say(f"{len(accounts)} subscriptions, {len(outage.cancelled)} cancelled meanwhile; {seconds / 60:.1f} minutes")
    return tell(findings)


def _months(outage: Outage, ground: Arena) -> list[str]:
    """From the first subscription to now."""
    first, last = min(account.subscription.created_at for account in outage.accounts()), ground.clock.now()
    found, at = [], first
    while (at.year, at.month) <= (last.year, last.month):
        found.append(f"{at:%Y-%m}")
        at = _next_month(at)
    return found


def _next_month(at: datetime) -> datetime:
    return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1, day=1)


def _coverage(months: Sequence[str]) -> list[str]:
    """What the operator's command says of these months."""
    with redirect_stdout(io.StringIO()) as said:
        for month in months:
            operator.main(["--stack", STACK_NAME, "coverage", "--month", month])
    return said.getvalue().splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
