"""Journal entries and on-demand charges as items, and back."""

from collections.abc import Mapping
from typing import Any

from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.states import State
from pinbill.store import keys
from pinbill.store.items import (
    Item,
    attempt_in,
    attempt_out,
    money_in,
    money_out,
    present,
    time_in,
    time_out,
)


def entry_out(partner: str, id: str, entry: Entry) -> Item:
    return present(
        {
            **keys.entry(partner, id, entry.seq),
            "seq": entry.seq,
            "at": time_out(entry.at),
            "kind": entry.kind.value,
            "state": entry.state.value,
            "attempt": attempt_out(entry.attempt) if entry.attempt else None,
            "detail": dict(entry.detail) or None,
        }
    )


def entry_in(item: Mapping[str, Any]) -> Entry:
    return Entry(
        seq=int(item["seq"]),
        at=time_in(item["at"]),
        kind=EntryKind(item["kind"]),
        state=State(item["state"]),
        attempt=attempt_in(item["attempt"]) if "attempt" in item else None,
        detail=item.get("detail", {}),
    )


def charge_out(partner: str, id: str, charge: Charge) -> Item:
    return {
        **keys.charge(partner, id, charge.key),
        "key": charge.key,
        "body": charge.body,
        "amount": money_out(charge.amount),
        "description": charge.description,
        "created_at": time_out(charge.created_at),
        "attempt": attempt_out(charge.attempt),
        "tries": charge.tries,
        "revision": charge.revision,
    }


def charge_in(item: Mapping[str, Any]) -> Charge:
    return Charge(
        key=item["key"],
        body=item["body"],
        amount=money_in(item["amount"]),
        description=item["description"],
        created_at=time_in(item["created_at"]),
        attempt=attempt_in(item["attempt"]),
        tries=int(item["tries"]),
        revision=int(item["revision"]),
    )
