"""The Bookmarks port on DynamoDB: one partition a reading and rail, so that one query finds them all."""

from collections.abc import Mapping
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.store import keys
from pinbill.store.table import Delete, Put, Table
from pinbill.usecases.ports.due import Bookmarks, Reading


class DynamoBookmarks(Bookmarks):
    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def all(self, reading: Reading, rail: RailName) -> Mapping[str, str]:
        rows = self._table.query("pk = :pk", {"pk": keys.bookmarks_pk(reading, rail)})
        return {row["sk"]: row["position"] for row in rows}

    @override
    def save(self, reading: Reading, rail: RailName, stream: str, position: str | None) -> None:
        # Without a condition: of two runs at once either position is good, since what is read twice is claimed once.
        key = keys.bookmark(reading, rail, stream)
        write = Delete(key) if position is None else Put({**key, "position": position})
        self._table.write([write], self._table.new_write_id())
