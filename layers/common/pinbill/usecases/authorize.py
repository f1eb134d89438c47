"""Who is calling: from an API key to a partner."""

import hashlib
from dataclasses import dataclass

from pinbill.errors import Unauthenticated
from pinbill.usecases.ports import Catalog


@dataclass(frozen=True, slots=True)
class Authorize:
    catalog: Catalog

    def __call__(self, key: str | None) -> str:
        """The partner of a live key; raises Unauthenticated. Only the SHA-256 of a key is kept."""
        partner = self.catalog.partner_by_key(hash_key(key)) if key else None
        if partner is None:
            raise Unauthenticated
        return partner


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
