"""The ports that are only read, with a fault possible at every call."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from pinbill.domain.catalog import Plan, RailName, Service
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.due import OpenOutcomes
from pinbill.usecases.ports.store import Page
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


class FaultyOpenOutcomes(OpenOutcomes):
    """The OpenOutcomes port."""

    def __init__(self, inner: OpenOutcomes, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    @override
    def rows(self, rail: RailName, limit: int, cursor: str | None) -> Page[tuple[str, str, datetime]]:
        fault = self._scheduler.step(Port.INDEX, "read open outcomes of", rail)
        if fault is Fault.INDEX_LAGS:
            return Page([])
        fail_or_go_on(fault)
        return self._inner.rows(rail, limit, cursor)
