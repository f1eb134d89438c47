"""The Partners port on DynamoDB: a partner is one item with its keys inside; nothing of it is kept in the process.

A key is looked up by its id, which leads to its partner; whether it opens anything is said by the partner's item alone.
"""

from collections.abc import Mapping, Sequence
from typing import override

from pinbill.domain.key_text import KEY_ID
from pinbill.domain.partners import PARTNER_ID, Partner, PartnerChange
from pinbill.errors import PartnerNotFound
from pinbill.store import keys
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.partner_items import VERSION, change_in, change_out, partner_in, partner_out
from pinbill.store.table import ABSENT, Action, Put, Table, equals
from pinbill.usecases.ports.catalog import Partners


class DynamoPartners(Partners):
    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def partner(self, id: str) -> Partner:
        row = self._table.get(keys.partner(id)) if PARTNER_ID.fullmatch(id) else None
        if row is None:
            raise PartnerNotFound
        return partner_in(row)

    def guards_of(self, id: str) -> Mapping[str, int]:
        """The partner's own figures of the guards of PINs."""
        row = self._table.get(keys.partner(id)) if PARTNER_ID.fullmatch(id) else None
        return partner_in(row).guards if row else {}

    @override
    def all(self) -> Sequence[Partner]:
        rows = self._table.query("pk = :pk", {"pk": keys.PARTNERS})
        return [self.partner(row["sk"]) for row in rows]

    @override
    def by_key(self, key_id: str) -> Partner | None:
        row = self._table.get(keys.api_key(key_id)) if KEY_ID.fullmatch(key_id) else None
        return self.partner(row["partner"]) if row else None

    @override
    def put(self, partner: Partner, change: PartnerChange, new_key: str | None = None) -> bool:
        condition = equals(VERSION, partner.version) if partner.version else ABSENT
        actions: list[Action] = [Put(partner_out(partner), condition), Put(change_out(partner, change))]
        if not partner.version:
            actions.append(Put(keys.partner_listed(partner.id)))
        if new_key is not None:
            actions.append(Put({**keys.api_key(new_key), "partner": partner.id}, ABSENT))
        try:
            self._table.write(actions, self._table.new_write_id())
        except ConditionFailed:
            return False
        return True

    @override
    def changes(self, id: str) -> Sequence[PartnerChange]:
        where = {"pk": keys.catalog_pk(id), "change": keys.PARTNER_CHANGE}
        return [change_in(row) for row in self._table.query("pk = :pk AND begins_with(sk, :change)", where)]
