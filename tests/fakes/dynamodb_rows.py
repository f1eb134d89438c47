"""The rows of an in-memory DynamoDB table and of its global indexes.

Rows are kept as they were given, in wire form, and are never changed: who gives or takes one must not change it either.
So a copy of the dictionaries is a copy of the table.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, override

from tests.fakes.dynamodb_errors import EMPTY_KEY, WRONG_VALUES, Misfit
from tests.fakes.dynamodb_expressions import Item, Unplayed
from tests.fakes.dynamodb_keys import Entry, Place

WRONG_KEY = "The provided key element does not match the schema"


class Ordered(NamedTuple):
    """A copy of an ordering's dictionaries; the rows and tuples in them are shared."""

    items: dict[Place, Item]
    partitions: dict[str, tuple[Entry, ...]]


class Ordering:
    """Rows in the order of the table's key attributes or of an index's; a row without them has no place in it.

    Without a sort key attribute every row's sort key is taken to be empty.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        names: list[str] = [key["AttributeName"] for key in definition["KeySchema"]]
        self.hash, self.range = names[0], names[1] if len(names) > 1 else None
        self.items: dict[Place, Item] = {}
        self.partitions: dict[str, tuple[Entry, ...]] = {}

    def set(self, place: Place, item: Item | None) -> None:
        """Put the row that is at `place` in the table; None takes it away."""
        before = self.items.get(place)
        was = None if before is None else self._position(before, place)
        position = None if item is None else self._position(item, place)
        if was != position:
            if was:
                self._remove(*was)
            if position:
                self._insert(*position)
        if item is not None and position:
            self.items[place] = item
        else:
            self.items.pop(place, None)

    def load(self, rows: Iterable[tuple[Place, Item]]) -> None:
        """Put many rows that are not there yet, at the cost of sorting them once."""
        new: dict[str, list[Entry]] = {}
        for place, item in rows:
            position = self._position(item, place)
            if position:
                self.items[place] = item
                new.setdefault(position[0], []).append(position[1])
        for partition, entries in new.items():
            self.partitions[partition] = tuple(sorted([*self.partitions.get(partition, ()), *entries]))

    def entry(self, item: Item, place: Place) -> Entry:
        """The row's place in the order of its partition."""
        return item[self.range]["S"] if self.range else "", place

    def copied(self) -> Ordered:
        return Ordered(self.items.copy(), self.partitions.copy())

    def restore(self, copy: Ordered) -> None:
        self.items, self.partitions = copy.items.copy(), copy.partitions.copy()

    def _position(self, item: Item, place: Place) -> tuple[str, Entry] | None:
        partition = item.get(self.hash)
        if partition is None or (self.range and self.range not in item):
            return None
        return partition["S"], self.entry(item, place)

    def _insert(self, partition: str, entry: Entry) -> None:
        entries = list(self.partitions.get(partition, ()))
        insort(entries, entry)
        self.partitions[partition] = tuple(entries)

    def _remove(self, partition: str, entry: Entry) -> None:
        entries = self.partitions[partition]
        at = bisect_left(entries, entry)
        self.partitions[partition] = entries[:at] + entries[at + 1 :]


class Index(Ordering):
    """A global index of a table with the key attributes `of`."""

    def __init__(self, definition: Mapping[str, Any], of: tuple[str, str]) -> None:
        super().__init__(definition)
        self.name: str = definition["IndexName"]
        self.key = tuple(name for name in (self.hash, self.range) if name)
        projection = definition["Projection"]
        included = (*of, *self.key, *projection.get("NonKeyAttributes", []))
        self._projected = None if projection["ProjectionType"] == "ALL" else included

    def seen(self, item: Item) -> Item:
        """The row as a reader of the index gets it."""
        if self._projected is None:
            return item
        return {name: item[name] for name in self._projected if name in item}

    def row_of(self, item: Item) -> Item:
        """What the index holds of this row of the table: nothing unless it has all keys of the index."""
        return self.seen(item) if all(name in item for name in self.key) else {}

    def check(self, item: Item) -> None:
        """Raises Misfit for a row that the index cannot hold."""
        for name in self.key:
            value = item.get(name)
            if value is None or value.get("S"):
                continue
            if "S" in value:
                raise Misfit(f"{WRONG_VALUES} {EMPTY_KEY} IndexName: {self.name}, IndexKey: {name}")
            mismatch = f"{name} Expected: S Actual: {''.join(value)} IndexName: {self.name}"
            raise Misfit(f"{WRONG_VALUES} Type mismatch for Index Key {mismatch}")


class TableCopy(NamedTuple):
    """A copy of a table's rows, of its indexes and of what these have not seen yet."""

    rows: Ordered
    indexes: tuple[Ordered, ...]
    unseen: tuple[tuple[Place, Item | None], ...]
    lagging: bool


class Rows(Ordering):
    """A table as CreateTable defines it. While it is `lagging`, its indexes learn of writes by `catch_up` only."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        super().__init__(definition)
        if self.range is None or any(part["AttributeType"] != "S" for part in definition["AttributeDefinitions"]):
            raise Unplayed("a table without a sort key, or keys that are not strings")
        self.key = (self.hash, self.range)
        indexes = [Index(index, self.key) for index in definition.get("GlobalSecondaryIndexes", [])]
        self.indexes = {index.name: index for index in indexes}
        self.lagging = False
        self._unseen: list[tuple[Place, Item | None]] = []

    def place_of_key(self, key: Item) -> Place:
        """Raises Misfit for what is not exactly the table's key."""
        if len(key) != len(self.key) or any("S" not in key.get(name, ()) for name in self.key):
            raise Misfit(WRONG_KEY)
        return self._place(key)

    def place_of_item(self, item: Item) -> Place:
        """Raises Misfit for a row that the table and its indexes cannot hold."""
        for name in self.key:
            value = item.get(name)
            if value is None:
                raise Misfit(f"{WRONG_VALUES} Missing the key {name} in the item")
            if "S" not in value:
                raise Misfit(f"{WRONG_VALUES} Type mismatch for key {name} expected: S actual: {''.join(value)}")
        for index in self.indexes.values():
            index.check(item)
        return self._place(item)

    def seen(self, item: Item) -> Item:
        """The row as a reader gets it: whole."""
        return item

    @override
    def set(self, place: Place, item: Item | None) -> None:
        super().set(place, item)
        if self.lagging:
            self._unseen.append((place, item))
        else:
            self._show(place, item)

    @override
    def load(self, rows: Iterable[tuple[Place, Item]]) -> None:
        """The indexes show them at once."""
        new = list(rows)
        super().load(new)
        for index in self.indexes.values():
            index.load(new)

    def catch_up(self) -> None:
        for place, item in self._unseen:
            self._show(place, item)
        self._unseen.clear()

    def whole_copy(self) -> TableCopy:
        indexes = tuple(index.copied() for index in self.indexes.values())
        return TableCopy(self.copied(), indexes, tuple(self._unseen), self.lagging)

    def restore_whole(self, copy: TableCopy) -> None:
        self.restore(copy.rows)
        for index, ordered in zip(self.indexes.values(), copy.indexes, strict=True):
            index.restore(ordered)
        self._unseen, self.lagging = list(copy.unseen), copy.lagging

    def _place(self, item: Item) -> Place:
        pk, sk = self.key
        place = item[pk]["S"], item[sk]["S"]
        if not all(place):
            raise Misfit(f"{WRONG_VALUES} {EMPTY_KEY} Key: {pk if not place[0] else sk}")
        return place

    def _show(self, place: Place, item: Item | None) -> None:
        for index in self.indexes.values():
            index.set(place, item)
