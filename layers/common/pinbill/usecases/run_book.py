"""The run book: what workers and dispatchers count of a billing day, written together."""

import threading
from collections.abc import Callable
from functools import partial

from pinbill.domain.attempts import Attempt
from pinbill.domain.progress import Place, Progress, Tried
from pinbill.domain.subscription import Subscription
from pinbill.errors import ConcurrentChange, PinbillError
from pinbill.usecases.ports.billing import Runs
from pinbill.usecases.ports.telemetry import Observation, Telemetry

ROUNDS = 50  # of processes that count the same plan's bills at the same moment


def record(runs: Runs, place: Place, step: Callable[[Progress], Progress]) -> Progress:
    """Write what `step` makes of the progress as it stands. Raises StoreUnavailable or ConcurrentChange."""
    for _ in range(ROUNDS):
        changed = step(runs.progress(place))
        if runs.put(changed):
            return changed
    raise ConcurrentChange


class RunBook:
    """Counts tries from any thread; `flush` writes them, and keeps what could not be written for the next time."""

    def __init__(self, runs: Runs, telemetry: Telemetry) -> None:
        self._runs = runs
        self._telemetry = telemetry
        self._tried: dict[Place, tuple[Tried, Tried]] = {}
        self._lock = threading.Lock()

    def count(self, subscription: Subscription, attempt: Attempt) -> None:
        place = Place(subscription.rail, attempt.claimed_at.date(), subscription.partner, subscription.plan_id)
        once = Tried.once(attempt)
        self._add(place, *((once, Tried()) if attempt.number == 1 else (Tried(), once)))

    def flush(self) -> None:
        """Raises nothing: no bill depends on it."""
        with self._lock:
            tried, self._tried = self._tried, {}
        for place, (first, again) in tried.items():
            try:
                record(self._runs, place, partial(Progress.with_tries, first=first, again=again))
            except PinbillError as error:
                self._add(place, first, again)
                what = Observation.PROGRESS_NOT_WRITTEN
                self._telemetry.observe(what, partner=place.partner, plan=place.plan, code=error.code)

    def _add(self, place: Place, first: Tried, again: Tried) -> None:
        with self._lock:
            earlier = self._tried.get(place, (Tried(), Tried()))
            self._tried[place] = earlier[0] + first, earlier[1] + again
