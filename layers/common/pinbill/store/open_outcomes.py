"""The OpenOutcomes port on DynamoDB: a sparse index over the subscriptions with an outcome that nobody knows."""

from datetime import datetime
from itertools import islice
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.store import keys
from pinbill.store.table import Table
from pinbill.usecases.ports.due import OpenOutcomes
from pinbill.usecases.ports.store import Page


class DynamoOpenOutcomes(OpenOutcomes):
    """Readings follow the table with a delay, as every global index does. A cursor is the last row's sort key."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def rows(self, rail: RailName, limit: int, cursor: str | None) -> Page[tuple[str, str, datetime]]:
        found = list(
            islice(
                self._table.query(
                    "open_pk = :pk AND open_sk > :after",
                    {"pk": keys.open_pk(rail), "after": cursor or keys.JUST_AFTER},
                    IndexName=keys.OPEN_INDEX,
                    Limit=limit + 1,
                ),
                limit + 1,
            )
        )
        more = found[limit - 1]["open_sk"] if len(found) > limit else None
        listed = [(*keys.partner_and_id(row["pk"]), keys.due_time(row["open_sk"])) for row in found[:limit]]
        return Page(listed, more)
