"""The SlotIndex port on DynamoDB: an index of renewals that no renewal rewrites."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.domain.slots import Cohort, Slot
from pinbill.domain.subscription import Timer
from pinbill.store import keys
from pinbill.store.items import time_in
from pinbill.store.table import Table
from pinbill.usecases.ports.due import SlotIndex, SlotRow


class DynamoSlotIndex(SlotIndex):
    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def cohorts(self, rail: RailName) -> Mapping[Cohort, datetime]:
        found = self._table.query("pk = :pk", {"pk": keys.cohorts_pk(rail)})
        return {keys.cohort_of({"pk": row["pk"], "sk": row["sk"]}): time_in(row["since"]) for row in found}

    @override
    def rows(self, cohort: Cohort, first: Slot, last: Slot, after: SlotRow | None, limit: int) -> Sequence[SlotRow]:
        begin = keys.slot_sk(after.slot, after.subscription_id) + keys.JUST_AFTER if after else ""
        begin, end = max(begin, keys.slot_position(first)), keys.slot_position(last) + keys.BEYOND
        if begin > end:  # which DynamoDB takes for an error
            return []
        found = self._table.query(
            "slot_pk = :pk AND slot_sk BETWEEN :first AND :last",
            {"pk": keys.slot_pk(cohort), "first": begin, "last": end},
            IndexName=keys.SLOT_INDEX,
            Limit=limit,
        )
        return [SlotRow(*keys.slot_of(row["slot_sk"])) for row in islice(found, limit)]

    @override
    def unbilled(self, partner: str, renewals: Mapping[str, datetime]) -> Sequence[str]:
        # By the half price of a reading that may be a moment old: what is asked about was handed out long before.
        found = self._table.get_many([keys.subscription(partner, id) for id in renewals], ("pk", "timers"))
        bills = {keys.partner_and_id(row["pk"])[1]: row["timers"].get(Timer.BILL) for row in found}
        return [id for id, at in renewals.items() if (bill := bills.get(id)) and time_in(bill) <= at]
