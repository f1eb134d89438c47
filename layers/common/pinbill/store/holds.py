"""The rows by which a live subscription holds its number and its mandate, so that no other one gets them."""

from datetime import datetime

from pinbill.domain.subscription import Subscription
from pinbill.errors import MandateInUse
from pinbill.store import keys
from pinbill.store.items import time_out
from pinbill.store.keys import Key
from pinbill.store.table import Condition, Table

HOLDER = "subscription"  # the id of the subscription that it is taken by
FREE_AT = "free_at"  # of a mandate's row: its holder uses it no more, and from then on another one may


def number_key(subscription: Subscription) -> Key:
    """Of the row that says "taken" while the subscription lives."""
    return keys.number(subscription.partner, subscription.fingerprint, subscription.plan_id)


def mandate_key(subscription: Subscription) -> Key:
    """Of the row that says "taken" until the subscription's last payment is known and the mandate has rested."""
    mandate = subscription.mandate
    assert mandate is not None  # asked for only with one
    if mandate.fingerprint or not isinstance(mandate.reference, str):
        return keys.mandate(subscription.partner, mandate.fingerprint)
    return keys.plain_mandate(subscription.partner, mandate.reference)


def free_at(now: datetime) -> Condition:
    return Condition("attribute_not_exists(pk) OR #free <= :now", {"free": FREE_AT}, {"now": time_out(now)})


def require_free(table: Table, subscription: Subscription) -> None:
    """Raises MandateInUse where a row of the earlier form holds a new subscription's mandate: none is written anew."""
    mandate = subscription.mandate
    if mandate is None or not isinstance(mandate.reference, str):
        return
    row = table.get(keys.plain_mandate(subscription.partner, mandate.reference))
    if row is not None and not (FREE_AT in row and row[FREE_AT] <= time_out(subscription.created_at)):
        raise MandateInUse(str(row[HOLDER]))
