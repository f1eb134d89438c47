"""The Stops port on DynamoDB: one partition, read as a whole."""

from collections.abc import Callable, Sequence
from typing import override

from pinbill.domain.stops import Scope, Stop
from pinbill.store import keys
from pinbill.store.items import time_in, time_out
from pinbill.store.table import Delete, Put, Table
from pinbill.usecases.ports.billing import Stops

# For so long a process may not know of a new stop, or of its end.
KNOWN_SECONDS = 5.0


class DynamoStops(Stops):
    """`monotonic` tells how old the last reading is, in seconds."""

    def __init__(self, table: Table, monotonic: Callable[[], float]) -> None:
        self._table = table
        self._monotonic = monotonic
        self._known: tuple[float, Sequence[Stop]] | None = None

    @override
    def standing(self) -> Sequence[Stop]:
        now = self._monotonic()
        if self._known is None or now - self._known[0] >= KNOWN_SECONDS:
            rows = self._table.query("pk = :pk", {"pk": keys.STOPS})
            found = [Stop(Scope.parse(row["sk"]), row["by"], row["because"], time_in(row["at"])) for row in rows]
            self._known = now, found
        return self._known[1]

    @override
    def put(self, stop: Stop) -> None:
        row = {**keys.stop(stop.scope), "by": stop.by, "because": stop.because, "at": time_out(stop.at)}
        self._table.write([Put(row)], self._table.new_write_id())
        self._known = None

    @override
    def lift(self, scope: Scope) -> None:
        self._table.write([Delete(keys.stop(scope))], self._table.new_write_id())
        self._known = None
