"""Settling: the outcome of an attempt goes into the books, from whichever side it comes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pinbill.domain.attempts import OPEN, Attempt, AttemptKind, AttemptState, BillResult, Evidence, FailureClass, Source
from pinbill.domain.catalog import Plan
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.partner_classes import NO_CLASSES, PartnerClasses
from pinbill.domain.settlement import add_evidence, settle, settle_late
from pinbill.domain.subscription import Subscription
from pinbill.errors import ConcurrentChange
from pinbill.usecases.changing import change
from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.store import ChargeExists, StaleVersion, Store
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock

# A known outcome is not given up because others write at the same time.
SETTLE_ROUNDS = 50
# How far back an attempt is looked for: what is reported of older ones is for a person with the provider's report.
LOOK_BACK = 100
# By which closed states of an attempt a result that comes too late is no contradiction.
EXPLAINS = {
    AttemptState.UNKNOWN: frozenset(AttemptState),
    AttemptState.PENDING: frozenset({AttemptState.PAID, AttemptState.DECLINED}),
    **{state: frozenset({state}) for state in frozenset(AttemptState) - OPEN},
}
type Step = Callable[[Subscription, Charge | None], Change | None]
ALARMS = {
    FailureClass.UNLISTED: Observation.CODE_UNLISTED,
    FailureClass.REFUSED: Observation.PROVIDER_REFUSED,
}


@dataclass(frozen=True, slots=True)
class Settled:
    """A subscription, and one of its attempts as the ledger has it."""

    subscription: Subscription
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Settling:
    store: Store
    clock: Clock
    telemetry: Telemetry
    partner_classes: PartnerClasses = NO_CLASSES

    def __call__(
        self,
        subscription: Subscription,
        attempt: Attempt,
        result: BillResult,
        plan: Plan,
        charge: Charge | None = None,
    ) -> Settled:
        """Write the outcome of `attempt`, whatever else was written since.

        An attempt that is closed stays as it is, but for one case: a debit that comes to light late is booked. `charge`
        is the record of an on-demand charge where the caller has it. Raises StoreUnavailable or ConcurrentChange.
        """
        now = self.clock.now()

        def step(current: Subscription, charge: Charge | None) -> Change | None:
            return settle(current, attempt.id, result, now, plan.dunning, charge)

        after, settled = self.write(subscription, attempt, step, charge)
        if settled is not None:
            return Settled(after, settled)
        recorded = self.attempt(after, attempt.id) or attempt
        if recorded.is_open or recorded.state in EXPLAINS[result.state]:
            return Settled(after, recorded)
        self.observe(Observation.OUTCOME_CONTRADICTED, after, attempt, result, f"recorded as {recorded.state}")
        if result.state is AttemptState.PAID:
            return self._settle_late(after, recorded, result, now)
        return Settled(after, recorded)

    def write(
        self, subscription: Subscription, attempt: Attempt, step: Step, charge: Charge | None = None
    ) -> tuple[Subscription, Attempt | None]:
        """Write what `step` makes of the subscription and its charge: as it then stands, and the attempt as booked."""
        charge = charge or self.charge_of(subscription, attempt)
        written: Change | None = None

        def decide(current: Subscription) -> Change | None:
            nonlocal written
            written = step(current, charge)
            return written

        for _ in range(SETTLE_ROUNDS):
            try:
                after = change(self.store, subscription, decide, SETTLE_ROUNDS)
            except ChargeExists:  # written since, together with the subscription
                charge = self.charge_of(subscription, attempt)
            else:
                return after, self._booked(written, attempt.id) if written else None
        raise ConcurrentChange

    def note(self, subscription: Subscription, attempt: Attempt, source: Source, says: str, code: str = "") -> None:
        """Keep what does not settle the attempt but helps a person to decide. Raises StoreUnavailable."""
        evidence = Evidence(self.clock.now(), source, says, code)
        change(self.store, subscription, lambda current: add_evidence(current, attempt.id, evidence))

    def entries(self, subscription: Subscription) -> Sequence[Entry]:
        """The subscription's ledger, newest first, as far back as anybody looks."""
        return self.store.journal(subscription.partner, subscription.id, LOOK_BACK, None, money_only=True).rows

    def attempt(self, subscription: Subscription, attempt_id: str) -> Attempt | None:
        """The attempt as it stands: open on the subscription, or closed in the ledger."""
        current = subscription.open_attempt
        if current is not None and current.id == attempt_id:
            return current
        found = (entry.attempt for entry in self.entries(subscription) if entry.attempt)
        return next((attempt for attempt in found if attempt.id == attempt_id), None)

    def charge_of(self, subscription: Subscription, attempt: Attempt) -> Charge | None:
        """The on-demand charge that `attempt` asks for; None for a period's bill."""
        if attempt.kind is not AttemptKind.CHARGE or attempt.obligation.charge is None:
            return None
        return self.store.charge(subscription.partner, subscription.id, attempt.obligation.charge)

    def _settle_late(self, subscription: Subscription, closed: Attempt, result: BillResult, now: datetime) -> Settled:
        """Everything is read anew in each round: what is owed, and whether somebody else has booked this debit."""
        for _ in range(SETTLE_ROUNDS):
            current = self.store.subscription(subscription.partner, subscription.id)
            closed = self.attempt(current, closed.id) or closed
            if closed.is_open or closed.state is AttemptState.PAID:
                return Settled(current, closed)
            decided = settle_late(current, closed, result, now, self.charge_of(current, closed))
            try:
                self.store.commit(decided)
            except StaleVersion:
                continue
            return Settled(decided.after, self._booked(decided, closed.id))
        raise ConcurrentChange

    def _booked(self, written: Change, attempt_id: str) -> Attempt:
        """The attempt as the journal has it now; the operators are told."""
        subscription = written.after
        kind, attempt = next((e.kind, e.attempt) for e in written.entries if e.attempt and e.attempt.id == attempt_id)
        self._count(subscription, attempt)
        if attempt.state is AttemptState.UNKNOWN:
            self._observe(Observation.ATTEMPT_UNKNOWN, subscription, attempt)
        if attempt.failure in ALARMS:
            self._observe(ALARMS[attempt.failure], subscription, attempt)
        if kind is EntryKind.EXCESS_DEBIT:
            self._observe(Observation.EXCESS_DEBIT, subscription, attempt)
        return attempt

    def _count(self, subscription: Subscription, attempt: Attempt) -> None:
        rail, partner = subscription.rail.value, subscription.partner
        self.telemetry.observe(
            Observation.ATTEMPT_SETTLED,
            1,
            {"rail": rail, "outcome": attempt.state.value, "partner_class": self.partner_classes.of(partner)},
            partner=partner,
            subscription=subscription.id,
            attempt=attempt.id,
            code=attempt.code or "",
            kind=attempt.kind.value,
            source=attempt.settled_by.value if attempt.settled_by else "",
        )
        if attempt.state is AttemptState.PAID:
            paid = attempt.amount
            which = {"rail": rail, "currency": paid.currency}
            self.telemetry.measure(Measure.AMOUNT_PAID, float(paid.major), which)

    def _observe(self, what: Observation, subscription: Subscription, attempt: Attempt) -> None:
        reference = attempt.provider_reference
        result = BillResult(attempt.state, attempt.code, provider_reference=reference)
        self.observe(what, subscription, attempt, result)

    def observe(
        self, what: Observation, subscription: Subscription, attempt: Attempt, result: BillResult, note: str = ""
    ) -> None:
        self.telemetry.observe(
            what,
            partner=subscription.partner,
            subscription=subscription.id,
            attempt=attempt.id,
            outcome=result.state.value,
            code=result.code or "",
            provider_reference=result.provider_reference or "",
            note=note,
        )
