"""The Catalog port in memory, with the writer's methods beside the reader's."""

from collections.abc import Sequence
from typing import override

from pinbill.domain.catalog import Plan, Service
from pinbill.errors import PlanNotFound, ServiceNotFound
from pinbill.usecases.ports.catalog import Catalog


class InMemoryCatalog(Catalog):
    def __init__(self) -> None:
        self._plans: dict[tuple[str, str], Plan] = {}
        self._services: dict[tuple[str, str], Service] = {}

    @override
    def plan(self, partner: str, id: str) -> Plan:
        if (partner, id) not in self._plans:
            raise PlanNotFound
        return self._plans[partner, id]

    @override
    def service(self, partner: str, id: str) -> Service:
        if (partner, id) not in self._services:
            raise ServiceNotFound
        return self._services[partner, id]

    @override
    def plans(self, partner: str) -> Sequence[Plan]:
        return [plan for (owner, _), plan in sorted(self._plans.items(), key=lambda row: row[0]) if owner == partner]

    @override
    def service_by_callback(self, token_hash: str) -> Service | None:
        return next((found for found in self._services.values() if found.callback_hash == token_hash), None)

    def put_service(self, service: Service) -> None:
        self._services[service.partner, service.id] = service

    def put_plan(self, plan: Plan) -> None:
        self._plans[plan.partner, plan.id] = plan
