"""What becomes due after it was written is handed out by the first run that succeeds from then on, and worked off."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pinbill.domain.attempts import AttemptState
from pinbill.domain.subscription import Subscription, Timer
from tests.simulation.clock import VirtualClock
from tests.simulation.violation import demand


class DueRows:
    """`planned` says of each subscription when it is due and when (by ticks) that was written.

    What was due already when it was written is left to the sweep. After a leap of our clock nothing is demanded.
    """

    def __init__(self, clock: VirtualClock, tick: Callable[[], int]) -> None:
        self._clock = clock
        self._tick = tick
        self.planned: dict[str, tuple[datetime, int]] = {}

    def wrote(self, before: Subscription, after: Subscription) -> None:
        due = after.due
        if due is None or due[0] < self._clock.now():
            self.planned.pop(after.id, None)
        elif after.id not in self.planned or before.due is None or before.due[0] != due[0]:
            self.planned[after.id] = due[0], self._tick()

    def ran(self, began: int, until: datetime, taken: Mapping[str, int]) -> None:
        """A run that began at this tick, and read up to `until`, has succeeded; `taken` is what the queue ever took."""
        if self._clock.was_wrong:
            return
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

    def snapshot(self) -> object:
        return dict(self.planned)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, dict)
        self.planned = dict(snapshot)
