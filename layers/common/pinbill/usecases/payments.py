"""The money protocol: claim, call once, settle. Every bill and charge of every operation goes through here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pinbill.domain.attempts import OPEN, Attempt, AttemptKind, AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.settlement import settle
from pinbill.domain.subscription import Subscription
from pinbill.errors import ConcurrentChange, StoreUnavailable
from pinbill.usecases.answers import CANCELLED_MEANWHILE
from pinbill.usecases.calls import BillOrder, Subscriber
from pinbill.usecases.changing import change
from pinbill.usecases.ports import Clock, Ids, Observation, Rails, Store, Telemetry

Claim = Callable[[Subscription, str, datetime], Change]

# A known outcome is not given up because others write at the same time.
SETTLE_ROUNDS = 50
RECENT_ENTRIES = 25

WITHDRAWN = BillResult(AttemptState.NOT_SENT, CANCELLED_MEANWHILE, meaning="Cancelled before the provider was asked.")


@dataclass(frozen=True, slots=True)
class Settled:
    """A subscription, and one of its attempts as the ledger has it."""

    subscription: Subscription
    attempt: Attempt


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
    telemetry: Telemetry

    def take(
        self,
        subscription: Subscription,
        claim: Claim,
        plan: Plan,
        service: Service,
        description: str,
        pin: str | None = None,
    ) -> Taken:
        """Claim by `claim`, call the provider once, settle.

        Raises what `claim` raises, ConcurrentChange or StoreUnavailable: then this call has asked nobody for money.
        Once the provider was asked it raises nothing: an outcome that could not be written leaves the attempt in
        flight, to be found and followed up as unknown.
        """
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
        if claimed.cancel_at is None:
            order = BillOrder(subscriber_of(claimed, service), attempt.amount, description, attempt.id, pin)
            result = self.rails.of(claimed.rail).bill(order)
        else:
            # Our claim was found again beneath a cancel that came after it. Nobody was asked yet, so nobody is.
            result = WITHDRAWN
        try:
            settled = self.settle(claimed, attempt, result, plan, charge)
        except (StoreUnavailable, ConcurrentChange):
            self._observe(Observation.OUTCOME_NOT_WRITTEN, attempt, result)
            settled = Settled(claimed, attempt)
        after = charge.with_attempt(settled.attempt) if charge else None
        return Taken(settled.subscription, settled.attempt, result, after)

    def settle(
        self,
        subscription: Subscription,
        attempt: Attempt,
        result: BillResult,
        plan: Plan,
        charge: Charge | None = None,
    ) -> Settled:
        """Write the outcome of `attempt`, whatever else was written since; an attempt that is closed stays as it is.

        `charge` is the record of an on-demand charge where the caller has it. Raises StoreUnavailable.
        """
        now = self.clock.now()
        charge = charge or self._charge(subscription, attempt)
        written = False

        def decide(current: Subscription) -> Change | None:
            nonlocal written
            settled = settle(current, attempt.id, result, now, plan.dunning, charge)
            written = settled is not None
            return settled

        after = change(self.store, subscription, decide, SETTLE_ROUNDS)
        if written:
            self._report(after, attempt, result)
            return Settled(after, attempt.with_result(result, now))
        recorded = self._recorded(after, attempt)
        if result.state not in OPEN and recorded.state is not result.state and not recorded.is_open:
            self._observe(Observation.OUTCOME_CONTRADICTED, attempt, result, f"recorded as {recorded.state}")
        return Settled(after, recorded)

    def _recorded(self, subscription: Subscription, attempt: Attempt) -> Attempt:
        """The attempt as it stands: open on the subscription, or closed in the ledger by somebody else."""
        current = subscription.open_attempt
        if current is not None and current.id == attempt.id:
            return current
        entries = self.store.journal(subscription.partner, subscription.id, RECENT_ENTRIES, None, money_only=True)
        found = (entry.attempt for entry in entries.rows if entry.attempt and entry.attempt.id == attempt.id)
        return next(found, attempt)

    def _charge(self, subscription: Subscription, attempt: Attempt) -> Charge | None:
        if attempt.kind is not AttemptKind.CHARGE or attempt.obligation.charge is None:
            return None
        return self.store.charge(subscription.partner, subscription.id, attempt.obligation.charge)

    def _report(self, subscription: Subscription, attempt: Attempt, result: BillResult) -> None:
        dimensions = {"rail": subscription.rail.value, "outcome": result.state.value}
        self.telemetry.observe(
            Observation.ATTEMPT_SETTLED,
            1,
            dimensions,
            attempt=attempt.id,
            code=result.code or "",
            kind=attempt.kind.value,
        )
        if result.state is AttemptState.UNKNOWN:
            self._observe(Observation.ATTEMPT_UNKNOWN, attempt, result)
        if result.failure is FailureClass.UNLISTED:
            self._observe(Observation.CODE_UNLISTED, attempt, result)
        if result.failure is FailureClass.REFUSED:
            self._observe(Observation.PROVIDER_REFUSED, attempt, result)

    def _observe(self, what: Observation, attempt: Attempt, result: BillResult, note: str = "") -> None:
        self.telemetry.observe(
            what,
            attempt=attempt.id,
            outcome=result.state.value,
            code=result.code or "",
            provider_reference=result.provider_reference or "",
            note=note,
        )


def subscriber_of(subscription: Subscription, service: Service) -> Subscriber:
    return Subscriber(service, subscription.msisdn, subscription.network, subscription.mandate)
