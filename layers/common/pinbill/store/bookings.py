"""The Bookings port on DynamoDB: one row a rail."""

from datetime import datetime
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.store import keys
from pinbill.store.items import time_in, time_out
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.table import ABSENT, Put, Table, equals
from pinbill.usecases.ports.billing import Bookings

FREE = "free_from"


class DynamoBookings(Bookings):
    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def free_from(self, rail: RailName) -> datetime | None:
        row = self._table.get(keys.bookings(rail))
        return time_in(row[FREE]) if row else None

    @override
    def book(self, rail: RailName, free: datetime | None, then: datetime) -> bool:
        row = {**keys.bookings(rail), FREE: time_out(then)}
        condition = ABSENT if free is None else equals(FREE, time_out(free))
        try:
            self._table.write([Put(row, condition)], self._table.new_write_id())
        except ConditionFailed:
            return False
        return True
