"""Caps for a month, by the simulation's own reading: all that was claimed in it and is not booked as untaken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pinbill.domain.attempts import Attempt
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.subscription import Subscription
from tests.simulation.clock import VirtualClock
from tests.simulation.violation import demand

UNTAKEN = frozenset({EntryKind.ATTEMPT_DECLINED, EntryKind.ATTEMPT_NOT_SENT, EntryKind.ATTEMPT_NOT_CHARGED})
FULL = "over_cap_month"
TAKEN = frozenset({EntryKind.ATTEMPT_PAID, EntryKind.EXCESS_DEBIT})


@dataclass(frozen=True, slots=True)
class Claimed:
    subscription: str
    month: str
    minor: int


class Monthly:
    def __init__(self, clock: VirtualClock, cap: Money | None) -> None:
        self._clock = clock
        self._cap = cap
        self._claimed: dict[str, Claimed] = {}
        self._untaken: set[str] = set()

    def wrote(self, after: Subscription, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.kind is EntryKind.PERIODS_WRITTEN_OFF and entry.detail["rule"] == FULL:
                self._is_full(after, entry.at)
            if entry.attempt is not None and entry.kind in UNTAKEN:
                self._untaken.add(entry.attempt.id)
            elif entry.attempt is not None and entry.kind in TAKEN:
                self._untaken.discard(entry.attempt.id)

    def claimed(self, after: Subscription, attempt: Attempt) -> None:
        """Checked when a claim is written; Violation is raised there."""
        if self._cap is None:
            return
        month = _month(attempt.claimed_at, after.zone)
        self._claimed[attempt.id] = Claimed(after.id, month, attempt.amount.minor)
        total = self.total(after.id, month)
        within = total <= self._cap.minor or self._clock.was_wrong
        demand(within, "within_the_cap", attempt.id, f"{total} of {month} are claimed, and the cap is {self._cap}")

    def total(self, subscription: str, month: str) -> int:
        return sum(
            claimed.minor
            for reference, claimed in self._claimed.items()
            if (claimed.subscription, claimed.month) == (subscription, month) and reference not in self._untaken
        )

    def _is_full(self, subscription: Subscription, at: datetime) -> None:
        total = self.total(subscription.id, _month(at, subscription.zone)) + subscription.price.minor
        full = self._cap is not None and (total > self._cap.minor or self._clock.was_wrong)
        demand(full, "write_offs_by_rule", subscription, f"a period is given up for a cap, with {total} of {self._cap}")

    def snapshot(self) -> object:
        return dict(self._claimed), set(self._untaken)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        self._claimed, self._untaken = dict(snapshot[0]), set(snapshot[1])


def _month(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m}"
