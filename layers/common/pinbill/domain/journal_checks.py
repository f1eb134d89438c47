"""What must be true of a whole journal: no gap in its numbers, an end for every attempt, nothing taken in excess."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.subscription import Subscription

CLOSED = frozenset(
    {
        EntryKind.ATTEMPT_PAID,
        EntryKind.ATTEMPT_DECLINED,
        EntryKind.ATTEMPT_NOT_SENT,
        EntryKind.ATTEMPT_NOT_CHARGED,
        EntryKind.EXCESS_DEBIT,
    }
)


class Flaw(StrEnum):
    """What must not be."""

    MISSING = "missing"  # a period, or an attempt, without an outcome, and nothing that will bring one
    DOUBLE = "double"  # more than one outcome, or paid and still to be billed
    EXCESS = "excess"  # taken beyond what was owed, and not given back
    HOLE = "hole"  # the numbers of the journal's entries
    CALENDAR = "calendar"  # periods that do not begin when the journal says


@dataclass(frozen=True, slots=True)
class Finding:
    flaw: Flaw
    what: str


def holes(subscription: Subscription, entries: Sequence[Entry]) -> Iterator[Finding]:
    times = Counter(entry.seq for entry in entries)
    wrong = [f"{seq} is missing" for seq in range(1, subscription.seq + 1) if seq not in times]
    wrong += [f"{seq} is there {count} times" for seq, count in times.items() if count > 1]
    wrong += [f"{seq} is beyond the last" for seq in times if seq > subscription.seq]
    if wrong:
        yield Finding(Flaw.HOLE, f"journal: {', '.join(wrong)}")


def lost_attempts(subscription: Subscription, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Every claim is counted, and ends in the journal: one without an end was lost."""
    current = subscription.open_attempt
    closed = {entry.attempt.id for entry in entries if entry.attempt and entry.kind in CLOSED}
    paid = {entry.attempt.id for entry in entries if entry.attempt and entry.kind is EntryKind.ATTEMPT_PAID}
    for number in range(1, subscription.attempts + 1):
        id = f"{subscription.id}-{number}"
        if id not in closed and (current is None or current.id != id):
            yield Finding(Flaw.MISSING, f"attempt {id}: it was claimed, and has no outcome")
    covering = {entry.attempt.covered_by for entry in entries if entry.attempt}
    covering.add(current.covered_by if current else None)
    for earlier in sorted(id for id in covering if id is not None and id not in paid):
        yield Finding(Flaw.MISSING, f"attempt {earlier}: a newer one was not needed since it is paid, and it is not")


def taken_in_excess(entries: Sequence[Entry], since: datetime, until: datetime) -> Iterator[Finding]:
    """Debits that were found in the span to be more than was owed; charges that were paid twice."""
    back: Counter[str] = Counter()
    charges: Counter[str] = Counter()
    for entry in entries:
        if entry.kind is EntryKind.REFUNDED and entry.attempt:
            back[entry.attempt.id] += int(entry.detail["minor"])
    for entry in entries:
        attempt = entry.attempt
        if attempt is None or not since <= entry.at < until:
            continue
        if entry.kind is EntryKind.EXCESS_DEBIT and back[attempt.id] < attempt.amount.minor:
            yield Finding(
                Flaw.EXCESS, f"attempt {attempt.id}: {attempt.obligation} was not owed, and is not given back"
            )
        if entry.kind is EntryKind.ATTEMPT_PAID and attempt.obligation.charge is not None:
            charges[attempt.obligation.charge] += 1
    for key, count in charges.items():
        if count > 1:
            yield Finding(Flaw.DOUBLE, f"charge {key} was paid {count} times")
