"""The Histories port on DynamoDB: a subscription, and a part of its journal that has no gap."""

from itertools import islice
from typing import override

from pinbill.domain.journal import Entry
from pinbill.errors import SubscriptionNotFound
from pinbill.store import keys
from pinbill.store.journal_items import entry_in
from pinbill.store.subscription_items import subscription_in
from pinbill.store.table import Table
from pinbill.store.tails import carried
from pinbill.usecases.ports.webhooks import Histories, History


class DynamoHistories(Histories):
    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def read(self, partner: str, subscription_id: str, first: int, last: int | None, limit: int) -> History:
        item = self._table.get(keys.subscription(partner, subscription_id))
        if item is None:
            raise SubscriptionNotFound
        subscription = subscription_in(item)
        # All entries of this version have rows by now, but the one that the item may carry: who wrote the item over has
        # seen to that. Rows of later versions, which may be there already, are not of this snapshot.
        newest = min(last or subscription.seq, subscription.seq)
        entries = self._rows(partner, subscription_id, first, newest, limit)
        tail = carried(item)
        if tail and len(entries) < limit and newest == subscription.seq == first + len(entries):
            entries.append(entry_in(tail.row))
        return History(subscription, entries)

    def _rows(self, partner: str, id: str, first: int, last: int, limit: int) -> list[Entry]:
        if first > last:
            return []
        oldest, newest = keys.entry(partner, id, first), keys.entry(partner, id, last)
        bounds = {"pk": oldest["pk"], "oldest": oldest["sk"], "newest": newest["sk"]}
        rows = self._table.query("pk = :pk AND sk BETWEEN :oldest AND :newest", bounds, Limit=limit)
        return [entry_in(row) for row in islice(rows, limit)]
