"""Whether bills were asked for in time: a bill that comes a month late, or is forgiven in place of that, is an outcome
too, and no proof of coverage would mind."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState
from pinbill.domain.coverage import Outcome, Row
from pinbill.domain.journal import Entry, EntryKind
from tests.simulation.time_machine.shard import SWEEP_EVERY, Spec

# A message that is lost is missed by the audit after next, and handed out again by the sweep behind that.
SWEEPS = 6


def late(spec: Spec, entries: Sequence[Entry], rows: Sequence[Row]) -> Iterator[str]:
    """Periods whose first bill, or write-off, came late for no reason that the provider or an outage has given."""
    attempts, allowed = _attempts(entries), SWEEPS * SWEEP_EVERY * spec.tick
    asked: dict[int | None, Attempt] = {}
    for attempt in attempts:
        if attempt.kind is AttemptKind.RENEWAL:
            asked.setdefault(attempt.obligation.period, attempt)
    for row in rows:
        first = asked.get(row.period)
        asked_at = first.claimed_at if first else None
        at = _forgiven_at(entries, row.period) if row.outcome is Outcome.FORGIVEN else asked_at
        if at is None or at <= row.starts + allowed:
            continue
        if not (_was_off(spec, row.starts, at) or _was_paused(entries, row.starts) or _was_busy(attempts, row, at)):
            days = (at - row.starts).days
            yield f"period {row.period}, {row.starts:%Y-%m-%d %H:%M}Z: {row.outcome}, {days} days late"


def _attempts(entries: Sequence[Entry]) -> list[Attempt]:
    """As they stood in the end, in the order of their claims."""
    found = {entry.attempt.id: entry.attempt for entry in entries if entry.attempt}
    return sorted(found.values(), key=lambda attempt: attempt.claimed_at)


def _forgiven_at(entries: Sequence[Entry], period: int) -> datetime | None:
    for entry in entries:
        is_write_off = entry.kind is EntryKind.PERIODS_WRITTEN_OFF
        if is_write_off and int(entry.detail["first"]) <= period <= int(entry.detail["last"]):
            return entry.at
    return None


def _was_off(spec: Spec, since: datetime, until: datetime) -> bool:
    return any(since < end and begin < until for begin, end in spec.outages)


def _was_paused(entries: Sequence[Entry], at: datetime) -> bool:
    """Who was paused with a bill that an outage had left due owes it from the day to which the pause has moved it."""
    paused = False
    for entry in entries:
        if entry.at > at:
            return paused
        if entry.kind in (EntryKind.PAUSED, EntryKind.RESUMED):
            paused = entry.kind is EntryKind.PAUSED
    return paused


def _was_busy(attempts: Sequence[Attempt], row: Row, until: datetime) -> bool:
    """An attempt of another obligation was open, or the bill before this one was still being tried."""
    others = [a for a in attempts if a.obligation.period != row.period and a.claimed_at < until]
    if any(a.settled_at is None or a.settled_at >= row.starts for a in others):
        return True
    earlier = [a for a in others if a.obligation.period is not None]
    return bool(earlier) and earlier[-1].state is not AttemptState.PAID
