"""What a shard must show at its end: every month covered, and the provider's ledger equal to ours."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.coverage import Outcome, Row, cover
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.subscription import Subscription
from tests.simulation.own_calendar import Anchor
from tests.simulation.time_machine.provider import Debit
from tests.simulation.time_machine.punctual import late
from tests.simulation.time_machine.shard import START, Shard, Spec

BOOKED = (EntryKind.ATTEMPT_PAID, EntryKind.EXCESS_DEBIT)
MOST_SHOWN = 20


@dataclass(slots=True)
class Shown:
    """Counts add up over shards. `months` are periods by month and outcome, `wrong` the first of what must not be."""

    subscriptions: int = 0
    periods: int = 0
    renewals: int = 0  # that were asked for, at least once
    attempts: int = 0
    debits: int = 0
    seconds: float = 0.0  # of CPU
    months: Counter[tuple[str, str]] = field(default_factory=Counter)
    theirs: Counter[str] = field(default_factory=Counter)  # debited by the provider, in minor units by currency
    ours: Counter[str] = field(default_factory=Counter)  # in our ledger
    states: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    findings: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Shown") -> None:
        for name in ("subscriptions", "periods", "renewals", "attempts", "debits", "seconds", "findings"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("months", "theirs", "ours", "states", "done"):
            getattr(self, name).update(getattr(other, name))
        self.wrong = [*self.wrong, *other.wrong][:MOST_SHOWN]

    def blame(self, what: str) -> None:
        self.findings += 1
        if len(self.wrong) < MOST_SHOWN:
            self.wrong.append(what)


def prove(shard: Shard) -> Shown:
    """Judge every subscription of a shard that has been played."""
    shown = Shown(subscriptions=len(shard.store.subscriptions), seconds=shard.seconds, done=shard.done)
    strangers = dict(shard.provider.debits)
    for place, subscription in shard.store.subscriptions.items():
        entries = shard.store.entries[place]
        shown.states[subscription.state.value] += 1
        shown.attempts += subscription.attempts
        rows = _covered(shown, shard, subscription, entries)
        _calendar(shown, subscription, entries, rows)
        for what in late(shard.spec, entries, rows):
            shown.blame(f"{subscription.id}: {what}")
        _ledgers(shown, subscription, entries, rows, strangers)
    for reference in strangers:
        shown.blame(f"{reference}: debited, and not in our ledger")
    shown.debits = len(shard.provider.debits)
    for debit in shard.provider.debits.values():
        shown.theirs[debit.amount.currency] += debit.amount.minor
    return shown


def _covered(shown: Shown, shard: Shard, subscription: Subscription, entries: Sequence[Entry]) -> Sequence[Row]:
    """All months at once: the same periods as one month after the other."""
    now = shard.clock.now()
    covered = cover(subscription, entries, START, now, now)
    for finding in covered.findings:
        shown.blame(f"{subscription.id}: {finding.flaw}: {finding.what}")
    zone = ZoneInfo(subscription.zone)
    for row in covered.rows:
        shown.periods += 1
        shown.months[_month(row.starts, zone), row.outcome.value] += 1
    if subscription.open_attempt:
        shown.blame(f"{subscription.id}: {subscription.open_attempt.id} is open after the calm")
    return covered.rows


def _calendar(shown: Shown, subscription: Subscription, entries: Sequence[Entry], rows: Sequence[Row]) -> None:
    """Whose time was never moved by a pause: its periods begin when an arithmetic of our own says."""
    if any(entry.kind is EntryKind.RESUMED for entry in entries):
        return
    began = _began(entries)
    if began is None:
        return
    at, days = began
    anchor = Anchor.at(at, subscription.zone, subscription.recurrence, subscription.trial_days if days else 0)
    for row in rows:
        if row.period and row.outcome is not Outcome.OPEN and row.starts != anchor.start(row.period):
            shown.blame(f"{subscription.id}: period {row.period} begins {row.starts}, not {anchor.start(row.period)}")
    last = max((row.period for row in rows), default=0)
    if [row.period for row in rows if row.period] != list(range(1, last + 1)):
        shown.blame(f"{subscription.id}: a period between 1 and {last} is not there, or is there twice")


def _began(entries: Sequence[Entry]) -> tuple[datetime, bool] | None:
    """From when its calendar counts, and whether free days come first."""
    for entry in entries:
        if entry.kind is EntryKind.TRIAL_STARTED:
            return entry.at, True
        attempt = entry.attempt
        if attempt and attempt.kind is AttemptKind.FIRST_BILL and entry.kind is EntryKind.ATTEMPT_PAID:
            return attempt.claimed_at, False
    return None


def _ledgers(
    shown: Shown,
    subscription: Subscription,
    entries: Sequence[Entry],
    rows: Sequence[Row],
    strangers: dict[str, Debit],
) -> None:
    """Each debit of the provider's is one of ours, for the same amount, once, and not before its period."""
    starts = {row.period: row.starts for row in rows}
    paid: Counter[str] = Counter()
    asked: set[int | None] = set()
    for entry in entries:
        attempt = entry.attempt
        if attempt is None:
            continue
        asked.add(attempt.obligation.period if attempt.kind is AttemptKind.RENEWAL else None)
        if entry.kind not in BOOKED:
            continue
        paid[str(attempt.obligation)] += 1
        shown.ours[attempt.amount.currency] += attempt.amount.minor
        debit = strangers.pop(attempt.id, None)
        if debit is None or debit.amount != attempt.amount:
            shown.blame(f"{attempt.id}: paid in our ledger, and {debit and debit.amount} in the provider's")
        elif attempt.kind is AttemptKind.RENEWAL and debit.at < starts.get(attempt.obligation.period or 0, START):
            shown.blame(f"{attempt.id}: debited before its period began")
        elif subscription.cancel_at and attempt.claimed_at > _cancelled_at(entries):
            shown.blame(f"{attempt.id}: asked for after the cancel")
    shown.renewals += len(asked - {None})
    for obligation, times in paid.items():
        if times > 1:
            shown.blame(f"{subscription.id}: {obligation} was paid {times} times")


def _cancelled_at(entries: Sequence[Entry]) -> datetime:
    kinds = (EntryKind.CANCEL_SCHEDULED, EntryKind.CANCELLED)
    return next((entry.at for entry in entries if entry.kind in kinds), datetime.max.replace(tzinfo=START.tzinfo))


def _month(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m}"


def months_of(spec: Spec) -> Iterator[str]:
    year, month = START.year, START.month
    for _ in range(spec.months):
        yield f"{year}-{month:02}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
