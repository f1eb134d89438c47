"""Hand out what is due: as much as each provider's quota allows, to all partners in turns."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import batched

from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import MOST_CALLS
from pinbill.domain.slots import Cohort
from pinbill.domain.subscription import Timer
from pinbill.usecases.audit import Audit
from pinbill.usecases.call_times import CallTimes
from pinbill.usecases.due_streams import Due, Mark, Stream, due_rows, in_turns, oldest_first, renewals
from pinbill.usecases.each import each
from pinbill.usecases.guard import Guard
from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.billing import Work
from pinbill.usecases.ports.due import QUIET, Indexes, Reading
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock

# The due index follows the table with a delay, nearly always of less than a second: rows that are younger than this are
# read, and handed out, again by the next run. The sweep finds what came later still.
OVERLAP = timedelta(seconds=5)
SWEEP_AFTER = timedelta(minutes=10)
# A cohort that nobody was taken from is marked this seldom: reading the same empty time again costs less than writing.
MARK_AFTER = timedelta(hours=1)
# Call times are given away until the next run has been and the one after it is due: a run may come late, or not at all.
INTERVALS = 2
MOST_QUIET = 5_000  # of one reading: these keep no quota, but a run must end


@dataclass(frozen=True, slots=True)
class Handed:
    """What one run queued."""

    subscriptions: int
    groups: int


@dataclass(frozen=True, slots=True)
class RecurringBill:
    """`interval` is the time from one run to the next."""

    indexes: Indexes
    audit: Audit
    call_times: CallTimes
    guard: Guard
    clock: Clock
    telemetry: Telemetry
    interval: timedelta

    def run(self) -> Handed:
        """Continue after the bookmarks. A run that dies queues the same rows again; claims make that harmless."""
        return self._report(Reading.RUN, each(partial(self._run, rail) for rail in RailName))

    def sweep(self) -> Handed:
        """Queue again what has stayed due for long, and look whether what was handed out was billed.

        It goes on where the last one stopped, so that rows that fail again and again cannot hide those behind them.
        """
        sweeps = [partial(self._sweep, rail) for rail in RailName]
        audits = [partial(self._audit, rail) for rail in RailName]
        return self._report(Reading.SWEEP, each([*sweeps, *audits]))

    def _run(self, rail: RailName) -> Handed:
        until = self.clock.now()
        cohorts, marks = self.indexes.slots.cohorts(rail), self.indexes.bookmarks.all(Reading.RUN, rail)
        quiet = self._due_streams(rail, cohorts, [QUIET], marks, until)
        due = self._due_streams(rail, cohorts, range(self.indexes.due.shards), marks, until)
        calendar = self._calendar_streams(rail, cohorts, marks, until)
        handed = self._hand_out(rail, quiet, [*due, *((cohort.partner, stream) for cohort, stream in calendar)])
        for _, stream in (*quiet, *due):
            if stream.last:
                position = min(stream.last.position, self.indexes.due.position(until - OVERLAP))
                self.indexes.bookmarks.save(Reading.RUN, rail, stream.name, position)
        for _, stream in calendar:
            reached = _reached(stream, marks.get(stream.name), until)
            if reached:
                self.indexes.bookmarks.save(Reading.RUN, rail, stream.name, str(reached))
        taken: Counter[tuple[str, str]] = Counter()
        for cohort, stream in calendar:
            taken[cohort.partner, cohort.plan] += stream.taken
        cut = {(cohort.partner, cohort.plan) for cohort, stream in calendar if stream.is_cut}
        self.guard.handed(rail, {name: count for name, count in taken.items() if count or name in cut}, cut)
        return handed

    def _sweep(self, rail: RailName) -> Handed:
        until = self.clock.now() - SWEEP_AFTER
        cohorts, marks = self.indexes.slots.cohorts(rail), self.indexes.bookmarks.all(Reading.SWEEP, rail)
        quiet = self._due_streams(rail, cohorts, [QUIET], marks, until)
        due = self._due_streams(rail, cohorts, range(self.indexes.due.shards), marks, until)
        handed = self._hand_out(rail, quiet, due)
        for _, stream in (*quiet, *due):
            position = stream.last.position if stream.last and not stream.is_read_out else None
            if (stream.last or stream.is_read_out) and position != marks.get(stream.name):
                self.indexes.bookmarks.save(Reading.SWEEP, rail, stream.name, position)
        return handed

    def _audit(self, rail: RailName) -> Handed:
        self.audit(rail)
        return Handed(0, 0)

    def _hand_out(
        self, rail: RailName, quiet: Sequence[tuple[str, Stream]], calling: Sequence[tuple[str, Stream]]
    ) -> Handed:
        """Queue what is due; of what needs a call, as much as there are call times for."""
        members = _members(quiet, MOST_QUIET, lambda due: True)
        works = [Work(rail, list(some), is_quiet=True) for some in batched(members, MOST_CALLS, strict=False)]
        if self.call_times.is_open(rail):
            room = self.call_times.room(rail, INTERVALS * self.interval)

            def goes_on(due: Due) -> bool:
                return due.timer is not Timer.BILL or not self.guard.is_stopped(rail, due.partner, due.plan)

            callers = _members(calling, room, goes_on)
            works += self.call_times.timed(rail, callers)
            members += callers
        self.call_times.send(works)
        self.telemetry.measure(Measure.HANDED_OUT, len(members), {"rail": rail.value})
        return Handed(len(members), len(works))

    def _due_streams(
        self,
        rail: RailName,
        cohorts: Iterable[Cohort],
        shards: Iterable[int],
        marks: Mapping[str, str],
        until: datetime,
    ) -> list[tuple[str, Stream]]:
        """With their partners."""
        shards = list(shards)
        return [
            (partner, Stream(name, due_rows(self.indexes.due, rail, partner, shard, marks.get(name), until)))
            for partner in sorted({cohort.partner for cohort in cohorts})
            for shard in shards
            for name in [f"{partner}#{shard}"]
        ]

    def _calendar_streams(
        self, rail: RailName, cohorts: Mapping[Cohort, datetime], marks: Mapping[str, str], until: datetime
    ) -> list[tuple[Cohort, Stream]]:
        """Those that are not stopped, and of each as much as may be handed out: the others stay where they are."""
        streams = []
        for cohort, room in self.guard.rooms(rail, cohorts).items():
            mark = Mark.parse(marks[cohort.name]) if cohort.name in marks else Mark(cohorts[cohort])
            rows = renewals(self.indexes.slots, cohort, mark, until)
            streams.append((cohort, Stream(cohort.name, rows, room)))
        return streams

    def _report(self, reading: Reading, handed: Sequence[Handed]) -> Handed:
        total = Handed(sum(h.subscriptions for h in handed), sum(h.groups for h in handed))
        fields = {"subscriptions": total.subscriptions, "groups": total.groups}
        self.telemetry.observe(Observation.RUN_FINISHED, 1, {"mode": reading.value}, **fields)
        return total


def _members(streams: Iterable[tuple[str, Stream]], most: int, wanted: Callable[[Due], bool]) -> list[tuple[str, str]]:
    taken = in_turns(map(oldest_first, _by_partner(streams)), most, wanted)
    return [(due.partner, due.subscription_id) for due in taken]


def _by_partner(streams: Iterable[tuple[str, Stream]]) -> Iterable[list[Stream]]:
    found: dict[str, list[Stream]] = {}
    for partner, stream in streams:
        found.setdefault(partner, []).append(stream)
    return found.values()


def _reached(stream: Stream, marked: str | None, until: datetime) -> Mark | None:
    """How far a cohort was read; None when that need not be kept."""
    if not stream.is_read_out:
        return Mark.parse(stream.last.position) if stream.last else None
    is_near = marked is not None and until - Mark.parse(marked).at < MARK_AFTER
    return None if is_near and stream.last is None else Mark.behind_all(until)
