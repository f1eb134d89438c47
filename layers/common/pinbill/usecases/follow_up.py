"""Find out what became of an open attempt: ask where the provider can be asked, wait where it cannot."""

from dataclasses import dataclass

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.rails import LEASE, RULES
from pinbill.domain.settlement import look_again
from pinbill.domain.subscription import Subscription
from pinbill.usecases.calls import PaymentQuery
from pinbill.usecases.changing import change
from pinbill.usecases.payments import Payments, subscriber_of
from pinbill.usecases.ports import Clock, MandateRail, Observation, Store, Telemetry

ABANDONED = BillResult(
    AttemptState.UNKNOWN, code="claim_abandoned", meaning="The process that asked did not report back."
)
RECENT_ENTRIES = 25


@dataclass(frozen=True, slots=True)
class FollowUp:
    store: Store
    mandates: MandateRail
    payments: Payments
    clock: Clock
    telemetry: Telemetry

    def abandoned(self, subscription: Subscription, plan: Plan) -> Subscription:
        """An attempt in flight that its owner has left is unknown; a fresh one is left to its owner."""
        attempt = subscription.open_attempt
        if attempt is None or attempt.state is not AttemptState.IN_FLIGHT:
            return subscription
        if self.clock.now() < attempt.claimed_at + LEASE:
            return subscription
        return self.payments.settle(subscription, attempt, ABANDONED, plan).subscription

    def look(self, subscription: Subscription, plan: Plan, service: Service) -> Subscription:
        """Look once at a pending or unknown attempt; what is learnt is settled, else the next look is planned."""
        attempt = subscription.open_attempt
        if attempt is None or attempt.state is AttemptState.IN_FLIGHT:
            return subscription
        found = self._ask(subscription, service) if RULES[subscription.rail].can_ask else None
        if found and found.state is not AttemptState.UNKNOWN and found.state is not attempt.state:
            return self.payments.settle(subscription, attempt, found, plan).subscription
        now = self.clock.now()
        looked = change(
            self.store,
            subscription,
            lambda current: look_again(current, now) if _same(current, attempt.id) else None,
        )
        if looked.open_attempt and looked.open_attempt.follow_ups >= len(RULES[subscription.rail].ladder):
            self.telemetry.observe(Observation.ATTEMPT_NEEDS_DECISION, attempt=attempt.id, subscription=subscription.id)
        return looked

    def _ask(self, subscription: Subscription, service: Service) -> BillResult | None:
        attempt = subscription.open_attempt
        assert attempt is not None  # looked at only while open
        known: frozenset[str] = frozenset()
        if attempt.provider_reference is None:
            entries = self.store.journal(subscription.partner, subscription.id, RECENT_ENTRIES, None, money_only=True)
            known = frozenset(
                entry.attempt.provider_reference
                for entry in entries.rows
                if entry.attempt and entry.attempt.provider_reference and entry.attempt.id != attempt.id
            )
        query = PaymentQuery(
            subscriber_of(subscription, service), attempt.amount, attempt.claimed_at, attempt.provider_reference, known
        )
        return self.mandates.find_payment(query)


def _same(subscription: Subscription, attempt_id: str) -> bool:
    return subscription.open_attempt is not None and subscription.open_attempt.id == attempt_id
