"""What a drill has shown, as a person reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from local.drill.accounts import Account
from local.drill.arena import VISIBILITY_SECONDS, Arena
from local.drill.audit import Finding, judge, totals
from local.drill.campaign import Log
from local.drill.evidence import Evidence, gather
from local.drill.gaps import GAPS
from local.drill.traffic import Cancelled
from local.drill.unknowns import explain, left_behind
from local.progress import say


def conclude(arena: Arena, log: Log, accounts: Sequence[Account], seconds: float) -> bool:
    """Judge, and print the result; True when nothing was found."""
    evidence = gather(arena.office, log.members)
    findings = [*log.findings, *judge_end(arena, accounts, evidence, log.cancelled)]
    for line in _lines(log, accounts, evidence, seconds):
        say(line)
    return tell(findings)


def judge_end(
    arena: Arena, accounts: Sequence[Account], evidence: Evidence, cancelled: Sequence[Cancelled]
) -> list[Finding]:
    """What is wrong when all is over: then no outcome may be open at all."""
    assert arena.drained_at, "nobody was billed yet"
    findings = judge(accounts, evidence, cancelled, arena.drained_at)
    findings += [Finding("-", f"payment {name} is neither taken nor failed") for name in evidence.accepted]
    return findings + [Finding(row.subscription, f"{row.attempt} is open") for row in explain(accounts, evidence)]


def tell(findings: Sequence[Finding]) -> bool:
    """Print what was found; True when nothing was."""
    for finding in findings:
        say(f"  WRONG  {finding.subscription}: {finding.what}")
    say("BOTH LEDGERS AGREE" if not findings else f"{len(findings)} FINDINGS")
    return not findings


def _lines(log: Log, accounts: Sequence[Account], evidence: Evidence, seconds: float) -> Iterator[str]:
    rails = Counter(account.member.rail.value for account in accounts)
    yield f"subscriptions  {len(accounts)} ({', '.join(f'{n} {rail}' for rail, n in sorted(rails.items()))})"
    states = Counter(account.subscription.state.value for account in accounts)
    yield f"               now {', '.join(f'{n} {state}' for state, n in states.most_common())}"
    yield f"renewals       {sum(account.renewals for account in accounts)}, in {seconds / 60:.1f} minutes"
    yield from _table(f"attempts cut by SIGKILL, held in a known gap ({log.struck} processes)", _in_order(log.cut))
    yield from _table("processes killed at random moments", log.killed)
    yield from _table("attempts found without their process, when it had", left_behind(accounts, evidence))
    yield from _table("faults of the providers", log.provider_faults)
    yield from _table("faults on the way to DynamoDB", log.aws_faults)
    doubled = log.traffic | Counter({"cancels acknowledged": len(log.cancelled)})
    yield from _table("meanwhile", doubled)
    yield f"  {log.dead_letters} groups given up by the queue after 3 tries (visibility {VISIBILITY_SECONDS} s)"
    reasons = Counter(f"{row.rail}: {row.reason}" for row in log.listed)
    yield from _table(f"on the unknown list when the storms were over: {len(log.listed)}, because", reasons)
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(log.verdicts.items()))
    yield f"  decided by the provider's report: {verdicts or 'nothing'}"
    yield from ledgers(accounts, evidence)


def ledgers(accounts: Sequence[Account], evidence: Evidence) -> Iterator[str]:
    """Both sums, to the penny."""
    yield f"{'both ledgers at the end':<30}{'provider':>14}{'ours':>14}{'difference':>14}"
    for currency, (theirs, ours) in totals(accounts, evidence).items():
        amounts = "".join(f"{Decimal(minor) / 100:>14.2f}" for minor in (theirs, ours, theirs - ours))
        yield f"  {currency:<28}{amounts}"
    debits = sum(len(rows) for rows in evidence.debits.values())
    yield f"  {debits} debits; {sum(1 for account in accounts for _ in account.paid)} paid attempts in our ledger"


def _in_order(cut: Mapping[str, int]) -> dict[str, int]:
    return {gap.name: cut.get(gap.name, 0) for gap in GAPS}


def _table(title: str, rows: Mapping[str, int]) -> Iterator[str]:
    yield title
    for name, count in rows.items():
        if name:
            yield f"  {count:>6}  {name}"
