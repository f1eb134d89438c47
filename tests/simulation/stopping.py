"""Operators' stops, by the simulation's own reading: what is claimed after one was answered, and what goes on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.attempts import AttemptState
from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.due_streams import Mark
from tests.simulation.clock import VirtualClock
from tests.simulation.scheduler import Actor
from tests.simulation.steps import Look
from tests.simulation.violation import demand

HEARD_WITHIN = timedelta(seconds=5)  # by a process that has read what is stopped just before


@dataclass(frozen=True, slots=True)
class Halted:
    """When a stop was answered: by ticks, and by the true time."""

    tick: int
    at: datetime


class Stopping:
    """`halted` are the answered stops that nobody has begun to lift, by the names of their scopes.

    All subscriptions of a story are of one plan of one partner on one rail, so that every scope covers all of them.
    """

    def __init__(self, clock: VirtualClock, tick: Callable[[], int], actor: Callable[[], Actor]) -> None:
        self._clock = clock
        self._tick = tick
        self._actor = actor
        self.halted: dict[str, Halted] = {}
        self.touched = 0  # when an operator was last at it

    def touches(self) -> None:
        """An operator begins or ends to stop something, or to let it go on: it takes effect at any time in between."""
        self.touched = self._tick()

    def answered(self, scope: str) -> None:
        self.halted.setdefault(scope, Halted(self._tick(), self._clock.true))

    def lifts(self, scope: str) -> None:
        """An operator lets it go on: from now on anybody may bill."""
        self.halted.pop(scope, None)

    def told(self, as_of: int) -> None:
        """An actor hears what was stopped at this tick."""
        actor = self._actor()
        actor.look = Look(as_of, self._clock.true)
        actor.first_look = actor.first_look or actor.look

    def claimed(self, reference: str) -> None:
        """Who claims has looked whether it may, and could not have known of a stop."""
        look = self._actor().look
        for scope, halted in self.halted.items():
            excused = look is not None and look.tick <= halted.tick and look.at <= halted.at + HEARD_WITHIN
            demand(excused, "no_claim_after_a_stop", reference, f"was claimed after {scope} was stopped")

    def refused(self) -> None:
        """A wake has failed because billing is stopped. If it always did, its message would end as a dead letter."""
        actor = self._actor()
        look = actor.first_look
        knew = look is not None and any(halted.tick < look.tick for halted in self.halted.values())
        demand(not knew, "stopped_bills_wait", actor.name, "a bill that is stopped was taken for a failure")

    def rested(self, subscriptions: Iterable[Subscription], reached: Mark | None) -> None:
        """While billing was stopped, there was time enough for everything else. Raises Violation.

        Audits look no further than runs have `reached`: a bill that was claimed before its slot was passed, and whose
        process died, is found when the runs go on.
        """
        for subscription in subscriptions:
            bill = subscription.timers.get(Timer.BILL)
            is_ahead = bill is not None and (reached is None or Mark(bill, subscription.id) > reached)
            if is_ahead and subscription.due_row is None:
                continue
            left = waiting(subscription, self._clock.true)
            demand(not left, "goes_on_while_stopped", subscription, left)

    def snapshot(self) -> object:
        return dict(self.halted), self.touched

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        self.halted, self.touched = dict(snapshot[0]), snapshot[1]


def waiting(subscription: Subscription, now: datetime) -> str:
    """What of a subscription waits for something else than a bill that may be asked for; "" for nothing."""
    attempt, due = subscription.open_attempt, subscription.due
    if attempt is not None and attempt.state is AttemptState.IN_FLIGHT:
        return f"nobody follows up {attempt.id}"
    waits = due is not None and due[0] <= now and due[1] is not Timer.BILL
    return f"its {due[1]} is due since {due[0]}" if due and waits else ""
