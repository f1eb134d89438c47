"""The Partners port in memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import override

from pinbill.domain.partners import Partner, PartnerChange
from pinbill.errors import PartnerNotFound
from pinbill.usecases.ports.catalog import Partners


class InMemoryPartners(Partners):
    def __init__(self) -> None:
        self._partners: dict[str, Partner] = {}
        self._keys: dict[str, str] = {}
        self._changes: dict[str, list[PartnerChange]] = {}

    @override
    def partner(self, id: str) -> Partner:
        if id not in self._partners:
            raise PartnerNotFound
        return self._partners[id]

    @override
    def all(self) -> Sequence[Partner]:
        return [partner for _, partner in sorted(self._partners.items())]

    @override
    def by_key(self, key_id: str) -> Partner | None:
        return self._partners[self._keys[key_id]] if key_id in self._keys else None

    @override
    def put(self, partner: Partner, change: PartnerChange, new_key: str | None = None) -> bool:
        stored = self._partners.get(partner.id)
        if (stored.version if stored else 0) != partner.version or new_key in self._keys:
            return False
        self._partners[partner.id] = replace(partner, version=partner.version + 1)
        self._changes.setdefault(partner.id, []).append(change)
        if new_key is not None:
            self._keys[new_key] = partner.id
        return True

    @override
    def changes(self, id: str) -> Sequence[PartnerChange]:
        return list(self._changes.get(id, []))
