"""The keys of single subscriptions: in a table of their own that no backup holds, wrapped by a wrapping key.

Erasing one makes what is sealed by it unreadable wherever it lies: in the table, its backups, its stream, an export.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pinbill.errors import IdentityUnreadable, Misconfigured, StoreUnavailable, SubscriberErased
from pinbill.store.items import Item
from pinbill.store.keys import Key, partner_and_id, subscription_pk
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.sealing import new_key, seal, unseal
from pinbill.store.table import ABSENT, Put, Table, equals
from pinbill.store.wrapping_keys import WrappingKeys

KEY = "KEY"
NUMBER_INDEX = "numbers"
# Seconds for which a process keeps a row: one that was read ahead until its group is over, one that was used for the
# steps of one operation. Rows are as they are stored, wrapped.
READ_AHEAD, USED, MOST_KEPT = 900.0, 60.0, 4096
ATTRIBUTES = ("pk", "sealed", "wrapper", "erased")

type Place = tuple[str, str]  # partner, subscription id


@dataclass(frozen=True, slots=True)
class Fresh:
    """A key that was just made, and the row that keeps it: to be written with the subscription."""

    key: bytes
    row: Put


class DataKeys:
    """May be shared by threads. Raises StoreUnavailable while keys cannot be had."""

    def __init__(self, table: Table, wrapping: WrappingKeys, steady: Callable[[], float] = time.monotonic) -> None:
        self._table, self._wrapping, self._steady = table, wrapping, steady
        self._kept: OrderedDict[Place, tuple[Item, float]] = OrderedDict()
        self._lock = threading.Lock()

    def fresh(self, place: Place, fingerprint: str) -> Fresh:
        key = new_key()
        return Fresh(key, Put(self.row(place, key, fingerprint), ABSENT, self._table.name))

    def row(self, place: Place, key: bytes, fingerprint: str) -> Item:
        """As it is kept, wrapped by the newest wrapping key."""
        id, wrapping = self._wrapping.newest()
        return {**_place(place), "sealed": seal(wrapping, key, _bound(place, id)), "wrapper": id, "fp": fingerprint}

    def key(self, place: Place) -> bytes:
        """Raises SubscriberErased; IdentityUnreadable where there is no key, or one that does not open."""
        row = self._taken(place) or self._table.get(_place(place))
        if row is None:
            raise IdentityUnreadable("There is no key of this subscription.")
        if "sealed" not in row:
            raise SubscriberErased
        self._keep([(place, row)], USED)
        return self._unwrapped(place, row)

    def expect(self, places: Sequence[Place]) -> None:
        """Read these ahead, a hundred at a time, at half the price. Raises nothing: who needs one asks again."""
        with suppress(StoreUnavailable, Misconfigured):
            rows = self._table.get_many([_place(place) for place in places], ATTRIBUTES)
            # What is not found may be a moment too young.
            self._keep([(partner_and_id(row["pk"]), row) for row in rows if "sealed" in row], READ_AHEAD)

    def of_number(self, fingerprint: str) -> list[Place]:
        """The subscriptions of a number, over all partners, live or ended; none that was erased."""
        rows = self._table.query("fp = :fp", {"fp": fingerprint}, IndexName=NUMBER_INDEX)
        return [partner_and_id(row["pk"]) for row in rows]

    def erase(self, place: Place, at: int) -> None:
        """For good. That it was erased, and when, is left in its stead: a key that is missing is another matter."""
        self._table.write([Put({**_place(place), "erased": at})], self._table.new_write_id())
        with self._lock:
            self._kept.pop(place, None)

    def rewrap(self, row: Item) -> bool:
        """Wrap a row's key by the newest wrapping key; whether there was anything to do. Others may write meanwhile."""
        id, wrapping = self._wrapping.newest()
        if "sealed" not in row or row["wrapper"] == id:
            return False
        place = partner_and_id(row["pk"])
        anew = {**row, "sealed": seal(wrapping, self._unwrapped(place, row), _bound(place, id)), "wrapper": id}
        with suppress(ConditionFailed):  # erased meanwhile, or wrapped anew by another
            self._table.write([Put(anew, equals("wrapper", row["wrapper"]))], self._table.new_write_id())
        return True

    def _unwrapped(self, place: Place, row: Item) -> bytes:
        wrapper: str = row["wrapper"]
        return unseal(self._wrapping.key(wrapper), row["sealed"], _bound(place, wrapper))

    def _taken(self, place: Place) -> Item | None:
        with self._lock:
            row, until = self._kept.get(place, (None, 0.0))
        return row if self._steady() < until else None

    def _keep(self, rows: Sequence[tuple[Place, Any]], seconds: float) -> None:
        until = self._steady() + seconds
        with self._lock:
            for place, row in rows:
                self._kept[place] = (row, until)
                self._kept.move_to_end(place)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


def erased_places(rows: Iterator[Item]) -> Iterator[Place]:
    """Of whom it was erased, among rows of the table of keys."""
    return (partner_and_id(row["pk"]) for row in rows if row["sk"] == KEY and "erased" in row)


def _place(place: Place) -> Key:
    return {"pk": subscription_pk(*place), "sk": KEY}


def _bound(place: Place, wrapper: str) -> str:
    return f"{place[0]}#{place[1]}#key#{wrapper}"
