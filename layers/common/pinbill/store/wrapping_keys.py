"""The few keys that wrap all others: data keys of KMS, stored in its ciphertext, in the clear in a process only."""

import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from pinbill.errors import IdentityUnreadable, StoreUnavailable
from pinbill.store.items import Item
from pinbill.store.keys import Key
from pinbill.store.table import Delete, Put, Table

WRAPPING = "WRAPPING"  # their partition in the table of keys
# KMS is asked for a key once in REFRESHED seconds. While it does not answer, the process goes on with what it has.
REFRESHED, LONGEST_KEPT, BETWEEN_TRIES = 4 * 3600.0, 12 * 3600.0, 60.0
NEWEST_KEPT = 600.0  # seconds until a process looks again which key is the newest


class KeyService(Protocol):
    """KMS. Every method raises StoreUnavailable when it stays away, Misconfigured when it refuses us."""

    def new_key(self, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """A new data key in the clear and in its ciphertext, which opens under the same context only."""
        ...

    def open_key(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes: ...


@dataclass(slots=True)
class _Held:
    """A key in the clear, and when KMS was last asked for it, and last in vain."""

    key: bytes
    since: float
    tried: float


class WrappingKeys:
    """May be shared by threads: one of them asks KMS, and the others wait. `steady` and `wall` are seconds."""

    def __init__(
        self,
        table: Table,
        service: KeyService,
        steady: Callable[[], float],
        wall: Callable[[], float],
        lock: Callable[[], AbstractContextManager[Any]] = threading.Lock,
    ) -> None:
        self._table, self._service = table, service
        self._steady, self._wall = steady, wall
        self._held: dict[str, _Held] = {}
        self._newest: tuple[str, float] | None = None
        self._lock = lock()

    def key(self, id: str) -> bytes:
        """Raises IdentityUnreadable for one that is not there, StoreUnavailable while it cannot be had."""
        held = self._held.get(id)
        if held is not None and self._steady() < held.since + REFRESHED:
            return held.key
        with self._lock:
            return self._refreshed(id)

    def newest(self) -> tuple[str, bytes]:
        """The key that new data is wrapped by; the first is made where there is none."""
        known = self._newest
        if known is None or self._steady() >= known[1] + NEWEST_KEPT:
            ids = self.ids()
            known = self._newest = (ids[-1] if ids else self.make(), self._steady())
        return known[0], self.key(known[0])

    def ids(self) -> list[str]:
        """The oldest first."""
        return [row["sk"] for row in self._table.query("pk = :pk", {"pk": WRAPPING})]

    def make(self) -> str:
        """A new one, under the version that KMS's key has now. It is the newest from now on."""
        id = f"{int(self._wall()):08x}{secrets.token_hex(2)}"
        key, ciphertext = self._service.new_key(_context(id))
        self._table.write([Put({**_place(id), "sealed": ciphertext})], self._table.new_write_id())
        now = self._steady()
        self._held[id] = _Held(key, now, now)
        self._newest = (id, now)
        return id

    def remove(self, id: str) -> None:
        """What is still wrapped by it is lost."""
        self._table.write([Delete(_place(id))], self._table.new_write_id())
        self._held.pop(id, None)

    def _refreshed(self, id: str) -> bytes:
        held, now = self._held.get(id), self._steady()
        if held is not None and (now < held.since + REFRESHED or now < held.tried + BETWEEN_TRIES):
            return self._still(held, now)
        try:
            key = self._service.open_key(self._ciphertext(id), _context(id))
        except StoreUnavailable:
            if held is None:
                raise
            held.tried = now
            return self._still(held, now)
        self._held[id] = _Held(key, now, now)
        return key

    def _still(self, held: _Held, now: float) -> bytes:
        if now >= held.since + LONGEST_KEPT:
            raise StoreUnavailable
        return held.key

    def _ciphertext(self, id: str) -> bytes:
        row: Item | None = self._table.get(_place(id))
        if row is None:
            raise IdentityUnreadable("A wrapping key is not in the table of keys.")
        ciphertext: bytes = row["sealed"]
        return ciphertext


def _place(id: str) -> Key:
    return {"pk": WRAPPING, "sk": id}


def _context(id: str) -> Mapping[str, str]:
    """KMS holds each ciphertext to it, and writes it into the account's trail."""
    return {"pinbill": "wrapping-key", "id": id}
