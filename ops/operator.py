"""What an operator may do to the catalog."""

import secrets
from dataclasses import replace
from pathlib import Path

from ops.catalog_file import CatalogFile, read_catalog
from pinbill.domain.catalog import RailName, Service
from pinbill.domain.key_text import digest
from pinbill.errors import CatalogInvalid, PartnerNotFound, ServiceNotFound
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table

SECRET_BYTES = 24


class Operator:
    """Acts on one table. Callback tokens are stored as SHA-256 only and shown once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._writer = CatalogWriter(table)

    def apply(self, path: Path) -> list[str]:
        """Write a catalog file; nothing is written when anything in it is wrong. Raises CatalogInvalid."""
        catalog = read_catalog(path)
        self._check_partners(catalog)
        said = []
        for entry in catalog.services:
            service = entry.service()
            earlier = self._service(service.partner, service.id)
            self._writer.put_service(replace(service, callback_hash=earlier.callback_hash if earlier else None))
            said.append(f"service {service.partner}/{service.id}: {service.rail}")
        for plan in catalog.domain_plans():
            self._writer.put_plan(plan)
            every = f"{plan.recurrence.count} {plan.recurrence.unit}"
            said.append(f"plan {plan.partner}/{plan.id}: {plan.price} every {every} ({plan.zone})")
        return said

    def create_callback(self, partner: str, service_id: str) -> str:
        """The path below the API's address that this service's provider is to call."""
        service = self._service(partner, service_id)
        if service is None:
            raise ServiceNotFound
        token = secrets.token_urlsafe(SECRET_BYTES)
        self._writer.put_service(replace(service, callback_hash=digest(token)))
        rail = "infomedia" if service.rail is RailName.INFOMEDIA else "signzy"
        return f"/v1/callbacks/{rail}/{token}"

    def _check_partners(self, catalog: CatalogFile) -> None:
        """Raises CatalogInvalid for a partner that is not there: a slip must not become a second company."""
        partners = DynamoPartners(self._table)
        named = {service.partner for service in catalog.services} | {plan.partner for plan in catalog.plans}
        for id in sorted(named):
            try:
                partners.partner(id)
            except PartnerNotFound:
                make = f"partner create {id} --name NAME --by YOU"
                raise CatalogInvalid(f"There is no partner {id}; nothing was written. Make it first: {make}.") from None

    def _service(self, partner: str, id: str) -> Service | None:
        try:
            return self._catalog().service(partner, id)
        except ServiceNotFound:
            return None

    def _catalog(self) -> DynamoCatalog:
        """A new one for each look: what is written back must not be as old as a cache."""
        return DynamoCatalog(self._table, lambda: 0.0)
