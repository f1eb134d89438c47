"""DynamoDB's read and write units of the requests to an in-memory DynamoDB, by the rules of its Developer Guide.

A write unit is begun for each KB of the larger of the rows before and after; a transaction costs it twice; a condition
that fails costs what a write of the stored row would. A global index costs a unit for each begun KB of the projected
row that appears, goes or changes in it, so two where the key changes, and none where nothing projected does. A read
unit is begun for each 4 KB of all rows that one query looks at, or of each single row; half of it where the reading
need not be consistent. Throttled and lost requests are what the table saw of them.
"""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import override

from tests.fakes.dynamodb_expressions import Item
from tests.fakes.dynamodb_meter import Meter
from tests.fakes.dynamodb_rows import Index
from tests.fakes.dynamodb_sizes import item_size
from tests.fakes.dynamodb_writes import Write

WRITE_UNIT, READ_UNIT = 1024, 4096  # bytes
IN_A_TRANSACTION, NOT_CONSISTENT = 2, 0.5
PARTNERS = "P"  # begins the keys of what belongs to a partner


@dataclass(frozen=True, slots=True)
class Spent:
    """Units by what they were spent on: a partner's row by the beginning of its sort key, another by that of its
    partition key, an index, a batch."""

    writes: Mapping[str, float]
    reads: Mapping[str, float]

    @property
    def write_units(self) -> float:
        return sum(self.writes.values())

    @property
    def read_units(self) -> float:
        return sum(self.reads.values())


class Units(Meter):
    """Give it to an InMemoryDynamoDB as its meter."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writes: dict[str, float] = defaultdict(float)
        self._reads: dict[str, float] = defaultdict(float)

    def spent(self) -> Spent:
        """What was spent since the last call of this."""
        with self._lock:
            spent = Spent(dict(self._writes), dict(self._reads))
            self._writes.clear()
            self._reads.clear()
        return spent

    @override
    def read(self, rows: Sequence[Item], index: str | None, *, consistent: bool) -> None:
        units = _begun(sum(map(item_size, rows)), READ_UNIT)
        what = f"index {index}" if index else _kind(rows[0]["pk"]["S"], rows[0]["sk"]["S"]) if rows else "nothing"
        self._spend(self._reads, what, units if consistent else units * NOT_CONSISTENT)

    @override
    def read_batch(self, rows: Sequence[Item]) -> None:
        self._spend(self._reads, "batch", NOT_CONSISTENT * sum(_begun(item_size(row), READ_UNIT) for row in rows))

    @override
    def write(self, writes: Sequence[Write], *, together: bool, applied: bool) -> None:
        for write in writes:
            before, after = write.stored, (write.item or {}) if applied else write.stored
            units = _begun(max(item_size(before), item_size(after)), WRITE_UNIT)
            self._spend(self._writes, _kind(*write.place), units * (IN_A_TRANSACTION if together else 1))
            for index in write.table.indexes.values():
                self._spend(self._writes, f"index {index.name}", _index_units(index, before, after))

    @override
    def repeat(self, rows: Sequence[Item]) -> None:
        units = IN_A_TRANSACTION * sum(_begun(item_size(row), READ_UNIT) for row in rows)
        self._spend(self._reads, "repeat", units)

    def _spend(self, of: dict[str, float], what: str, units: float) -> None:
        if units:
            with self._lock:
                of[what] += units


def _kind(partition_key: str, sort_key: str) -> str:
    owner = partition_key.partition("#")[0]
    return sort_key.partition("#")[0] if owner == PARTNERS else owner


def _begun(size: int, unit: int) -> int:
    """How many units are begun; a row that is not there costs one."""
    return max(1, -(-size // unit))


def _index_units(index: Index, before: Item, after: Item) -> int:
    was, is_ = index.row_of(before), index.row_of(after)
    if was == is_:
        return 0
    if was and is_ and all(was[name] == is_[name] for name in index.key):
        return _begun(max(item_size(was), item_size(is_)), WRITE_UNIT)
    return sum(_begun(item_size(row), WRITE_UNIT) for row in (was, is_) if row)
