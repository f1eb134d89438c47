"""The money protocol: claim, call once, settle. Every bill and charge of every operation goes through here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pinbill.domain.attempts import Attempt, AttemptState, BillResult
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.rails import SEND_WITHIN
from pinbill.domain.stops import standing
from pinbill.domain.subscription import Subscription
from pinbill.errors import BillingStopped, ConcurrentChange, StoreUnavailable
from pinbill.usecases.answers import ALREADY_PAID, CANCELLED_MEANWHILE, CLAIM_TOO_OLD, NO_CALL_TIME
from pinbill.usecases.calls import BillOrder, subscriber_of
from pinbill.usecases.changing import change
from pinbill.usecases.ports.billing import Stops, Turn
from pinbill.usecases.ports.rails import Rails
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.ports.time_and_ids import Clock, Ids
from pinbill.usecases.settling import Settled, Settling
from pinbill.usecases.turns import AT_ONCE

Claim = Callable[[Subscription, str, datetime], Change]

WITHDRAWN = BillResult(AttemptState.NOT_SENT, CANCELLED_MEANWHILE, meaning="Cancelled before the provider was asked.")
COVERED = BillResult(AttemptState.NOT_SENT, ALREADY_PAID, meaning="Not sent: an earlier attempt proved to be paid.")
NO_TURN = BillResult(AttemptState.NOT_SENT, NO_CALL_TIME, meaning="Not sent: there was no time left for the call.")
TOO_LATE = BillResult(AttemptState.NOT_SENT, CLAIM_TOO_OLD, meaning="Not sent: the claim had grown too old.")


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one payment: the subscription after it, its attempt as recorded, and the provider's own answer."""

    subscription: Subscription
    attempt: Attempt
    result: BillResult
    charge: Charge | None = None


@dataclass(frozen=True, slots=True)
class Payments:
    """Takes money at most once per obligation."""

    store: Store
    rails: Rails
    clock: Clock
    ids: Ids
    settling: Settling
    stops: Stops

    def is_stopped(self, subscription: Subscription) -> bool:
        """Whether an operator has stopped what this subscription belongs to."""
        stops = self.stops.standing()
        return standing(stops, subscription.rail, subscription.partner, subscription.plan_id) is not None

    def take(
        self,
        subscription: Subscription,
        claim: Claim,
        plan: Plan,
        service: Service,
        description: str,
        pin: str | None = None,
        turns: Turn = AT_ONCE,
    ) -> Taken:
        """Claim by `claim`, call the provider once when it is its turn, settle.

        Raises what `claim` raises, BillingStopped, ConcurrentChange, StoreUnavailable, or what keeps the identity from
        being read: then this call has asked nobody for money.
        Once the provider was asked it raises nothing, but for StoreUnavailable when an earlier attempt has paid
        meanwhile and cannot be read. An outcome that could not be written leaves the attempt in flight, to be found and
        followed up as unknown.
        """
        if self.is_stopped(subscription):
            raise BillingStopped
        subscriber = subscriber_of(subscription, self.store.identity(subscription), service)
        owner, now = self.ids.owner(), self.clock.now()
        charge: Charge | None = None

        def decide(current: Subscription) -> Change | None:
            nonlocal charge
            if current.open_attempt is not None and current.open_attempt.owner == owner:
                return None  # written by us although the store reported a failure
            claimed = claim(current, owner, now)
            charge = claimed.charge
            return claimed

        claimed = change(self.store, subscription, decide)
        attempt = claimed.open_attempt
        assert attempt is not None  # the claim that was written is the open attempt
        result = self._unsendable(claimed, attempt) if turns.wait() else NO_TURN
        if result is None:
            order = BillOrder(subscriber, attempt.amount, description, attempt.id, pin)
            result = self.rails.of(claimed.rail).bill(order)
        try:
            settled = self.settling(claimed, attempt, result, plan, charge)
        except (StoreUnavailable, ConcurrentChange):
            self.settling.observe(Observation.OUTCOME_NOT_WRITTEN, claimed, attempt, result)
            settled = Settled(claimed, attempt)
        if settled.attempt.covered_by:
            return self._covered(settled, result)
        after = charge.with_attempt(settled.attempt) if charge else None
        return Taken(settled.subscription, settled.attempt, result, after)

    def _covered(self, settled: Settled, result: BillResult) -> Taken:
        """An earlier attempt was found paid meanwhile: that one is what became of the obligation."""
        covering = settled.attempt.covered_by
        assert covering is not None  # asked for only then
        paid = self.settling.attempt(settled.subscription, covering) or settled.attempt
        return Taken(settled.subscription, paid, result, self.settling.charge_of(settled.subscription, settled.attempt))

    def _unsendable(self, claimed: Subscription, attempt: Attempt) -> BillResult | None:
        """Why this claim must not be sent any more, at the last moment before it would be; None when it may."""
        if claimed.cancel_at is not None:
            # Our claim was found again beneath a cancel that came after it. Nobody was asked yet, so nobody is.
            return WITHDRAWN
        if attempt.covered_by is not None:
            return COVERED  # likewise, beneath the proof that an earlier attempt was paid
        try:
            now = self.clock.now()
        except StoreUnavailable:  # of a test clock, which the table keeps
            return TOO_LATE
        # This process, or the clock, has stood still or leapt since the claim: others may be taking it for abandoned.
        fresh = attempt.state is AttemptState.IN_FLIGHT and now < attempt.claimed_at + SEND_WITHIN
        return None if fresh else TOO_LATE
