"""What a partner may read: its plans, a subscription, and that subscription's bills and consent."""

from collections.abc import Sequence
from dataclasses import dataclass

from pinbill.domain import consent
from pinbill.domain.catalog import Plan
from pinbill.domain.consent import ConsentRecord
from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.store import Page, Store
from pinbill.usecases.ports.webhooks import Histories

FIRST_ENTRIES = 100  # of a journal: far more than can be written before somebody has confirmed


@dataclass(frozen=True, slots=True)
class Read:
    store: Store
    catalog: Catalog
    histories: Histories

    def plans(self, partner: str) -> Sequence[Plan]:
        """The plans that are on sale."""
        return [plan for plan in self.catalog.plans(partner) if not plan.retired]

    def subscription(self, partner: str, subscription_id: str) -> Subscription:
        return self.store.subscription(partner, subscription_id)

    def consent(self, partner: str, subscription_id: str) -> tuple[Subscription, ConsentRecord]:
        """The subscription, and how its user agreed to it."""
        history = self.histories.read(partner, subscription_id, 1, None, FIRST_ENTRIES)
        plan = self.catalog.plan(partner, history.subscription.plan_id)
        return history.subscription, consent.record(history.entries, plan.consent)

    def bills(self, partner: str, subscription_id: str, limit: int, cursor: str | None) -> Page[Entry]:
        """The ledger entries of a subscription, newest first; an attempt that was open has one entry per change."""
        self.store.subscription(partner, subscription_id)
        return self.store.journal(partner, subscription_id, limit, cursor, money_only=True)
