"""The DueIndex port on DynamoDB: a sparse index over the subscriptions that wait for a time."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.domain.subscription import Timer
from pinbill.store import keys
from pinbill.store.table import Table
from pinbill.usecases.ports.due import DueIndex, DueRow


class DynamoDueIndex(DueIndex):
    """Readings follow the table with a delay, as every global index does."""

    def __init__(self, table: Table, shards: int) -> None:
        self._table = table
        self.shards = shards

    @override
    def rows(
        self, rail: RailName, partner: str, shard: int, after: str | None, until: datetime, limit: int
    ) -> Sequence[DueRow]:
        first, last = keys.due_bounds(after, until)
        if first > last:  # which DynamoDB takes for an error
            return []
        found = self._table.query(
            "due_pk = :pk AND due_sk BETWEEN :first AND :last",
            {"pk": keys.due_pk(rail, partner, shard), "first": first, "last": last},
            IndexName=keys.DUE_INDEX,
            Limit=limit,
        )
        return [
            DueRow(
                keys.due_time(row["due_sk"]),
                *keys.partner_and_id(row["pk"]),
                row["plan"],
                Timer(row["due_kind"]),
                row["due_sk"],
            )
            for row in islice(found, limit)
        ]

    @override
    def position(self, at: datetime) -> str:
        return keys.due_position(at)
