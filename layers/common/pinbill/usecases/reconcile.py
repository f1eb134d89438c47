"""A provider's report is taken into the books of one subscription, under the same conditions as any other write."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinbill.domain.attempts import Attempt, Decision
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry
from pinbill.domain.reconciling import Reconciling, Span, Step
from pinbill.domain.subscription import Subscription
from pinbill.domain.unrecorded import Reported
from pinbill.errors import ConcurrentChange
from pinbill.usecases.changing import ROUNDS
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.store import ChargeExists, StaleVersion, Store
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.settling import Settling

PAGE = 100


@dataclass(frozen=True, slots=True)
class Reconcile:
    store: Store
    catalog: Catalog
    settling: Settling
    clock: Clock

    def foreseen(
        self,
        subscription: Subscription,
        entries: Sequence[Entry],
        reported: Sequence[Reported],
        span: Span,
        decision: Decision,
    ) -> Iterator[Step]:
        """What the report would make of a subscription and its journal, oldest first; nothing is written."""
        plan = self.catalog.plan(subscription.partner, subscription.plan_id)

        def charge_of(attempt: Attempt) -> Charge | None:
            return self.settling.charge_of(subscription, attempt)

        now = self.clock.now()
        yield from Reconciling.of(subscription, entries, plan, decision, now, charge_of).steps(reported, span)

    def __call__(
        self, partner: str, id: str, reported: Sequence[Reported], span: Span, decision: Decision
    ) -> Sequence[Step]:
        """Take the report's lines of a subscription into its books; `reported` are all of them in the span.

        A second time changes nothing. Raises ConcurrentChange when others keep writing, StoreUnavailable; what was
        written until then stands.
        """
        done: list[Step] = []
        for _ in range(ROUNDS):
            try:
                subscription = self.store.subscription(partner, id)
                entries = list(self._ledger(partner, id))[::-1]
                for step in self.foreseen(subscription, entries, reported, span, decision):
                    if step.change is not None:
                        self.store.commit(step.change)
                        done.append(step)
                    elif step not in done:
                        done.append(step)
            except (StaleVersion, ChargeExists):
                continue  # all that was written is known to both by now
            return done
        raise ConcurrentChange

    def _ledger(self, partner: str, id: str) -> Iterator[Entry]:
        """The whole of it, newest first: what is taken for unknown is booked."""
        cursor: str | None = None
        while True:
            page = self.store.journal(partner, id, PAGE, cursor, money_only=True)
            yield from page.rows
            cursor = page.cursor
            if cursor is None:
                return
