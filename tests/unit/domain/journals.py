"""A subscription that is played with the domain's own functions, and the whole journal of what was done."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pinbill.domain.attempts import AttemptKind, BillResult
from pinbill.domain.catalog import CatchUp, RailName
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.coverage import Coverage, Outcome, cover
from pinbill.domain.ending import When, cancel, finish_cancel
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.pausing import pause, resume
from pinbill.domain.renewal import end_grace_or_hold, write_off, written_off
from pinbill.domain.settlement import settle
from pinbill.domain.starting import start_trial
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer
from tests.unit.domain.samples import NOW, PAID, PHONE, pending, plan

LONG = timedelta(days=3650)


class Played:
    """One subscription in virtual time, from its creation on. Its first period begins at NOW."""

    def __init__(
        self, rail: RailName = PHONE, catch_up: CatchUp = CatchUp.BILL_LATEST, trial_days: int = 0, **changes: Any
    ) -> None:
        self.now = NOW
        self.plan = plan(rail, catch_up=catch_up)
        self.subscription = pending(rail, NOW, trial_days=trial_days, **changes)
        self.entries: list[Entry] = [Entry(1, NOW, EntryKind.SUBSCRIBED, State.PENDING)]

    def write(self, change: Change | None) -> None:
        assert change is not None, "nothing was changed"
        self.subscription = change.after
        self.entries += change.entries

    def start(self, result: BillResult = PAID) -> "Played":
        """Confirm: the free period, or the first bill."""
        if self.subscription.trial_days:
            self.write(start_trial(self.subscription, self.now))
        else:
            self.claim(AttemptKind.FIRST_BILL)
            self.settle(result)
        return self

    def claim(self, kind: AttemptKind = AttemptKind.RENEWAL) -> None:
        self.write(claim_period(self.subscription, kind, "owner", self.now))

    def settle(self, result: BillResult = PAID) -> None:
        attempt = self.subscription.open_attempt
        assert attempt is not None
        self.write(settle(self.subscription, attempt.id, result, self.now, self.plan.dunning))

    def bill(self, result: BillResult = PAID) -> "Played":
        """Go on to when the bill is due, and do what a wake does."""
        self.now = max(self.now, self.subscription.timers[Timer.BILL])
        off = written_off(self.subscription, self.plan, self.now)
        if off:
            self.write(write_off(self.subscription, off, self.now))
        if self.subscription.is_due(Timer.BILL, self.now):
            self.claim()
            self.settle(result)
        return self

    def dun(self) -> "Played":
        """Go on to the end of grace or hold."""
        self.now = self.subscription.timers[Timer.DUNNING]
        self.write(end_grace_or_hold(self.subscription, self.plan, self.now))
        return self

    def pause(self) -> "Played":
        self.write(pause(self.subscription, self.now))
        return self

    def resume(self) -> "Played":
        self.write(resume(self.subscription, self.now))
        return self

    def cancel(self, when: When = When.NOW) -> "Played":
        self.write(cancel(self.subscription, when, "test", self.now))
        return self

    def finish(self) -> "Played":
        self.now = self.subscription.timers[Timer.END]
        self.write(finish_cancel(self.subscription, self.now))
        return self

    def later(self, **by: float) -> "Played":
        self.now += timedelta(**by)
        return self

    def covered(self, since: datetime = NOW - LONG, until: datetime = NOW + LONG, stopped_by: str = "") -> Coverage:
        return cover(self.subscription, self.entries, since, until, self.now, stopped_by)

    def outcomes(self) -> list[tuple[int, Outcome, str]]:
        """Of all periods so far; fails the test when something is wrong."""
        covered = self.covered()
        assert covered.findings == ()
        return outcomes(covered)


def outcomes(covered: Coverage) -> list[tuple[int, Outcome, str]]:
    return [(row.period, row.outcome, row.rule) for row in covered.rows]


def flaws(covered: Coverage) -> list[str]:
    return sorted({finding.flaw.value for finding in covered.findings})


def numbered(entries: Sequence[Entry]) -> list[Entry]:
    """The same entries under numbers without a gap."""
    return [
        Entry(seq, each.at, each.kind, each.state, each.attempt, each.detail) for seq, each in enumerate(entries, 1)
    ]
