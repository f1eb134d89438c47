"""A change of one subscription: what it was, what it becomes, and the journal entries that go with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pinbill.domain.attempts import Attempt
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.records import changed
from pinbill.domain.repeats import Remembered
from pinbill.domain.subscription import Subscription, Timer


@dataclass(frozen=True, slots=True)
class Change:
    """Written as a whole or not at all, and only while the stored version is still `before`'s."""

    before: Subscription
    after: Subscription
    entries: tuple[Entry, ...] = ()
    charge: Charge | None = None
    charge_revision: int = 0  # of the stored charge; 0 says that its key must not exist yet
    remembered: Remembered | None = (
        None  # the request that makes this change, if the stored one is of the revision before
    )

    @classmethod
    def of(cls, subscription: Subscription) -> Self:
        """The start of a change; its version is one above the stored one, however much is changed."""
        return cls(subscription, changed(subscription, version=subscription.version + 1))

    def set(self, **fields: Any) -> Self:
        return changed(self, after=changed(self.after, **fields))

    def timers(self, timers: Mapping[Timer, datetime | None]) -> Self:
        """Set the timers that have a time and stop those that have None; the others go on."""
        merged = {**self.after.timers, **timers}
        done = self.set(timers={timer: at for timer, at in merged.items() if at is not None})
        # The time of a bill's announcement follows from the bill's.
        announced = Timer.BILL in timers and done.after.notice_lead is not None
        return done.set(timers=_with(done.after.timers, done.after.announces_at)) if announced else done

    def record(
        self,
        kind: EntryKind,
        at: datetime,
        attempt: Attempt | None = None,
        detail: Mapping[str, str | int] | None = None,
    ) -> Self:
        """Add the next journal entry; it carries the state as changed so far."""
        seq = self.after.seq + 1
        entry = Entry(seq, at, kind, self.after.state, attempt, detail or {})
        return changed(self, after=changed(self.after, seq=seq), entries=(*self.entries, entry))

    def with_charge(self, charge: Charge | None, attempt: Attempt) -> Self:
        """Write `attempt` into the charge too, if the stored one is as `charge` was read."""
        if charge is None:
            return self
        return changed(self, charge=charge.with_attempt(attempt), charge_revision=charge.revision)

    def with_new_charge(self, charge: Charge) -> Self:
        return changed(self, charge=charge)

    def remember(self, request: Remembered | None) -> Self:
        """Write down with it which request makes it; one without a key leaves nothing."""
        return changed(self, remembered=request) if request else self

    @property
    def frees_number(self) -> bool:
        """Whether the number becomes free for a new subscription."""
        return self.before.is_live and not self.after.is_live

    @property
    def frees_mandate(self) -> bool:
        """Whether the mandate does: not before the last payment by it is known, or the next would be taken for it."""
        return self.before.holds_mandate and not self.after.holds_mandate


def _with(timers: Mapping[Timer, datetime], announces_at: datetime | None) -> Mapping[Timer, datetime]:
    merged: Mapping[Timer, datetime | None] = {**timers, Timer.NOTICE: announces_at}
    return {timer: at for timer, at in merged.items() if at is not None}
