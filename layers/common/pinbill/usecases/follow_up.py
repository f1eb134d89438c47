"""Find out what became of an open attempt: ask where the provider can be asked, wait where it cannot."""

from dataclasses import dataclass, replace

from pinbill.domain.attempts import Attempt, AttemptState, BillResult, Evidence, Source
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.rails import LEASE, RULES, Asking
from pinbill.domain.settlement import look_again
from pinbill.domain.subscription import Subscription
from pinbill.usecases.calls import PaymentQuery, subscriber_of
from pinbill.usecases.changing import change
from pinbill.usecases.ports.rails import MandateRail
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.settling import Settling

ABANDONED = BillResult(
    AttemptState.UNKNOWN, code="claim_abandoned", meaning="The process that asked did not report back."
)
MOST_DENIALS = 3  # that one callback makes us ask about: each may take as long as a request may


@dataclass(frozen=True, slots=True)
class FollowUp:
    store: Store
    mandates: MandateRail
    settling: Settling
    clock: Clock
    telemetry: Telemetry

    def abandoned(self, subscription: Subscription, plan: Plan) -> Subscription:
        """An attempt in flight that its owner has left is unknown; a fresh one is left to its owner."""
        attempt = subscription.open_attempt
        if attempt is None or attempt.state is not AttemptState.IN_FLIGHT:
            return subscription
        if self.clock.now() < attempt.claimed_at + LEASE:
            return subscription
        return self.settling(subscription, attempt, ABANDONED, plan).subscription

    def look(self, subscription: Subscription, plan: Plan, service: Service) -> Subscription:
        """Look once at a pending or unknown attempt; what is learnt is settled, else the next look is planned."""
        attempt = subscription.open_attempt
        if attempt is None or attempt.state is AttemptState.IN_FLIGHT:
            return subscription
        can_ask = RULES[subscription.rail].asking is not Asking.NOT_AT_ALL
        found = self._ask(subscription, attempt, service) if can_ask else None
        if found and found.state is not AttemptState.UNKNOWN and found.state is not attempt.state:
            return self.settling(subscription, attempt, found, plan).subscription
        now = self.clock.now()
        learnt = Evidence(now, Source.INQUIRY, found.state.value, found.code or "") if found else None
        looked: Change | None = None

        def step(current: Subscription) -> Change | None:
            nonlocal looked
            looked = look_again(current, learnt, now) if _same(current, attempt.id) else None
            return looked

        after = change(self.store, subscription, step)
        if looked:
            self._remind(after)
        return after

    def look_back(self, subscription: Subscription, service: Service) -> None:
        """The provider reports a payment: perhaps one that a person has denied has landed.

        Found by amount and time alone it may be another's, so that it is shown to the operators and not booked.
        """
        newest: dict[str, Attempt] = {}
        for entry in self.settling.entries(subscription):
            if entry.attempt:
                newest.setdefault(entry.attempt.id, entry.attempt)
        denials = [attempt for attempt in newest.values() if attempt.state is AttemptState.NOT_CHARGED]
        for denied in denials[:MOST_DENIALS]:
            found = self._ask(subscription, denied, service)
            if found.state in (AttemptState.PAID, AttemptState.PENDING):
                note = "a payment shows after the denial"
                self.settling.observe(Observation.OUTCOME_CONTRADICTED, subscription, denied, found, note)

    def _remind(self, subscription: Subscription) -> None:
        attempt = subscription.open_attempt
        if attempt is None:
            return

        def tell(what: Observation) -> None:
            self.telemetry.observe(what, partner=subscription.partner, subscription=subscription.id, attempt=attempt.id)

        if attempt.follow_ups == len(RULES[subscription.rail].ladder):
            tell(Observation.ATTEMPT_NEEDS_DECISION)
        if subscription.decide_by and self.clock.now() >= subscription.decide_by:
            tell(Observation.DECISION_OVERDUE)

    def _ask(self, subscription: Subscription, attempt: Attempt, service: Service) -> BillResult:
        known: frozenset[str] = frozenset()
        if attempt.provider_reference is None:
            entries = self.settling.entries(subscription)
            known = frozenset(
                entry.attempt.provider_reference
                for entry in entries
                if entry.attempt and entry.attempt.provider_reference and entry.attempt.id != attempt.id
            )
        subscriber = subscriber_of(subscription, self.store.identity(subscription), service)
        query = PaymentQuery(subscriber, attempt.amount, attempt.claimed_at, attempt.provider_reference, known)
        return replace(self.mandates.find_payment(query), source=Source.INQUIRY)


def _same(subscription: Subscription, attempt_id: str) -> bool:
    return subscription.open_attempt is not None and subscription.open_attempt.id == attempt_id
