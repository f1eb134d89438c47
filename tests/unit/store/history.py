"""What was truly written to one subscription: told by every write that took effect, whoever heard of it."""

from collections.abc import Sequence
from typing import Any, override

from pinbill.domain.change import Change
from pinbill.domain.journal import Entry
from pinbill.store import keys
from pinbill.store.items import from_wire
from pinbill.store.journal_items import entry_in
from tests.fakes.dynamodb_expressions import Item
from tests.fakes.dynamodb_meter import Meter
from tests.fakes.dynamodb_writes import Write

LABEL = "end_reason"  # of a subscription: no rule looks at it, so that it can name the change


class History(Meter):
    """The judge: `changes` are told by who commits them, before; `entries` are those of all that took effect."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.changes: dict[str, Change] = {}
        self.entries = list(entries)
        self.applied: list[str] = []  # labels, in the order of versions
        self._rows: dict[tuple[str, str], str] = {}

    @override
    def write(self, writes: Sequence[Write], *, together: bool, applied: bool) -> None:
        if not applied:
            return
        for write in writes:
            if write.place[1] == keys.SUBSCRIPTION:
                self._subscription(write)
        for write in writes:
            if write.place[1].startswith(keys.JOURNAL):
                self._row(write)
            self._rows[write.place] = str(write.item)

    @property
    def rows(self) -> frozenset[tuple[tuple[str, str], str]]:
        """What was written and is there, in a form that can be compared."""
        return frozenset(self._rows.items())

    def _subscription(self, write: Write) -> None:
        assert write.item is not None, "a subscription was deleted"
        label = write.item[LABEL]["S"]
        change = self.changes[label]
        assert label not in self.applied, f"{label} took effect twice"
        assert int(write.stored["version"]["N"]) == change.before.version, f"{label} was written over unread"
        assert int(write.stored["seq"]["N"]) == change.before.seq == len(self.entries)
        self.applied.append(label)
        self.entries += change.entries

    def _row(self, write: Write) -> None:
        assert write.item is not None, "a journal entry was deleted"
        row = _entry(write.item)
        assert row.seq <= len(self.entries), "a row of an entry that was never made"
        assert row == self.entries[row.seq - 1], "a row with the content of another entry"
        assert write.stored in ({}, write.item), "a row was written over with other contents"

    @override
    def read(self, rows: Sequence[Item], index: str | None, *, consistent: bool) -> None:
        return

    @override
    def read_batch(self, rows: Sequence[Item]) -> None:
        return

    @override
    def repeat(self, rows: Sequence[Item]) -> None:
        return


def _entry(item: Item) -> Entry:
    row: dict[str, Any] = from_wire(item)
    return entry_in(row)
