"""What is sold, and who may sell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinbill.domain.catalog import Plan, Service
    from pinbill.domain.partners import Partner, PartnerChange


class Catalog(Protocol):
    """Partners' services and plans; answers may be up to a minute old."""

    def plan(self, partner: str, id: str) -> Plan:
        """Raises PlanNotFound."""
        ...

    def service(self, partner: str, id: str) -> Service:
        """Raises ServiceNotFound."""
        ...

    def plans(self, partner: str) -> Sequence[Plan]: ...

    def service_by_callback(self, token_hash: str) -> Service | None: ...


class Partners(Protocol):
    """Who may use the API. Reads are consistent. Raises StoreUnavailable."""

    def partner(self, id: str) -> Partner:
        """Raises PartnerNotFound."""
        ...

    def all(self) -> Sequence[Partner]:
        """In the order of their ids."""
        ...

    def by_key(self, key_id: str) -> Partner | None:
        """Who has, or had, the key of this id."""
        ...

    def put(self, partner: Partner, change: PartnerChange, new_key: str | None = None) -> bool:
        """Write it as the version after its own, with who has changed it and, if there is one, the id of a new key.

        False when somebody else has written that version meanwhile, or a key has this id."""
        ...

    def changes(self, id: str) -> Sequence[PartnerChange]:
        """Oldest first."""
        ...
