"""Hand out what is due: read the due index per rail and shard, and queue as much as the rail's quota allows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.catalog import RailName
from pinbill.usecases.ports import Clock, DueIndex, DueRow, Observation, Queue, Telemetry, Work

GROUP = 10
PAGE = 200
LONGEST_DELAY = 900  # seconds, of SQS
# The index follows the table with a delay: rows that are younger than this are read again by the next run.
OVERLAP = timedelta(seconds=60)
SWEEP_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Handed:
    """What one run queued."""

    subscriptions: int
    groups: int


@dataclass(frozen=True, slots=True)
class RecurringBill:
    """`rates` are calls per second that each rail allows; `interval` is the time until the next run."""

    due: DueIndex
    queue: Queue
    clock: Clock
    telemetry: Telemetry
    rates: dict[RailName, float]
    interval: timedelta

    def run(self) -> Handed:
        """Continue after the stored cursors. A run that dies queues the same rows again; claims make that harmless."""
        now = self.clock.now()
        handed = [self._hand_out(rail, now, now, from_start=False) for rail in RailName]
        return self._report("run", handed)

    def sweep(self) -> Handed:
        """Queue again what has stayed due for long, from the start of the index."""
        now = self.clock.now()
        handed = [self._hand_out(rail, now - SWEEP_AFTER, now, from_start=True) for rail in RailName]
        return self._report("sweep", handed)

    def _hand_out(self, rail: RailName, until: datetime, now: datetime, *, from_start: bool) -> Handed:
        quota = max(GROUP, int(self.rates[rail] * self.interval.total_seconds()))
        share = -(-quota // self.due.shards)
        rows: list[DueRow] = []
        cursors: list[tuple[int, str]] = []
        for shard in range(self.due.shards):
            after = None if from_start else self.due.cursor(rail, shard)
            read = list(self._read(rail, shard, after, until, share))
            rows += read
            if read:
                cursors.append((shard, min(read[-1].position, self.due.position(now - OVERLAP))))
        groups = self._groups(rail, sorted(rows, key=lambda row: row.position))
        self.queue.send(groups)
        if not from_start:
            for shard, position in cursors:
                self.due.save_cursor(rail, shard, position)
        return Handed(len(rows), len(groups))

    def _read(self, rail: RailName, shard: int, after: str | None, until: datetime, most: int) -> Iterator[DueRow]:
        while most > 0:
            page = self.due.rows(rail, shard, after, until, min(PAGE, most))
            yield from page
            if len(page) < min(PAGE, most):
                return
            most -= len(page)
            after = page[-1].position

    def _groups(self, rail: RailName, rows: Sequence[DueRow]) -> list[tuple[Work, int]]:
        """Groups of ten, each delayed to the second in which the rail's rate reaches it."""
        groups = []
        for first in range(0, len(rows), GROUP):
            members = [(row.partner, row.subscription_id) for row in rows[first : first + GROUP]]
            delay = min(LONGEST_DELAY, int(first / self.rates[rail]))
            groups.append((Work(rail, members), delay))
        return groups

    def _report(self, mode: str, handed: Sequence[Handed]) -> Handed:
        total = Handed(sum(h.subscriptions for h in handed), sum(h.groups for h in handed))
        self.telemetry.observe(
            Observation.RUN_FINISHED, 1, {"mode": mode}, subscriptions=total.subscriptions, groups=total.groups
        )
        return total
