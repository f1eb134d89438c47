"""Receipts: a partner reports that a user was sent the receipt of a payment."""

from collections.abc import Iterator
from dataclasses import dataclass

from pinbill.domain.journal import Entry
from pinbill.domain.receipts import ReceiptSent, report
from pinbill.domain.subscription import Subscription
from pinbill.errors import ConcurrentChange
from pinbill.usecases.changing import ROUNDS
from pinbill.usecases.ports import Clock, StaleVersion, Store

PAGE, MOST_PAGES = 100, 50  # of the journal, from the newest entry on


@dataclass(frozen=True, slots=True)
class Receipts:
    store: Store
    clock: Clock

    def sent(self, partner: str, subscription_id: str, sent: ReceiptSent) -> Subscription:
        """The subscription, with the receipt taken down; as it was, if it had been. The first report counts.

        Raises ReceiptNotOwed or ReceiptContradicts.
        """
        for _ in range(ROUNDS):
            subscription = self.store.subscription(partner, subscription_id)
            change = report(subscription, self._entries(partner, subscription_id), sent, self.clock.now())
            if change is None:
                return subscription
            try:
                self.store.commit(change)
            except StaleVersion:
                continue
            return change.after
        raise ConcurrentChange

    def _entries(self, partner: str, id: str) -> Iterator[Entry]:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = self.store.journal(partner, id, PAGE, cursor, money_only=False)
            yield from page.rows
            cursor = page.cursor
            if cursor is None:
                return
