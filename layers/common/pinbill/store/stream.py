"""What the table's stream tells of a subscription: a change, and the journal entries that it made."""

from collections.abc import Mapping
from typing import Any

from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from pinbill.store import keys
from pinbill.store.items import from_wire
from pinbill.store.journal_items import entry_in
from pinbill.store.subscription_items import subscription_in
from pinbill.store.tails import MADE, carried
from pinbill.usecases.feeding import Recorded


def recorded(image: Mapping[str, Any]) -> Recorded | None:
    """Of a row's new image, as the stream has it; None for a row or a write that made no entry.

    Raises what a row of another form makes it raise; what is only read for the event itself is read later.
    """
    item = from_wire(image)
    if item["sk"] != keys.SUBSCRIPTION:
        return None
    tail = carried(item)
    made = 1 if tail else int(item.get(MADE, 0))
    if not made:
        return None
    partner, id = keys.partner_and_id(item["pk"])
    last = int(item["seq"])

    def read() -> tuple[Subscription, Entry | None]:
        return subscription_in(item), entry_in(tail.row) if tail else None

    return Recorded(partner, id, item["service"], last - made + 1, last, read)
