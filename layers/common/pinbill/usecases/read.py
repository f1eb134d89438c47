"""What a partner may read: its plans, a subscription, and that subscription's bills."""

from collections.abc import Sequence
from dataclasses import dataclass

from pinbill.domain.catalog import Plan
from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from pinbill.usecases.ports import Catalog, Page, Store


@dataclass(frozen=True, slots=True)
class Read:
    store: Store
    catalog: Catalog

    def plans(self, partner: str) -> Sequence[Plan]:
        """The plans that are on sale."""
        return [plan for plan in self.catalog.plans(partner) if not plan.retired]

    def subscription(self, partner: str, subscription_id: str) -> Subscription:
        return self.store.subscription(partner, subscription_id)

    def bills(self, partner: str, subscription_id: str, limit: int, cursor: str | None) -> Page[Entry]:
        """The ledger entries of a subscription, newest first; an attempt that was open has one entry per change."""
        self.store.subscription(partner, subscription_id)
        return self.store.journal(partner, subscription_id, limit, cursor, money_only=True)
