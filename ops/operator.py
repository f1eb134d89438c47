"""What an operator may do to the catalog and its keys."""

import re
import secrets
from dataclasses import replace
from pathlib import Path

from ops.catalog_file import PARTNER, read_catalog
from pinbill.domain.catalog import RailName, Service
from pinbill.errors import CatalogInvalid, NotFound, ServiceNotFound
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.table import Table
from pinbill.usecases.authorize import hash_key

KEY_PREFIX = "pinbill_"
SECRET_BYTES = 24


class Operator:
    """Acts on one table. Keys and callback tokens are stored as SHA-256 only and shown once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._writer = CatalogWriter(table)

    def apply(self, path: Path) -> list[str]:
        """Write a catalog file; nothing is written when anything in it is wrong. Raises CatalogInvalid."""
        catalog = read_catalog(path)
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

    def create_key(self, partner: str) -> str:
        """A new API key of the partner."""
        if not re.fullmatch(PARTNER, partner):
            raise CatalogInvalid("A partner's name is 2 to 16 lower-case letters and digits.")
        key = KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        self._writer.put_api_key(partner, hash_key(key))
        return key

    def revoke_key(self, key: str) -> None:
        """Let a key work no more. Raises NotFound for one that never did: a slip must not look like a revocation."""
        if self._catalog().partner_by_key(hash_key(key)) is None:
            raise NotFound("There is no such API key; nothing was revoked.")
        self._writer.revoke_api_key(hash_key(key))

    def create_callback(self, partner: str, service_id: str) -> str:
        """The path below the API's address that this service's provider is to call."""
        service = self._service(partner, service_id)
        if service is None:
            raise ServiceNotFound
        token = secrets.token_urlsafe(SECRET_BYTES)
        self._writer.put_service(replace(service, callback_hash=hash_key(token)))
        rail = "infomedia" if service.rail is RailName.INFOMEDIA else "signzy"
        return f"/v1/callbacks/{rail}/{token}"

    def _service(self, partner: str, id: str) -> Service | None:
        try:
            return self._catalog().service(partner, id)
        except ServiceNotFound:
            return None

    def _catalog(self) -> DynamoCatalog:
        """A new one for each look: what is written back must not be as old as a cache."""
        return DynamoCatalog(self._table, lambda: 0.0)
