"""Everything that is held of one person, as one document: the answer to an access request (GDPR, article 15)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Any

from ops.person import Registry
from ops.table_scan import read_again
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.sealed import Sealed
from pinbill.domain.subscription import Subscription
from pinbill.store import keys
from pinbill.store.items import Item
from pinbill.store.journal_items import charge_in
from pinbill.store.request_items import remembered_in
from pinbill.usecases.calls import Identity

HELD_ELSEWHERE = (
    "Counts of requests and of PINs, under a keyed hash of the number, go by themselves after a day or some weeks.",
    "Logs hold ids of subscriptions and no number; they go after the stack's LogRetentionInDays.",
    "The request by which a partner subscribed is remembered by keyed hashes and the subscription's id.",
    "The log of webhook deliveries holds ids of subscriptions and no number; it goes after 30 days.",
    "Backups hold what is above as it was in the last 35 days, numbers and mandates sealed.",
    "The payment provider and the partner hold data of their own; ask them.",
)


def document(
    registry: Registry, msisdn: Msisdn, found: Sequence[Subscription], by: str, because: str
) -> dict[str, Any]:
    """Raises IdentityUnreadable, StoreUnavailable: half of what is held is no answer."""
    return {
        "made_at": registry.clock.now().isoformat(),
        "made_by": by,
        "because": because,
        "number": msisdn.e164,
        "subscriptions": [_held(registry, each) for each in found],
        "held_elsewhere": list(HELD_ELSEWHERE),
    }


def _held(registry: Registry, subscription: Subscription) -> dict[str, Any]:
    account = read_again(registry.store, subscription.partner, subscription.id)
    pk = keys.subscription_pk(subscription.partner, subscription.id)

    def rows(kind: str) -> Iterator[Item]:
        return registry.table.query("pk = :pk AND begins_with(sk, :kind)", {"pk": pk, "kind": kind})

    return {
        **_in_the_clear(account.subscription, registry.store.identity(account.subscription)),
        "journal": [plain(entry) for entry in account.entries],
        "charges": [plain(charge_in(row)) for row in rows(keys.CHARGE)],
        "requests": [plain(remembered_in(row)) for row in rows(keys.REQUEST)],
    }


def _in_the_clear(subscription: Subscription, identity: Identity) -> dict[str, Any]:
    found: dict[str, Any] = plain(subscription)
    found["msisdn"] = identity.msisdn.e164
    if found["mandate"] is not None:
        found["mandate"]["reference"] = identity.mandate
    return found


def plain(value: Any) -> Any:
    """As JSON has it, with every field that there is: what is added to a record is in the next export."""
    match value:
        case Money():
            return {"amount": str(value.major), "currency": value.currency}
        case Msisdn() | Sealed():
            return str(value)
        case datetime() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Enum():
            return value.value
        case Mapping():
            return {str(plain(name)): plain(held) for name, held in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value if value is None or isinstance(value, int | str) else str(value)
