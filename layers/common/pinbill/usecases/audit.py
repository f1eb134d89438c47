"""Look whether each slot that the run has handed out was billed; what was not, goes into the due index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from typing import Self, override

from pinbill.domain.catalog import RailName
from pinbill.domain.renewal import recall
from pinbill.domain.slots import Cohort
from pinbill.errors import PinbillError
from pinbill.usecases.changing import change
from pinbill.usecases.due_streams import CLOCKS_DIFFER, PAGE, Due, Mark, renewals
from pinbill.usecases.each import each
from pinbill.usecases.ports.due import Indexes, Reading
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock

# A message waits for its turn, and comes again when its worker has died: by then it has been worked off, or is lost.
PATIENCE = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Round:
    """One look of a cohort: from `at` to `goal`, which the run had reached at `since`."""

    at: Mark
    goal: Mark
    since: datetime

    @classmethod
    def parse(cls, position: str) -> Self:
        at, goal, since = position.split("|")
        return cls(Mark.parse(at), Mark.parse(goal), datetime.fromisoformat(since))

    @override
    def __str__(self) -> str:
        return f"{self.at}|{self.goal}|{self.since.isoformat()}"


@dataclass(frozen=True, slots=True)
class Audit:
    """The run hands out each slot once, and its message may be lost. After an audit nothing is: a bill that is still
    due has a row in the due index until it is billed, and every sweep finds it there."""

    indexes: Indexes
    store: Store
    clock: Clock
    telemetry: Telemetry

    def __call__(self, rail: RailName) -> None:
        run = self.indexes.bookmarks.all(Reading.RUN, rail)
        rounds = self.indexes.bookmarks.all(Reading.AUDIT, rail)
        each(
            partial(self._cohort, cohort, since, Mark.parse(run[cohort.name]), rounds)
            for cohort, since in self.indexes.slots.cohorts(rail).items()
            if cohort.name in run
        )

    def _cohort(self, cohort: Cohort, since: datetime, reached: Mark, rounds: Mapping[str, str]) -> None:
        now = self.clock.now()
        found = rounds.get(cohort.name)
        current = Round.parse(found) if found else Round(Mark(since), reached, now)
        if current.since > now + CLOCKS_DIFFER:  # set by a clock that had leapt
            current = Round(current.at, current.goal, now)
        if now < current.since + PATIENCE:
            if str(current) != found:
                self.indexes.bookmarks.save(Reading.AUDIT, cohort.rail, cohort.name, str(current))
            return
        for some in batched(renewals(self.indexes.slots, cohort, current.at, current.goal.at), PAGE, strict=False):
            handed_out = [due for due in some if Mark(due.at, due.subscription_id) <= current.goal]
            self._recall(cohort, handed_out, now)
            last = Mark.parse(some[-1].position)
            kept = Round(last, current.goal, current.since)
            self.indexes.bookmarks.save(Reading.AUDIT, cohort.rail, cohort.name, str(kept))
        following = Round(current.goal, reached, now)
        if following.goal != following.at or current.at != current.goal:
            self.indexes.bookmarks.save(Reading.AUDIT, cohort.rail, cohort.name, str(following))

    def _recall(self, cohort: Cohort, handed_out: list[Due], now: datetime) -> None:
        # Who came up more than once, came up last: a later bill was due then already.
        renewals = {due.subscription_id: due.at for due in handed_out}
        for id in self.indexes.slots.unbilled(cohort.partner, renewals):
            try:
                self._recall_one(cohort.partner, id, now)
            except PinbillError:
                raise
            except (
                Exception
            ) as error:  # what cannot be read, by a defect of ours, must not hide all that come behind it
                self.telemetry.observe(
                    Observation.BILL_NOT_AUDITED, partner=cohort.partner, subscription=id, error=type(error).__name__
                )

    def _recall_one(self, partner: str, id: str, now: datetime) -> None:
        subscription = self.store.subscription(partner, id)
        recalled = change(self.store, subscription, lambda current: recall(current, now))
        if recalled.bills_at_its_slot != subscription.bills_at_its_slot:
            self.telemetry.observe(Observation.BILL_RECALLED, partner=partner, subscription=id)
