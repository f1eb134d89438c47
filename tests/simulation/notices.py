"""Notices before debits, by the simulation's own reading: what users were told when, and which debits they refused.

What a user was told is what the partner's app did, whatever became of its report to us.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.attempts import Attempt, AttemptKind
from pinbill.domain.money import Money
from pinbill.domain.subscription import Subscription
from tests.simulation.clock import VirtualClock
from tests.simulation.own_calendar import Anchor
from tests.simulation.violation import demand

LEAST = timedelta(hours=24)
CLOCKS_DIFFER = timedelta(hours=2, minutes=30)  # by which our clock may have been wrong at both ends


@dataclass(frozen=True, slots=True)
class Told:
    """A user was told at this (true) time of a debit of this amount, not before `bills_at`."""

    at: datetime
    amount: Money
    bills_at: datetime


type Debit = tuple[str, int]  # a subscription's id and a period of it


class GivenNotices:
    """`told` are the notices of each debit; `unwanted` the debits that users have opted out of, by their dates."""

    def __init__(self, clock: VirtualClock, *, are_owed: bool) -> None:
        self._clock = clock
        self._are_owed = are_owed
        self.told: dict[Debit, tuple[Told, ...]] = {}
        self.disbelieved: set[Told] = set()
        self.unwanted: set[tuple[str, int, datetime]] = set()

    def tells(self, id: str, period: int, amount: Money, bills_at: datetime) -> Told:
        """The user is told now, unless that was done before and its report believed."""
        earlier = self.told.get((id, period), ())
        for told in earlier:
            if (told.amount, told.bills_at) == (amount, bills_at) and told not in self.disbelieved:
                return told
        told = Told(self._clock.true, amount, bills_at)
        self.told[id, period] = (*earlier, told)
        return told

    def opted_out(self, id: str, period: int, begins: datetime) -> None:
        """An opt-out was answered."""
        self.unwanted.add((id, period, begins))

    def claimed(self, after: Subscription, attempt: Attempt, anchor: Anchor | None) -> None:
        """Checked when a claim is written; Violation is raised there."""
        if not self._are_owed or attempt.kind is AttemptKind.FIRST_BILL:
            return
        demand(attempt.kind is AttemptKind.RENEWAL, "noticed_before_debited", attempt.id, "an amount nobody announced")
        period = attempt.obligation.period
        assert period is not None  # a renewal's
        assert anchor is not None  # it has begun
        differ = CLOCKS_DIFFER if self._clock.was_wrong else timedelta()
        now, begins = self._clock.true, anchor.start(period)
        told = self.told.get((after.id, period), ())
        good = [
            each
            for each in told
            if each.amount == attempt.amount
            and each.bills_at >= begins
            and max(each.at + LEAST, each.bills_at) <= now + differ
        ]
        demand(bool(good), "noticed_before_debited", attempt.id, lambda: f"claimed at {now}, and told: {told}")
        wanted = (after.id, period, begins) not in self.unwanted
        demand(wanted, "no_debit_after_an_opt_out", attempt.id, "it was claimed")

    def snapshot(self) -> object:
        return dict(self.told), set(self.disbelieved), set(self.unwanted)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        self.told, self.disbelieved, self.unwanted = dict(snapshot[0]), set(snapshot[1]), set(snapshot[2])
