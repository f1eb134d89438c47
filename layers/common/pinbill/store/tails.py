"""The newest journal entry of a subscription, which its own item carries until the entry's row is there.

A transaction over both would cost twice the write units of two lone writes, for every renewal. So the entry is written
inside the item, which is all-or-nothing, and its row follows. Whoever reads an item whose entry has no row yet knows
the entry all the same, and writes that row before it writes the item over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pinbill.errors import Misconfigured, StoreUnavailable
from pinbill.store import keys
from pinbill.store.items import Item
from pinbill.store.keys import Key
from pinbill.store.table import Put, Table

LAST = "last"  # of a subscription's item: the entry that was written with it, without its key
OPEN = "open"  # in the place of its attempt: the one that is open
# Of a subscription's item: how many entries its last write made, all with rows of their own. By this and the one above
# the table's stream tells a write that made entries from one that made none.
MADE = "made"


@dataclass(frozen=True, slots=True)
class Tail:
    """An entry that may have no row yet. The row bears the stamp of the write that made the entry."""

    version: int  # of the subscription that carries it
    row: Item
    write_id: str

    @property
    def place(self) -> tuple[str, int]:
        return self.row["pk"], self.version


def carried(item: Mapping[str, Any]) -> Tail | None:
    """The entry inside a subscription's item; None when its last write made none, or wrote its rows itself."""
    last = item.get(LAST)
    if last is None:
        return None
    key = keys.entry(*keys.partner_and_id(item["pk"]), int(last["seq"]))
    row = {**key, **last}
    if row.get("attempt") == OPEN:
        row["attempt"] = item["attempt"]
    return Tail(int(item["version"]), row, item["write_id"])


def carrying(item: Item, entry: Item) -> Item:
    """The item with this entry inside; an attempt of both is there once."""
    last = {name: value for name, value in entry.items() if name not in ("pk", "sk")}
    if "attempt" in last and last["attempt"] == item.get("attempt"):
        last["attempt"] = OPEN
    return {**item, LAST: last}


def announcing(item: Item, entries: int) -> Item:
    """The item of a write that makes so many entries beside it."""
    return {**item, MADE: entries} if entries else item


class Tails:
    """What this process knows to be without a row."""

    def __init__(self, table: Table) -> None:
        self._table = table
        # By the key and version of the subscription: threads may hold different versions of one.
        self._known: dict[tuple[str, int], Tail] = {}

    def met(self, item: Mapping[str, Any], newest: Mapping[str, Any] | None) -> None:
        """A subscription's item was read; `newest` is the newest row of its journal, None when that is not known."""
        tail = carried(item)
        if tail is None:
            return
        if newest is not None and newest["sk"] >= tail.row["sk"]:
            self._known.pop(tail.place, None)
        else:
            self._known[tail.place] = tail

    def settle(self, key: Key, version: int) -> None:
        """Write the row that is missing, before this version of the item is written over. Raises StoreUnavailable."""
        tail = self._known.get((key["pk"], version))
        if tail is not None:
            self._put(tail)
            self._known.pop(tail.place, None)

    def follow(self, tail: Tail) -> None:
        """Write the row of an entry whose item has just been written; if that fails it is still to be written."""
        try:
            self._put(tail)
        except (StoreUnavailable, Misconfigured):  # credentials may end between two calls
            self._known[tail.place] = tail

    def _put(self, tail: Tail) -> None:
        # Without a condition: only the write that has this version's item makes this entry, and always the same one.
        self._table.write([Put(tail.row)], tail.write_id)
