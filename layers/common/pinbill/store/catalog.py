"""The Catalog port on DynamoDB, read through a cache of a minute."""

from collections.abc import Callable, Sequence
from typing import Any, override

from pinbill.domain.catalog import Plan, Service
from pinbill.errors import PlanNotFound, ServiceNotFound
from pinbill.store import keys
from pinbill.store.catalog_items import plan_in, service_in
from pinbill.store.table import Table
from pinbill.usecases.ports.catalog import Catalog

CACHE_SECONDS = 60.0


class DynamoCatalog(Catalog):
    """What was found is kept for a minute; what was not found is looked up again, so that guesses fill no memory."""

    def __init__(self, table: Table, monotonic: Callable[[], float]) -> None:
        self._table = table
        self._monotonic = monotonic
        self._kept: dict[tuple[str, ...], tuple[float, Any]] = {}

    @override
    def plan(self, partner: str, id: str) -> Plan:
        plan = self._cached(("plan", partner, id), lambda: self._plan(partner, id))
        if plan is None:
            raise PlanNotFound
        return plan

    @override
    def service(self, partner: str, id: str) -> Service:
        service = self._cached(("service", partner, id), lambda: self._service(partner, id))
        if service is None:
            raise ServiceNotFound
        return service

    @override
    def plans(self, partner: str) -> Sequence[Plan]:
        return self._cached(("plans", partner), lambda: self._plans(partner)) or []

    @override
    def service_by_callback(self, token_hash: str) -> Service | None:
        return self._cached(("callback", token_hash), lambda: self._service_by_callback(token_hash))

    def _cached[T](self, name: tuple[str, ...], read: Callable[[], T | None]) -> T | None:
        now = self._monotonic()
        kept = self._kept.get(name)
        if kept and now - kept[0] < CACHE_SECONDS:
            known: T = kept[1]
            return known
        fresh = read()
        if fresh is None:
            self._kept.pop(name, None)
        else:
            self._kept[name] = (now, fresh)
        return fresh

    def _plan(self, partner: str, id: str) -> Plan | None:
        item = self._table.get(keys.plan(partner, id)) if keys.NAME.fullmatch(id) else None
        return plan_in(item) if item else None

    def _service(self, partner: str, id: str) -> Service | None:
        item = self._table.get(keys.service(partner, id)) if keys.NAME.fullmatch(id) else None
        return service_in(item) if item else None

    def _plans(self, partner: str) -> Sequence[Plan]:
        rows = self._table.query(
            "pk = :pk AND begins_with(sk, :plan)", {"pk": keys.catalog_pk(partner), "plan": keys.PLAN}
        )
        return [plan_in(row) for row in rows]

    def _service_by_callback(self, token_hash: str) -> Service | None:
        row = self._table.get(keys.callback(token_hash))
        service = self._service(row["partner"], row["service"]) if row else None
        # A token that was replaced is void, even where its row is still there.
        return service if service and service.callback_hash == token_hash else None
