"""Hand out what is due: read the due index per rail and shard, and queue as much as the rail's quota allows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.catalog import RailName
from pinbill.usecases.ports import Clock, DueIndex, DueRow, Observation, Queue, Reading, Telemetry, Work

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
        return self._read_all(Reading.RUN, self.clock.now())

    def sweep(self) -> Handed:
        """Queue again what has stayed due for long: from the start of the index on, over several sweeps if need be.

        It goes on where the last one stopped, so that rows that fail again and again cannot hide those behind them.
        """
        return self._read_all(Reading.SWEEP, self.clock.now() - SWEEP_AFTER)

    def _read_all(self, reading: Reading, until: datetime) -> Handed:
        handed = [self._hand_out(reading, rail, until) for rail in RailName]
        total = Handed(sum(h.subscriptions for h in handed), sum(h.groups for h in handed))
        fields = {"subscriptions": total.subscriptions, "groups": total.groups}
        self.telemetry.observe(Observation.RUN_FINISHED, 1, {"mode": reading.value}, **fields)
        return total

    def _hand_out(self, reading: Reading, rail: RailName, until: datetime) -> Handed:
        quota = max(GROUP, int(self.rates[rail] * self.interval.total_seconds()))
        share = -(-quota // self.due.shards)
        rows: list[DueRow] = []
        cursors: list[tuple[int, str | None]] = []
        for shard in range(self.due.shards):
            after = self.due.cursor(reading, rail, shard)
            read = list(self._read(rail, shard, after, until, share))
            rows += read
            if reading is Reading.SWEEP:
                cursors.append((shard, read[-1].position if len(read) == share else None))
            elif read:
                cursors.append((shard, min(read[-1].position, self.due.position(until - OVERLAP))))
        groups = self._groups(rail, sorted(rows, key=lambda row: row.position))
        self.queue.send(groups)
        for shard, position in cursors:
            self.due.save_cursor(reading, rail, shard, position)
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
