"""What a function has written to the table, as lines of its log: what a backup of the table lacks is written again.

A line holds the rows of one invocation as they were left, compressed. A number in them is sealed, as in the table.
"""

import base64
import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock
from typing import Any

from pinbill.errors import RedoUnreadable
from pinbill.store import keys
from pinbill.store.items import Item
from pinbill.store.table import Action, Put
from pinbill.store.tails import carried

LINE = "pinbill_redo"  # by which such a line is found
MOST = 200_000  # characters of a line; CloudWatch takes 256 KB
# Whoever has sent these is told that it is done, or repeats it: they are out before anybody is asked for money.
AT_ONCE = (keys.CHARGE, keys.REQUEST)

type Place = tuple[str, str]
"""Partition and sort key."""


@dataclass(frozen=True, slots=True)
class Redo:
    """A row as a write left it, or None where it was deleted. `since` is the version that it was written upon."""

    place: Place
    at: int  # milliseconds since 1970, by the clock of who wrote it
    row: Item | None
    since: int | None = None

    @property
    def version(self) -> int | None:
        return version_of(self.row) if self.row else None


def version_of(row: Mapping[str, Any]) -> int | None:
    """What counts the writes of a row; None of a row that has no such thing."""
    found = row.get("version", row.get("revision"))
    return None if found is None else int(found)


class RedoLog:
    """Notes what is written, from any thread, and writes it down as lines once for each invocation."""

    def __init__(self, write: Callable[[str], object], wall: Callable[[], float] = time.time) -> None:
        self._write = write
        self._wall = wall
        self._noted: dict[Place, Redo] = {}
        self._lock = Lock()

    def note(self, actions: Sequence[Action], write_id: str) -> None:
        at = int(self._wall() * 1000)
        found = [_redo(action, write_id, at) for action in actions if _is_kept(action)]
        with self._lock:
            for redo in found:
                earlier = self._noted.pop(redo.place, None)  # the last stands last
                self._noted[redo.place] = _above(earlier, redo) if earlier else redo
        if any(redo.place[1].startswith(AT_ONCE) for redo in found):
            self.flush()

    def flush(self) -> None:
        with self._lock:
            noted, self._noted = self._noted, {}
        told = list(without_carried(noted))
        for line in lines(told, self._wall()) if told else ():
            self._write(f"{line}\n")


def lines(told: Sequence[Redo], now: float) -> Iterator[str]:
    """As few lines as hold them. Each can be read without the others."""
    packed = base64.b85encode(zlib.compress(_text(told).encode(), 9)).decode()
    if len(packed) > MOST and len(told) > 1:
        half = len(told) // 2
        yield from lines(told[:half], now)
        yield from lines(told[half:], now)
        return
    # Lambda drops what is below the log level of the function, and what has no time counts as INFO.
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    yield json.dumps({"timestamp": at, "level": "CRITICAL", LINE: packed}, separators=(",", ":"))


def read(line: str) -> Sequence[Redo]:
    """What a line of a log tells; nothing of one that is none of these. Raises RedoUnreadable."""
    if f'"{LINE}"' not in line:
        return []
    try:
        packed = json.loads(line)[LINE]
        told = json.loads(zlib.decompress(base64.b85decode(packed)), object_hook=_value_in)
        return [_redo_in(*one) for one in told]
    except (ValueError, TypeError, KeyError, zlib.error):
        raise RedoUnreadable from None


def without_carried(noted: Mapping[Place, Redo]) -> Iterator[Redo]:
    """All but the journal rows that a subscription has inside."""
    tails = (carried(redo.row) for redo in noted.values() if redo.row and redo.place[1] == keys.SUBSCRIPTION)
    inside = {(tail.row["pk"], tail.row["sk"]) for tail in tails if tail}
    return (redo for place, redo in noted.items() if place not in inside)


def _is_kept(action: Action) -> bool:
    if not isinstance(action, Put):
        return not keys.is_hint(action.key["pk"])
    in_the_clear = isinstance(action.item.get("msisdn"), str)  # made before numbers were sealed: not into a log
    return action.table is None and not in_the_clear and not keys.is_hint(action.item["pk"])


def _redo(action: Action, write_id: str, at: int) -> Redo:
    if not isinstance(action, Put):
        return Redo((action.key["pk"], action.key["sk"]), at, None)
    row = {**action.item, "write_id": write_id}
    version = version_of(row)
    return Redo((row["pk"], row["sk"]), at, row, None if version is None else version - 1)


def _above(earlier: Redo, later: Redo) -> Redo:
    """The later one of the same row. Threads of one process write one row one after the other, by its version."""
    first, last = earlier, later
    if earlier.version is not None and later.version is not None and earlier.version > later.version:
        first, last = later, earlier
    return Redo(last.place, last.at, last.row, first.since if last.since is not None else None)


def _text(told: Sequence[Redo]) -> str:
    rows = [[redo.at, *redo.place] if redo.row is None else [redo.at, redo.row, redo.since] for redo in told]
    return json.dumps(rows, separators=(",", ":"), default=_value_out)


def _redo_in(at: int, what: Item | str, more: int | str | None) -> Redo:
    if isinstance(what, str):
        return Redo((what, str(more)), at, None)
    return Redo((what["pk"], what["sk"]), at, what, None if more is None else int(more))


def _value_out(value: object) -> Mapping[str, str]:
    if isinstance(value, bytes):
        return {"$bytes": base64.b85encode(value).decode()}
    if isinstance(value, Decimal):
        return {"$number": str(value)}
    raise TypeError(f"no item holds a {type(value).__name__}")


def _value_in(found: dict[str, Any]) -> Any:
    match found:
        case {"$bytes": str(text)}:
            return base64.b85decode(text)
        case {"$number": str(text)}:
            return Decimal(text)
    return found
