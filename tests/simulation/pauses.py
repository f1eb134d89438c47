"""Pauses, by the simulation's own reading: what was left of the paid or free time is kept, and nothing is billed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.simulation.own_calendar import Anchor
from tests.simulation.scheduler import Actor
from tests.simulation.violation import demand


@dataclass(frozen=True, slots=True)
class Paused:
    """Since when, out of which state and before which period; `until` is when it is to end by itself."""

    since: datetime
    state: State
    next_period: int
    until: datetime | None


class Pauses:
    """`going` are those that go on, by subscription."""

    def __init__(self) -> None:
        self.going: dict[str, Paused] = {}

    def wrote(
        self,
        before: Subscription,
        after: Subscription,
        entries: Sequence[Entry],
        anchor: Anchor | None,
        by: Actor | None,
    ) -> Anchor | None:
        """The calendar from now on, if a pause has ended that moves it. `by` is nobody for what lands late."""
        if after.state is State.PAUSED:
            demand(after.open_attempt is None, "pause_awaits_the_open_bill", after, "a bill is open")
            demand(Timer.BILL not in after.timers, "no_bill_in_a_pause", after, "a bill is due")
            demand(after.slot is None, "no_bill_in_a_pause", after, "it waits in its slot")
            demand(not after.access, "no_access_in_a_pause", after, "it has access")
        if before.state is after.state:
            return None
        if after.state is State.PAUSED:
            entry = _entry(entries, EntryKind.PAUSED, after)
            until = after.timers.get(Timer.RESUME)
            self.going[after.id] = Paused(entry.at, before.state, before.next_period, until)
            return None
        paused = self.going.pop(after.id, None)
        if paused is None or anchor is None or after.state not in (State.ACTIVE, State.TRIALING):
            return None
        return _resumed(paused, after, _entry(entries, EntryKind.RESUMED, after).at, anchor, by)

    def snapshot(self) -> object:
        return dict(self.going)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, dict)
        self.going = dict(snapshot)


def _resumed(paused: Paused, after: Subscription, at: datetime, anchor: Anchor, by: Actor | None) -> Anchor:
    asked = by is None or by.name.startswith("resume")
    in_time = paused.until is not None and at >= paused.until
    demand(asked or in_time, "pause_lasts_as_long_as_asked", after, f"resumed at {at}, asked for until {paused.until}")
    # Of a free time only while no period has begun: not even one that the plan forgave, or that was found paid since.
    expected = paused.state if after.next_period == 1 else State.ACTIVE
    demand(after.state is expected, "access_is_paid_free_or_in_grace", after, f"{paused.state} when it was paused")
    lasted = at - paused.since
    moved = anchor.moved(after.next_period, lasted) if lasted > timedelta() else anchor
    begins, bill = moved.start(after.next_period), after.timers.get(Timer.BILL)
    kept = bill is not None and begins - timedelta.resolution <= bill <= begins
    demand(
        kept,
        "paid_time_is_kept_in_a_pause",
        after,
        lambda: f"period {after.next_period} begins at {begins}, and its bill is due at {bill}",
    )
    return moved


def _entry(entries: Sequence[Entry], kind: EntryKind, after: Subscription) -> Entry:
    found = next((entry for entry in entries if entry.kind is kind), None)
    demand(found is not None, "journal_is_complete", after, f"no entry says that it was {kind}")
    assert found is not None  # demanded just now
    return found
