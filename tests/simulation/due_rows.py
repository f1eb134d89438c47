"""What becomes due after it was written is handed out by the first run that succeeds from then on, and worked off.

By its row in the due index, or by its slot; where it is found is part of what was written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.attempts import AttemptState
from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription, Timer
from tests.simulation.clock import VirtualClock
from tests.simulation.violation import demand

PATIENCE = timedelta(minutes=45)  # with a message that was handed out, until an audit may take it for lost
A_DAY, JUST_NOW = timedelta(days=1), timedelta(seconds=4)
RECALLED_BY = timedelta.resolution  # before the time of its slot a bill is put that has become due in vain


@dataclass(frozen=True, slots=True)
class Planned:
    """Due `at` this time, as was written at this tick: for a bill or for something else, in the due index or a slot.

    `alone` says that nothing besides a bill can be due.
    """

    at: datetime
    tick: int
    bills: bool
    has_row: bool
    alone: bool


class DueRows:
    """`planned` says of each subscription when it is due and when (by ticks) that was written; `taken`, when the queue
    last took a message with it, whatever became of that.

    What was due already when it was written is left to the sweep and its audit. After a leap of our clock nothing is
    demanded.
    """

    def __init__(self, clock: VirtualClock, tick: Callable[[], int], taken: Callable[[], Mapping[str, int]]) -> None:
        self._clock = clock
        self._tick = tick
        self._taken = taken
        self.planned: dict[str, Planned] = {}

    def wrote(self, before: Subscription, after: Subscription, entries: Sequence[Entry]) -> None:
        due = after.due
        if not entries and _is_recall(before, after) and not self._clock.was_wrong:
            self._recalled(before)
        since = self._clock.now() - due[0] if due else A_DAY
        # A row that is due at once is still before the run, which reads the last seconds over and over; a slot that
        # comes up at this moment may have been handed out already.
        if due is None or since > JUST_NOW or (since >= timedelta() and after.due_row != due):
            self.planned.pop(after.id, None)
            return
        known = self.planned.get(after.id)
        if known is None or before.due != due:
            row = after.due_row
            bills = due[1] is Timer.BILL and after.open_attempt is None
            self.planned[after.id] = Planned(due[0], self._tick(), bills, row == due, bills and row in (None, due))

    def ran(self, began: int, until: datetime, *, is_stopped: bool) -> None:
        """A run that began at this tick, and read up to `until`, has succeeded. While billing is stopped, bills wait:
        those that have a slot for the first run that is not, the others for a sweep."""
        if self._clock.was_wrong:
            return
        taken = self._taken()
        for id, planned in list(self.planned.items()):
            if planned.at > until or planned.tick > began:
                continue
            sent = taken.get(id, -1)
            if not (is_stopped and planned.bills):
                demand(sent > planned.tick, "run_hands_out_what_is_due", id, f"due since {planned.at}")
                continue
            demand(not planned.alone or sent <= began, "stopped_bills_wait", id, "it was handed out all the same")
            if planned.has_row:
                del self.planned[id]

    def passed_over(self, until: datetime) -> None:
        """An operator stopped billing in the midst of a run: of the bills that it has read, some may be behind its
        bookmark, and wait for an audit."""
        self.planned = {id: planned for id, planned in self.planned.items() if not planned.bills or planned.at > until}

    def woke(self, subscription: Subscription, at: datetime, *, is_stopped: bool) -> None:
        """A wake at this time has reported success, and nobody has written anything meanwhile."""
        due, attempt = subscription.due, subscription.open_attempt
        under_way = attempt is not None and attempt.state is AttemptState.IN_FLIGHT
        if self._clock.was_wrong or due is None or under_way or due[1] is Timer.ACTIVITY:
            return  # an activity that was told and could not be written down is told again later
        if is_stopped and due[1] is Timer.BILL:
            return
        demand(due[0] > at, "wake_does_what_is_due", subscription, f"its {due[1]} is due since {due[0]}")

    def _recalled(self, before: Subscription) -> None:
        """An audit has taken the message with this subscription for lost."""
        bill = before.timers[Timer.BILL]
        planned = self.planned.get(before.id)
        waited = self._clock.now() - bill
        demand(waited >= PATIENCE, "recalled_with_patience", before, f"after {waited}")
        # After an outage it may be another period's slot that was not handed out yet.
        if planned and planned.at == bill and waited < A_DAY:
            was_sent = self._taken().get(before.id, -1) > planned.tick
            demand(was_sent, "recalled_when_lost", before, "no run has handed it out")

    def snapshot(self) -> object:
        return dict(self.planned)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, dict)
        self.planned = dict(snapshot)


def _is_recall(before: Subscription, after: Subscription) -> bool:
    was, now = before.timers.get(Timer.BILL), after.timers.get(Timer.BILL)
    return was is not None and now == was - RECALLED_BY
