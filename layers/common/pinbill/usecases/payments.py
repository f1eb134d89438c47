"""The money protocol: claim, call once, settle. Every bill and charge of every operation goes through here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.settlement import settle
from pinbill.domain.subscription import Subscription
from pinbill.usecases.changing import change
from pinbill.usecases.ports import BillOrder, Clock, Ids, Observation, Rails, Store, Subscriber, Telemetry

Claim = Callable[[Subscription, str, datetime], Change]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one payment: the subscription after it, its attempt, and the provider's result."""

    subscription: Subscription
    attempt: Attempt
    result: BillResult


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

        Raises what `claim` raises, ConcurrentChange or StoreUnavailable: then this call has asked nobody for money, or
        (a failed settle) the attempt stays open and is followed up as unknown.
        """
        owner, now = self.ids.owner(), self.clock.now()
        claimed = change(
            # A claim that is ours already was written by us although the store reported a failure.
            self.store,
            subscription,
            lambda current: None if _holds(current, owner) else claim(current, owner, now),
        )
        attempt = claimed.open_attempt
        if attempt is None:
            raise AssertionError("a claim that was written is the open attempt")
        order = BillOrder(subscriber_of(claimed, service), attempt.amount, description, attempt.id, pin)
        result = self.rails.of(claimed.rail).bill(order)
        settled = self.settle(claimed, attempt, result, plan)
        return Taken(settled, attempt.with_result(result, self.clock.now()), result)

    def settle(self, subscription: Subscription, attempt: Attempt, result: BillResult, plan: Plan) -> Subscription:
        """Write the outcome of `attempt`, whatever else was written since; an attempt that is closed stays as it is."""
        now = self.clock.now()
        charge = self._charge(subscription, attempt)
        settled = change(
            self.store, subscription, lambda current: settle(current, attempt.id, result, now, plan.dunning, charge)
        )
        self._observe(settled, attempt, result)
        return settled

    def _charge(self, subscription: Subscription, attempt: Attempt) -> Charge | None:
        if attempt.kind is not AttemptKind.CHARGE or attempt.obligation.charge is None:
            return None
        return self.store.charge(subscription.partner, subscription.id, attempt.obligation.charge)

    def _observe(self, subscription: Subscription, attempt: Attempt, result: BillResult) -> None:
        dimensions = {"rail": subscription.rail.value, "outcome": result.state.value}
        fields = {"attempt": attempt.id, "code": result.code or "", "kind": attempt.kind.value}
        self.telemetry.observe(Observation.ATTEMPT_SETTLED, 1, dimensions, **fields)
        if result.state is AttemptState.UNKNOWN:
            self.telemetry.observe(Observation.ATTEMPT_UNKNOWN, 1, None, **fields)
        if result.failure is FailureClass.UNLISTED:
            self.telemetry.observe(Observation.CODE_UNLISTED, 1, None, **fields)
        if result.failure is FailureClass.REFUSED:
            self.telemetry.observe(Observation.PROVIDER_REFUSED, 1, None, **fields)


def _holds(subscription: Subscription, owner: str) -> bool:
    return subscription.open_attempt is not None and subscription.open_attempt.owner == owner


def subscriber_of(subscription: Subscription, service: Service) -> Subscriber:
    return Subscriber(service, subscription.msisdn, subscription.network, subscription.mandate)
