"""What becomes due after it was written is handed out by the first run that succeeds from then on, and worked off.

By its row in the due index, or by its slot; where it is found is part of what was written.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from pinbill.domain.attempts import AttemptState
from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription, Timer
from tests.simulation.clock import VirtualClock
from tests.simulation.violation import demand

PATIENCE = timedelta(minutes=45)  # with a message that was handed out, until an audit may take it for lost
A_DAY, JUST_NOW = timedelta(days=1), timedelta(seconds=4)
RECALLED_BY = timedelta.resolution  # before the time of its slot a bill is put that has become due in vain


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
        self.planned: dict[str, tuple[datetime, int]] = {}

    def wrote(self, before: Subscription, after: Subscription, entries: Sequence[Entry]) -> None:
        due = after.due
        if not entries and _is_recall(before, after) and not self._clock.was_wrong:
            self._recalled(before)
        since = self._clock.now() - due[0] if due else A_DAY
        # A row that is due at once is still before the run, which reads the last seconds over and over; a slot that
        # comes up at this moment may have been handed out already.
        if due is None or since > JUST_NOW or (since >= timedelta() and after.due_row != due):
            self.planned.pop(after.id, None)
        elif after.id not in self.planned or before.due != due:
            self.planned[after.id] = due[0], self._tick()

    def ran(self, began: int, until: datetime) -> None:
        """A run that began at this tick, and read up to `until`, has succeeded."""
        if self._clock.was_wrong:
            return
        taken = self._taken()
        for id, (at, tick) in self.planned.items():
            if at <= until and tick < began:
                demand(taken.get(id, -1) > tick, "run_hands_out_what_is_due", id, f"due since {at}")

    def woke(self, subscription: Subscription, at: datetime) -> None:
        """A wake at this time has reported success, and nobody has written anything meanwhile."""
        due, attempt = subscription.due, subscription.open_attempt
        under_way = attempt is not None and attempt.state is AttemptState.IN_FLIGHT
        if self._clock.was_wrong or due is None or under_way or due[1] is Timer.ACTIVITY:
            return  # an activity that was told and could not be written down is told again later
        demand(due[0] > at, "wake_does_what_is_due", subscription, f"its {due[1]} is due since {due[0]}")

    def _recalled(self, before: Subscription) -> None:
        """An audit has taken the message with this subscription for lost."""
        bill = before.timers[Timer.BILL]
        at, tick = self.planned.get(before.id, (None, 0))
        waited = self._clock.now() - bill
        demand(waited >= PATIENCE, "recalled_with_patience", before, f"after {waited}")
        if at == bill and waited < A_DAY:  # after an outage it may be another period's slot that was not handed out yet
            was_sent = self._taken().get(before.id, -1) > tick
            demand(was_sent, "recalled_when_lost", before, "no run has handed it out")

    def snapshot(self) -> object:
        return dict(self.planned)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, dict)
        self.planned = dict(snapshot)


def _is_recall(before: Subscription, after: Subscription) -> bool:
    was, now = before.timers.get(Timer.BILL), after.timers.get(Timer.BILL)
    return was is not None and now == was - RECALLED_BY
