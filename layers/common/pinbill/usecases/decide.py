"""The operator's list of open outcomes, and a person's decision on one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pinbill.domain.attempts import Attempt, AttemptState, Decision
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.deciding import allowed, decide
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import AttemptNotOpen
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.due import OpenOutcomes
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.settling import Settled, Settling

PAGE = 100


@dataclass(frozen=True, slots=True)
class OpenOutcome:
    """One row of the list. `next_look` is when it is looked at again, `allowed` from when on a verdict may be given."""

    subscription: Subscription
    attempt: Attempt
    decide_by: datetime
    next_look: datetime | None
    allowed: Mapping[AttemptState, datetime]


@dataclass(frozen=True, slots=True)
class Decide:
    store: Store
    catalog: Catalog
    outcomes: OpenOutcomes
    settling: Settling
    clock: Clock

    def listed(self) -> Iterator[OpenOutcome]:
        """Every attempt whose outcome nobody knows, rail by rail, the earliest deadline first."""
        for rail in RailName:
            cursor: str | None = None
            while True:
                page = self.outcomes.rows(rail, PAGE, cursor)
                for partner, id, _ in page.rows:
                    outcome = _outcome(self.store.subscription(partner, id))
                    if outcome:  # else it was settled since the list was written
                        yield outcome
                cursor = page.cursor
                if cursor is None:
                    break

    def __call__(
        self,
        partner: str,
        subscription_id: str,
        attempt_id: str,
        verdict: AttemptState,
        decision: Decision,
        payment: str | None = None,
    ) -> Settled:
        """Close an open attempt as `paid`, with the provider's id of the payment if it is known, or `not_charged`.

        Raises AttemptNotOpen, DecisionTooEarly, EvidenceCameIn or SubscriptionNotFound: then nothing was changed. After
        StoreUnavailable it may have been; the list says.
        """
        subscription = self.store.subscription(partner, subscription_id)
        attempt = self.settling.attempt(subscription, attempt_id)
        if attempt is None:
            raise AttemptNotOpen("The subscription has no such attempt.")
        if not attempt.is_open:
            raise AttemptNotOpen(_how_it_was_closed(attempt))
        plan = self.catalog.plan(partner, subscription.plan_id)
        now = self.clock.now()

        def step(current: Subscription, charge: Charge | None) -> Change:
            return decide(current, attempt_id, verdict, decision, now, plan.dunning, charge, payment)

        try:
            after, decided = self.settling.write(subscription, attempt, step)
        except AttemptNotOpen:
            closed = self.settling.attempt(self.store.subscription(partner, subscription_id), attempt_id)
            if closed is None or closed.is_open:
                raise
            raise AttemptNotOpen(_how_it_was_closed(closed)) from None
        assert decided is not None  # the step either decides or raises
        return Settled(after, decided)


def _outcome(subscription: Subscription) -> OpenOutcome | None:
    attempt, deadline = subscription.open_attempt, subscription.decide_by
    if attempt is None or deadline is None:
        return None
    next_look = subscription.timers.get(Timer.FOLLOW_UP)
    return OpenOutcome(subscription, attempt, deadline, next_look, allowed(subscription.rail, attempt))


def _how_it_was_closed(attempt: Attempt) -> str:
    said = f"The attempt is closed: {attempt.state}"
    if attempt.settled_by and attempt.settled_at:
        said += f" by {attempt.settled_by} at {attempt.settled_at.isoformat(timespec='seconds')}"
    return f"{said}; nothing was changed."
