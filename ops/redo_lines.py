"""The redo lines of a stack's functions, read out of their log groups and put in order, row by row."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pinbill.errors import RedoUnreadable, StoreUnavailable
from pinbill.store import keys
from pinbill.store.items import Item
from pinbill.store.redo import LINE, Place, Redo, read, version_of
from pinbill.store.tails import carried

CLOCKS_APART = timedelta(minutes=2)  # those of functions, of CloudWatch and of the backup
LONGEST_RUN = timedelta(minutes=15)  # of a function: a line comes at its end

type Redone = Mapping[Place, Sequence[Redo]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row must be: that of the copy, or what was made of it afterwards."""

    place: Place
    row: Item | None  # None where it was deleted
    earlier: frozenset[str] = frozenset()  # stamps of what it was before
    lost: tuple[int, int] | None = None  # versions between which a write stands in no line

    @property
    def version(self) -> int | None:
        return version_of(self.row) if self.row else None


def found_in(client: Any, stack: str, since: datetime, until: datetime) -> Iterator[Redo]:
    """What a stack's functions have written from `since` to `until`, of real time, in any order.

    Raises RedoUnreadable for a line that is damaged, StoreUnavailable when the logs cannot be read to their end.
    """
    first, last = since - CLOCKS_APART, until + CLOCKS_APART
    for group, line in _lines(client, stack, first, last + LONGEST_RUN):
        try:
            told = read(line)
        except RedoUnreadable:
            raise RedoUnreadable(f"Of {group}: {line[:60]}") from None
        yield from (redo for redo in told if redo.at <= last.timestamp() * 1000)


def by_place(found: Iterable[Redo]) -> dict[Place, list[Redo]]:
    """Each row with all that was made of it; journal entries that subscriptions carry count as rows of their own."""
    rows: dict[Place, list[Redo]] = defaultdict(list)
    for redo in found:
        rows[redo.place].append(redo)
        if redo.row is not None and redo.place[1] == keys.SUBSCRIPTION:
            for entry in entry_inside(redo.row):
                rows[entry["pk"], entry["sk"]].append(Redo((entry["pk"], entry["sk"]), redo.at, entry))
    return dict(rows)


def entry_inside(row: Item) -> Iterator[Item]:
    """The row of the journal entry that a subscription's row carries."""
    tail = carried(row)
    if tail is not None:
        yield {**tail.row, "write_id": tail.write_id}


def wanted(place: Place, copy: Item | None, redone: Sequence[Redo]) -> Wanted:
    """The last state of a row, of which the copy has one. A row without versions goes by the time of its writes."""
    if copy is None and not redone:
        raise ValueError("nothing is known of this row")
    versions = [redo.version for redo in redone]
    counted = None not in versions and (copy is None or version_of(copy) is not None)
    ordered = sorted(redone, key=lambda redo: (redo.version or 0, redo.at) if counted else (redo.at, 0))
    above = _above(copy, ordered, counted) if copy else ordered
    stamps = {str(redo.row["write_id"]) for redo in ordered if redo.row} | (
        {str(copy.get("write_id"))} if copy else set()
    )
    if not above:
        return Wanted(place, copy, frozenset(stamps))
    row = above[-1].row
    lost = _gap(version_of(copy) if copy else 0, above) if counted and place[1] == keys.SUBSCRIPTION else None
    return Wanted(place, row, frozenset(stamps - ({str(row["write_id"])} if row else set())), lost)


def _above(copy: Item, ordered: Sequence[Redo], counted: bool) -> Sequence[Redo]:
    """What was written after the copy was made."""
    if counted:
        return [redo for redo in ordered if (redo.version or 0) > (version_of(copy) or 0)]
    for at, redo in enumerate(ordered):
        if redo.row is not None and redo.row["write_id"] == copy.get("write_id"):
            return ordered[at + 1 :]
    return ordered


def _gap(reached: int | None, above: Sequence[Redo]) -> tuple[int, int] | None:
    """The first writes that no line tells of."""
    reached = reached or 0
    for redo in above:
        if redo.since is not None and redo.since > reached:
            return reached, redo.since
        reached = max(reached, redo.version or 0)
    return None


def _lines(client: Any, stack: str, first: datetime, last: datetime) -> Iterator[tuple[str, str]]:
    """Log group and text of each line that may be one."""
    try:
        for page in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/{stack}/"):
            for group in page["logGroups"]:
                name = group["logGroupName"]
                pages = client.get_paginator("filter_log_events").paginate(
                    logGroupName=name,
                    startTime=int(first.timestamp() * 1000),
                    endTime=int(last.timestamp() * 1000),
                    filterPattern=f'"{LINE}"',
                )
                yield from ((name, event["message"]) for found in pages for event in found["events"])
    except (ClientError, BotoCoreError) as error:
        raise StoreUnavailable("The logs could not be read to their end; nothing was changed.") from error
