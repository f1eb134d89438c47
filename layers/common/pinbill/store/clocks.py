"""Clocks: the real one, and for test stages one that is ahead of it by an offset kept in the table."""

from datetime import UTC, datetime, timedelta
from typing import override

from pinbill.errors import InvalidInput
from pinbill.store import keys
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.table import Condition, Put, Table
from pinbill.usecases.ports.time_and_ids import Clock


class SystemClock(Clock):
    @override
    def now(self) -> datetime:
        return datetime.now(UTC)


class OffsetClock(Clock):
    """Now is the real time plus the table's `offset_s`, read at every look.

    Kept values would let the processes' clocks differ by days for a moment after a move: a worker whose clock is still
    the old one finds nothing due of what the dispatcher hands it, and the dispatcher does not hand it out again.
    """

    def __init__(self, table: Table, real: Clock) -> None:
        self._table = table
        self._real = real

    @override
    def now(self) -> datetime:
        return self._real.now() + timedelta(seconds=read_offset(self._table))


def read_offset(table: Table) -> int:
    """Seconds by which the test clock is ahead of the real time."""
    row = table.get(keys.clock())
    return int(row["offset_s"]) if row else 0


def set_offset(table: Table, seconds: int) -> None:
    """Move the test clock; raises InvalidInput for a move back, which would undo what has become due."""
    if seconds < 0:
        raise InvalidInput("The test clock is never behind the real time.")
    forward = Condition("attribute_not_exists(pk) OR #it <= :it", {"it": "offset_s"}, {"it": seconds})
    try:
        table.write([Put({**keys.clock(), "offset_s": seconds}, forward)], table.new_write_id())
    except ConditionFailed:
        raise InvalidInput("The test clock only moves forward.") from None
