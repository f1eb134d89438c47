"""What waits: how much is due and unpaid, owed, or of unknown outcome. Figures for operators, counted within bounds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from pinbill.domain.catalog import RailName
from pinbill.domain.slots import Cohort
from pinbill.domain.stops import Stop, standing
from pinbill.domain.subscription import Timer
from pinbill.usecases.due_streams import Mark, renewals
from pinbill.usecases.each import each
from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.billing import Stops
from pinbill.usecases.ports.due import QUIET, DueRow, Indexes, OpenOutcomes, Reading
from pinbill.usecases.ports.telemetry import Telemetry
from pinbill.usecases.ports.time_and_ids import Clock

# Of each shard of a partner's due rows, of each plan's renewals, of each rail's open outcomes: beyond that a figure
# says "at least".
MOST = 1_000
# A declined bill waits for the next try, or for the end of grace or hold: by the usual plan within so much time.
DUNNING = timedelta(days=14)
OWED = frozenset({Timer.BILL, Timer.DUNNING})


@dataclass(frozen=True, slots=True)
class Arrears:
    """Reads indexes only, and writes nothing."""

    indexes: Indexes
    outcomes: OpenOutcomes
    stops: Stops
    clock: Clock
    telemetry: Telemetry

    def __call__(self) -> None:
        """Measure each rail. Raises StoreUnavailable, once what can be measured was."""
        each(partial(self._of_rail, rail) for rail in RailName)

    def _of_rail(self, rail: RailName) -> None:
        now, stops = self.clock.now(), self.stops.standing()
        cohorts = self.indexes.slots.cohorts(rail)
        rows = list(self._due_rows(rail, cohorts, now + DUNNING))
        # By subscription: its slot may come up while its due row waits.
        due = dict(self._not_handed_out(rail, cohorts, stops, now))
        for row in rows:
            if row.timer is Timer.BILL and row.at <= now and not standing(stops, rail, row.partner, row.plan_id):
                due[row.partner, row.subscription_id] = row.at
        deadlines = [at for _, _, at in self.outcomes.rows(rail, MOST, None).rows]
        measured = {
            Measure.DUE_UNPAID: len(due),
            Measure.OLDEST_DUE_SECONDS: (now - min(due.values(), default=now)).total_seconds(),
            Measure.OWED: sum(row.timer in OWED for row in rows),
            Measure.UNKNOWN_OPEN: len(deadlines),
            Measure.UNKNOWN_OVERDUE: sum(at <= now for at in deadlines),
        }
        for what, value in measured.items():
            self.telemetry.measure(what, value, {"rail": rail.value})

    def _due_rows(self, rail: RailName, cohorts: Mapping[Cohort, datetime], until: datetime) -> Iterator[DueRow]:
        for partner in sorted({cohort.partner for cohort in cohorts}):
            for shard in (QUIET, *range(self.indexes.due.shards)):
                yield from self.indexes.due.rows(rail, partner, shard, None, until, MOST)

    def _not_handed_out(
        self, rail: RailName, cohorts: Mapping[Cohort, datetime], stops: Sequence[Stop], now: datetime
    ) -> Iterator[tuple[tuple[str, str], datetime]]:
        """Renewals that no run has come to yet: partner and id, and since when. What was handed out and is not billed,
        the audit puts among the due rows."""
        reached = self.indexes.bookmarks.all(Reading.RUN, rail) if cohorts else {}
        for cohort, since in cohorts.items():
            if standing(stops, rail, cohort.partner, cohort.plan):
                continue
            mark = Mark.parse(reached[cohort.name]) if cohort.name in reached else Mark(since)
            came_up = islice(renewals(self.indexes.slots, cohort, mark, now), MOST)
            since_when = {each.subscription_id: each.at for each in came_up}
            for id in self.indexes.slots.unbilled(cohort.partner, since_when):
                yield (cohort.partner, id), since_when[id]
