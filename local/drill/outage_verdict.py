"""What an outage must leave behind: each bill that its plan's catch-up policy asks for, once, paced; and no other."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from local.drill.accounts import Account
from local.drill.audit import Finding
from local.drill.evidence import Evidence
from local.drill.outage_story import (
    CANCELS,
    CANCELS_LATE,
    PAUSES,
    PAUSES_AND_RESUMES,
    Outage,
    Subscriber,
)
from pinbill.domain.attempts import AttemptState
from pinbill.domain.catalog import CatchUp, RailName
from pinbill.domain.journal import EntryKind
from pinbill.domain.periods import Unit

CAP = 2  # of bill_each, as the catalog has it
SECOND = timedelta(seconds=1)
LONGEST = 40  # periods; more than any of these subscriptions has


def judge_catch_up(outage: Outage, accounts: Sequence[Account], evidence: Evidence) -> list[Finding]:
    """Every subscription whose bills are not what its policy asks for."""
    found = []
    for subscriber, account in zip(outage.subscribers, accounts, strict=True):
        id = subscriber.member.id
        found += [Finding(id, what) for what in _differs(outage, subscriber, account, evidence)]
    return found


def _differs(outage: Outage, subscriber: Subscriber, account: Account, evidence: Evidence) -> Iterator[str]:
    assert outage.on_at is not None  # judged when it is over
    bills, forgiven = expected(outage, subscriber, account)
    since = outage.on_at
    paid = [a.obligation.period for a in account.attempts.values() if a.claimed_at >= since and _is_paid(a.state)]
    if Counter(paid) != Counter(bills):
        yield f"periods {sorted(paid, key=str)} were billed, and not {bills}"
    debits = len(evidence.debits.get(subscriber.member.id, ())) - outage.debits_before[subscriber.member.id]
    if debits != len(bills):
        yield f"{debits} debits in the provider's ledger, and not {len(bills)}"
    given_up = [
        period
        for entry in account.entries
        if entry.kind is EntryKind.PERIODS_WRITTEN_OFF and entry.at >= since
        for period in range(int(entry.detail["first"]), int(entry.detail["last"]) + 1)
    ]
    if given_up != forgiven:
        yield f"periods {given_up} were given up, and not {forgiven}"


def _is_paid(state: AttemptState) -> bool:
    return state is AttemptState.PAID


def expected(outage: Outage, subscriber: Subscriber, account: Account) -> tuple[list[int], list[int]]:
    """Periods to be billed and given up when the schedule is on again, by arithmetic of the drill's own."""
    assert subscriber.before is not None
    assert outage.on_at is not None
    if subscriber.place in (CANCELS, CANCELS_LATE, PAUSES):
        return [], []
    first = subscriber.before.subscription.next_period
    current = bisect_right(_starts(subscriber, account), outage.on_at)
    missed = list(range(first, current + 1))
    match subscriber.catch_up:
        case CatchUp.BILL_EACH:
            return missed[-CAP:], missed[:-CAP]
        case CatchUp.BILL_LATEST:
            return missed[-1:], missed[:-1]
        case CatchUp.FORGIVE:
            return (missed, []) if len(missed) == 1 else ([], missed)


def _starts(subscriber: Subscriber, account: Account) -> list[datetime]:
    """When its periods begin, from the first on; later ones are moved by its pause."""
    zone = ZoneInfo(account.subscription.zone)
    paid = next(entry.attempt for entry in account.entries if entry.kind is EntryKind.ATTEMPT_PAID and entry.attempt)
    anchor = paid.claimed_at.astimezone(zone).replace(tzinfo=None, microsecond=0)
    starts = [_after(anchor, n, subscriber.unit, zone) for n in range(LONGEST)]
    if subscriber.place != PAUSES_AND_RESUMES:
        return starts
    assert subscriber.before is not None
    paused, resumed = (
        next(entry.at for entry in account.entries if entry.kind is kind)
        for kind in (EntryKind.PAUSED, EntryKind.RESUMED)
    )
    settled = subscriber.before.subscription.next_period - 1
    moved = (starts[settled] + (resumed - paused)).astimezone(zone).replace(tzinfo=None)
    return [*starts[:settled], *(_after(moved, n, subscriber.unit, zone) for n in range(LONGEST))]


def _after(anchor: datetime, periods: int, unit: Unit, zone: ZoneInfo) -> datetime:
    if unit is Unit.DAY:
        local = anchor + timedelta(days=periods)
    else:
        year, month = divmod(anchor.year * 12 + anchor.month - 1 + periods, 12)
        local = anchor.replace(year=year, month=month + 1, day=min(anchor.day, monthrange(year, month + 1)[1]))
    return local.replace(tzinfo=zone).astimezone(UTC)


def busiest(outage: Outage, evidence: Evidence) -> dict[RailName, tuple[int, int]]:
    """By rail: how many bills were asked for since the schedule is on again, and how many within one second at most."""
    assert outage.on_at is not None
    found = {}
    for rail in RailName:
        ids = [member.id for member in outage.members if member.rail is rail]
        times = sorted(call.at for id in ids for call in evidence.calls.get(id, ()) if call.at >= outage.on_at)
        most = max((bisect_right(times, at + SECOND) - place for place, at in enumerate(times)), default=0)
        found[rail] = len(times), most
    return found
