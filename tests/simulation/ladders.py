"""Retries, grace, hold and catching up, by the simulation's own reading of the plan: not too often, not for ever."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pinbill.domain.attempts import Attempt, AttemptKind, FailureClass, Obligation
from pinbill.domain.catalog import CatchUp
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from tests.simulation.clock import VirtualClock
from tests.simulation.own_calendar import Anchor
from tests.simulation.violation import Violation

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The soonest retry after a decline of each class, and the most tries of one bill; of other classes there is no retry.
SOONEST = {FailureClass.SOFT: DAY, FailureClass.LIMIT: DAY, FailureClass.TECHNICAL: 6 * HOUR}
MOST_TRIES = 4
OURS = (FailureClass.REFUSED, FailureClass.PIN)  # not the subscriber's doing: outside the ladder
LONGEST = {State.PAST_DUE: 3 * DAY, State.SUSPENDED: 14 * DAY}
CATCH_UP_CAP = 3
FINAL = frozenset({State.CANCELLED, State.EXPIRED, State.ENDED})
CLOCKS_DIFFER = 2 * HOUR + timedelta(minutes=30)  # by which our clock may have been wrong at both ends

type Declines = tuple[tuple[FailureClass | None, datetime], ...]


class Ladders:
    """Checked at every claim and every call: Violation is raised there."""

    def __init__(self, clock: VirtualClock, catch_up: CatchUp) -> None:
        self._clock = clock
        self._catch_up = catch_up
        self._declines: dict[tuple[str, Obligation], Declines] = {}
        self._since: dict[str, tuple[State, datetime]] = {}  # when it came into its state

    def wrote(self, before: Subscription, after: Subscription, entries: Sequence[Entry]) -> None:
        if before.state is not after.state:
            self._since[after.id] = after.state, self._clock.true
        for entry in entries:
            if entry.kind is not EntryKind.ATTEMPT_DECLINED or entry.attempt is None:
                continue
            obligation, failure = entry.attempt.obligation, entry.attempt.failure
            barred = failure is FailureClass.HARD and obligation.period is not None and not entry.attempt.covered_by
            if barred and after.state not in FINAL:
                raise Violation("hard_decline_is_the_end", f"{after.id} is {after.state} after {entry.attempt.id}")
            if failure not in OURS and entry.attempt.kind is not AttemptKind.FIRST_BILL:
                earlier = self._declines.get((after.id, obligation), ())
                self._declines[after.id, obligation] = (*earlier, (failure, self._clock.true))

    def asked(self, reference: str, period: int, anchor: Anchor) -> None:
        """Of several periods that were missed, only those are billed that the plan does not give up."""
        running = anchor.period_at(self._clock.true - CLOCKS_DIFFER)
        missed = CATCH_UP_CAP - 1 if self._catch_up is CatchUp.BILL_EACH else 0
        if period < running - missed:
            detail = f"{reference} asks for period {period} in period {running}"
            raise Violation("missed_periods_by_the_plan", detail)

    def claimed(self, subscription: Subscription, attempt: Attempt) -> None:
        declines = self._declines.get((subscription.id, attempt.obligation), ())
        if attempt.obligation.period is None:
            if declines:
                raise Violation("declined_charge_is_final", f"{attempt.id} asks again for a charge that was declined")
            return
        state, since = self._since.get(subscription.id, (subscription.state, self._clock.true))
        longest = LONGEST.get(state)
        if longest is not None and self._clock.true - since > longest + CLOCKS_DIFFER:
            raise Violation("grace_and_hold_end", f"{subscription.id} is {state} since {since} and is billed")
        if not declines:
            return
        failure, at = declines[-1]
        soonest = SOONEST.get(failure) if failure else None
        waited = self._clock.true - at
        if soonest is None or waited < soonest - CLOCKS_DIFFER or len(declines) >= MOST_TRIES:
            detail = f"{attempt.id} is try {len(declines) + 1} of {attempt.obligation}, {waited} after {failure}"
            raise Violation("retries_by_the_ladder", detail)

    def snapshot(self) -> object:
        return dict(self._declines), dict(self._since)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        self._declines, self._since = dict(snapshot[0]), dict(snapshot[1])
