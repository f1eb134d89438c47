"""Cancel a subscription: once it has answered, nothing more is claimed."""

from dataclasses import dataclass

from pinbill.domain.ending import When, cancel
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.repeats import Keyed
from pinbill.domain.subscription import Subscription
from pinbill.usecases.activities import Activities
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.repeats import change_once

CANCELS = frozenset({EntryKind.CANCEL_SCHEDULED, EntryKind.CANCELLED})
LATELY = 30  # entries: after a cancel hardly any follow


@dataclass(frozen=True, slots=True)
class Cancel:
    store: Store
    catalog: Catalog
    activities: Activities
    clock: Clock

    def __call__(
        self, partner: str, subscription_id: str, when: When, reason: str, request: Keyed | None = None
    ) -> Subscription:
        """The subscription after the cancel. Its `open_attempt`, if any, was claimed before and may still debit."""
        subscription = self.store.subscription(partner, subscription_id)
        now = self.clock.now()
        cancelled = change_once(
            self.store, subscription, lambda current: cancel(current, when, reason, now), request, now
        )
        service = self.catalog.service(partner, cancelled.service_id)
        told, _ = self.activities.tell(cancelled, service)
        return told

    def receipt(self, subscription: Subscription) -> Entry | None:
        """The journal's entry of its cancel, the same whenever it is asked for; None when it ended without one."""
        page = self.store.journal(subscription.partner, subscription.id, LATELY, None, money_only=False)
        found = [entry for entry in page.rows if entry.kind in CANCELS]
        return found[-1] if found else None
