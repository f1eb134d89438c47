"""Which logs are lost beside the table: some by chance, and among them one that alone tells of a payment."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from local.drill.errors import DrillError
from pinbill.domain.journal import EntryKind
from pinbill.store import keys
from pinbill.store.redo import LINE, Place, Redo, read
from pinbill.store.tails import carried


class Told(NamedTuple):
    """A row as a line of a log has it."""

    group: str
    stream: str
    redo: Redo


@dataclass(frozen=True, slots=True)
class Logs:
    """Of a stack's functions, from a moment on, by the clock of AWS."""

    client: Any
    stack: str
    since: datetime

    def lose(self, function: str, rng: random.Random) -> int:
        """Delete a third of a function's streams; returns how many. Raises DrillError where that could lose no bill."""
        group, told = f"/{self.stack}/{function}", list(self._told())
        streams = {each.stream for each in told if each.group == group}
        alone = sorted({each.stream for each in _newest(told) if each.group == group and _is_whole_bill(each.redo)})
        if not alone:
            raise DrillError(f"whatever is lost of {group}, another line tells of the payment")
        first = rng.choice(alone)
        lost = [first, *rng.sample(sorted(streams - {first}), -(-len(streams) // 3) - 1)]
        for name in lost:
            self.client.delete_log_stream(logGroupName=group, logStreamName=name)
        return len(lost)

    def lose_all(self) -> None:
        """Of every function, as if there were no redo lines."""
        for group in self._groups():
            for stream in self.client.describe_log_streams(logGroupName=group)["logStreams"]:
                self.client.delete_log_stream(logGroupName=group, logStreamName=stream["logStreamName"])

    def _groups(self) -> Sequence[str]:
        groups = self.client.describe_log_groups(logGroupNamePrefix=f"/{self.stack}/")["logGroups"]
        return [group["logGroupName"] for group in groups]

    def _told(self) -> Iterator[Told]:
        for group in self._groups():
            pages = self.client.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=int(self.since.timestamp() * 1000), filterPattern=f'"{LINE}"'
            )
            for event in (event for page in pages for event in page["events"]):
                yield from (Told(group, event["logStreamName"], redo) for redo in read(event["message"]))


def _newest(told: Iterable[Told]) -> Iterable[Told]:
    """The last word on each subscription."""
    found: dict[Place, Told] = {}
    for each in told:
        place, earlier = each.redo.place, found.get(each.redo.place)
        if place[1] == keys.SUBSCRIPTION and (not earlier or (earlier.redo.version or 0) < (each.redo.version or 0)):
            found[place] = each
    return found.values()


def _is_whole_bill(redo: Redo) -> bool:
    """Whether one line has both writes of a bill that was paid: the claim and, above it, the settlement."""
    entry = carried(redo.row) if redo.row else None
    is_paid = entry is not None and entry.row["kind"] == EntryKind.ATTEMPT_PAID
    return is_paid and redo.since is not None and (redo.version or 0) - redo.since > 1
