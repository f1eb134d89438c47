"""The table is made again out of a copy of it, as of some moment, and what the functions have written since."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import batched, chain
from typing import Any

from ops.redo_lines import Redone, Wanted, entry_inside, wanted
from pinbill.domain.catalog import RailName
from pinbill.store import keys
from pinbill.store.data_keys import KEY
from pinbill.store.items import Item
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.redo import Place, version_of
from pinbill.store.table import ABSENT, MOST_ROWS, Action, Condition, Delete, Put, Table, equals
from pinbill.usecases.ports.due import Reading

THREADS = 8
# What tells one state of a row from another.
LOOKED_AT = ("pk", "sk", "version", "revision", "write_id")


class Made(StrEnum):
    """What becomes of a row."""

    THERE = "there already"
    PUT_BACK = "put back"
    WRITTEN_OVER = "older, written over"
    DELETED = "deleted since the copy"
    STAYS = "stays: what the table has is newer, or in no log"
    MOVED = "written meanwhile: run this again"


@dataclass(slots=True)
class Restoring:
    """Makes each row of the table what the copy and the logs say; without `apply` it only says what it would do."""

    table: Table
    redone: Redone
    apply: bool
    counts: Counter[Made] = field(default_factory=Counter)
    subscriptions: set[str] = field(default_factory=set)  # by partition key
    gaps: list[Wanted] = field(default_factory=list)
    _bookmarks: set[Place] = field(default_factory=set)  # of the copy

    def run(self, copied: Iterable[Item]) -> None:
        """Go through the copy's rows, and then through those that it does not have. A second run changes nothing."""
        with ThreadPoolExecutor(THREADS) as pool:
            chunks = batched(chain(self._of_copy(copied), self._of_bookmarks()), MOST_ROWS, strict=False)
            for together in batched(chunks, THREADS, strict=False):
                for counts in pool.map(self._restore, together):
                    self.counts += counts

    def _of_copy(self, copied: Iterable[Item]) -> Iterator[Wanted]:
        seen: set[Place] = set()
        for row in copied:
            place = (row["pk"], row["sk"])
            if place in self.redone:
                seen.add(place)
            if keys.is_bookmark(place[0]):
                self._bookmarks.add(place)
            yield self._noted(wanted(place, row, self.redone.get(place, ())))
            if place[1] == keys.SUBSCRIPTION:
                yield from (Wanted((entry["pk"], entry["sk"]), entry) for entry in entry_inside(row))
        for place, redone in self.redone.items():
            if place not in seen:
                yield self._noted(wanted(place, None, redone))

    def _noted(self, found: Wanted) -> Wanted:
        if found.place[1] == keys.SUBSCRIPTION:
            self.subscriptions.add(found.place[0])
        if found.lost:
            self.gaps.append(found)
        return found

    def _of_bookmarks(self) -> Iterator[Wanted]:
        """Those that the copy does not have: what was read since must be read again."""
        partitions = (keys.bookmarks_pk(reading, rail) for reading in Reading for rail in RailName)
        rows = chain.from_iterable(self.table.query("pk = :pk", {"pk": pk}) for pk in partitions)
        places = ((row["pk"], row["sk"]) for row in rows)
        return (Wanted(place, None) for place in places if place not in self._bookmarks)

    def _restore(self, chunk: Sequence[Wanted]) -> Counter[Made]:
        known = {(row["pk"], row["sk"]): row for row in self._present(chunk)}
        return Counter(self._one(each, known.get(each.place)) for each in chunk)

    def _present(self, chunk: Sequence[Wanted]) -> Sequence[Item]:
        return self.table.get_many([{"pk": each.place[0], "sk": each.place[1]} for each in chunk], LOOKED_AT)

    def _one(self, wanted: Wanted, present: Item | None) -> Made:
        made, action = step(wanted, present)
        if action is None or not self.apply:
            return made
        stamp = wanted.row["write_id"] if wanted.row else self.table.new_write_id()
        try:
            self.table.write([action], stamp)
        except ConditionFailed:
            return Made.MOVED
        return made


def step(wanted: Wanted, present: Mapping[str, Any] | None) -> tuple[Made, Action | None]:
    """What is to be done to the row that is present; nothing where it is newer than all that is known of it."""
    row = wanted.row
    if present is None:
        return (Made.PUT_BACK, Put(row, ABSENT)) if row else (Made.THERE, None)
    if row is not None and present.get("write_id") == row.get("write_id"):
        return Made.THERE, None
    if not _is_older(wanted, present):
        return Made.STAYS, None
    unchanged = _as_read(present)
    if row is None:
        key = {"pk": wanted.place[0], "sk": wanted.place[1]}
        return Made.DELETED, Delete(key, unchanged)
    return Made.WRITTEN_OVER, Put(row, unchanged)


def _is_older(wanted: Wanted, present: Mapping[str, Any]) -> bool:
    if keys.is_bookmark(wanted.place[0]):
        return True  # a run has passed bills by that are due again
    has = version_of(present)
    if has is not None and wanted.version is not None:
        return has < wanted.version
    return str(present.get("write_id")) in wanted.earlier


def _as_read(present: Mapping[str, Any]) -> Condition:
    stamp = present.get("write_id")
    return equals("write_id", stamp) if stamp else Condition("attribute_not_exists(write_id)")


def unknown(keyed: Iterable[Item], subscriptions: set[str]) -> Iterator[str]:
    """Partition keys of subscriptions that have a key of their own, and of which the copy and the logs know nothing."""
    return (row["pk"] for row in keyed if row["sk"] == KEY and row["pk"] not in subscriptions)
