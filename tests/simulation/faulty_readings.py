"""The ports that are only read, but for cursors, with a fault possible at every call."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from pinbill.domain.catalog import Plan, RailName, Service
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports import Catalog, DueIndex, DueRow, OpenOutcomes, Page, Reading
from tests.simulation.faults import Fault, Port
from tests.simulation.scheduler import Crash, Scheduler


def fail_or_go_on(fault: Fault | None) -> None:
    """The faults of a call that changes nothing."""
    if fault is None:
        return
    raise Crash if fault is Fault.CRASH else StoreUnavailable


class FaultyCatalog(Catalog):
    """The Catalog port."""

    def __init__(self, inner: Catalog, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    @override
    def plan(self, partner: str, id: str) -> Plan:
        fail_or_go_on(self._scheduler.step(Port.CATALOG, "read plan"))
        return self._inner.plan(partner, id)

    @override
    def service(self, partner: str, id: str) -> Service:
        fail_or_go_on(self._scheduler.step(Port.CATALOG, "read service"))
        return self._inner.service(partner, id)

    @override
    def plans(self, partner: str) -> Sequence[Plan]:
        return self._inner.plans(partner)

    @override
    def service_by_callback(self, token_hash: str) -> Service | None:
        return self._inner.service_by_callback(token_hash)

    @override
    def partner_by_key(self, key_hash: str) -> str | None:
        return self._inner.partner_by_key(key_hash)


class FaultyDueIndex(DueIndex):
    """The DueIndex port."""

    def __init__(self, inner: DueIndex, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler
        self.shards = inner.shards

    @override
    def rows(self, rail: RailName, shard: int, after: str | None, until: datetime, limit: int) -> Sequence[DueRow]:
        fault = self._scheduler.step(Port.INDEX, f"read due rows of {rail} {shard}")
        if fault is Fault.INDEX_LAGS:
            return []
        fail_or_go_on(fault)
        return self._inner.rows(rail, shard, after, until, limit)

    @override
    def position(self, at: datetime) -> str:
        return self._inner.position(at)

    @override
    def cursor(self, reading: Reading, rail: RailName, shard: int) -> str | None:
        fail_or_go_on(self._scheduler.step(Port.READ, f"read cursor of {reading} {rail} {shard}"))
        return self._inner.cursor(reading, rail, shard)

    @override
    def save_cursor(self, reading: Reading, rail: RailName, shard: int, position: str | None) -> None:
        match fault := self._scheduler.step(Port.CURSOR, f"save cursor of {reading} {rail} {shard}"):
            case None:
                self._inner.save_cursor(reading, rail, shard, position)
            case Fault.AMBIGUOUS | Fault.CRASH_AFTER:
                self._inner.save_cursor(reading, rail, shard, position)
                raise StoreUnavailable if fault is Fault.AMBIGUOUS else Crash
            case _:
                fail_or_go_on(fault)


class FaultyOpenOutcomes(OpenOutcomes):
    """The OpenOutcomes port."""

    def __init__(self, inner: OpenOutcomes, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    @override
    def rows(self, rail: RailName, limit: int, cursor: str | None) -> Page[tuple[str, str]]:
        fault = self._scheduler.step(Port.INDEX, f"read open outcomes of {rail}")
        if fault is Fault.INDEX_LAGS:
            return Page([])
        fail_or_go_on(fault)
        return self._inner.rows(rail, limit, cursor)
