"""Receipts: a partner reports that a user was sent the receipt of a payment."""

from collections.abc import Iterator
from dataclasses import dataclass

from pinbill.domain.change import Change
from pinbill.domain.journal import Entry
from pinbill.domain.receipts import ReceiptSent, report
from pinbill.domain.repeats import Keyed
from pinbill.domain.subscription import Subscription
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.repeats import change_once

PAGE, MOST_PAGES = 100, 50  # of the journal, from the newest entry on


@dataclass(frozen=True, slots=True)
class Receipts:
    store: Store
    clock: Clock

    def sent(self, partner: str, subscription_id: str, sent: ReceiptSent, request: Keyed | None = None) -> Subscription:
        """The subscription, with the receipt taken down; as it was, if it had been. The first report counts.

        Raises ReceiptNotOwed or ReceiptContradicts.
        """
        now = self.clock.now()

        def decide(current: Subscription) -> Change | None:  # on entries that may be newer: then it is not written
            return report(current, self._entries(partner, subscription_id), sent, now)

        return change_once(self.store, self.store.subscription(partner, subscription_id), decide, request, now)

    def _entries(self, partner: str, id: str) -> Iterator[Entry]:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = self.store.journal(partner, id, PAGE, cursor, money_only=False)
            yield from page.rows
            cursor = page.cursor
            if cursor is None:
                return
