"""The Catalog port in memory, with the writer's methods beside the reader's."""

from collections.abc import Sequence
from typing import override

from pinbill.domain.catalog import Plan, Service
from pinbill.errors import PlanNotFound, ServiceNotFound
from pinbill.usecases.ports import Catalog


class InMemoryCatalog(Catalog):
    def __init__(self) -> None:
        self._plans: dict[tuple[str, str], Plan] = {}
        self._services: dict[tuple[str, str], Service] = {}
        self._api_keys: dict[str, str] = {}

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

    @override
    def partner_by_key(self, key_hash: str) -> str | None:
        return self._api_keys.get(key_hash)

    def put_service(self, service: Service) -> None:
        self._services[service.partner, service.id] = service

    def put_plan(self, plan: Plan) -> None:
        self._plans[plan.partner, plan.id] = plan

    def put_api_key(self, partner: str, key_hash: str) -> None:
        self._api_keys[key_hash] = partner

    def revoke_api_key(self, key_hash: str) -> None:
        self._api_keys.pop(key_hash, None)
