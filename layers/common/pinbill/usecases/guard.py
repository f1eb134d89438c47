"""Guard each day's renewals: operators' stops, canaries, and what halts a plan by itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial

from pinbill.domain.catalog import Plan, RailName
from pinbill.domain.guard import GoOn, Halt, Verdict, beyond, judge
from pinbill.domain.progress import Place, Progress
from pinbill.domain.records import changed
from pinbill.domain.slots import Cohort
from pinbill.domain.stops import Scope, Stop, standing
from pinbill.errors import PlanNotFound
from pinbill.usecases.due_streams import count
from pinbill.usecases.ports.billing import Runs, Stops
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.due import SlotIndex
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.run_book import record

DAY = timedelta(days=1)
MOST_COUNTED = 200_000  # of a cohort: the count serves for the size of a canary, and for a look at the progress
BY = "pinbill"  # who has halted what nobody stopped


@dataclass(frozen=True, slots=True)
class Guard:
    stops: Stops
    runs: Runs
    slots: SlotIndex
    catalog: Catalog
    clock: Clock
    telemetry: Telemetry

    def is_stopped(self, rail: RailName, partner: str, plan: str) -> bool:
        return standing(self.stops.standing(), rail, partner, plan) is not None

    def rooms(self, rail: RailName, cohorts: Iterable[Cohort]) -> Mapping[Cohort, int | None]:
        """How many renewals of each cohort may be handed out now, None for all; who is stopped is not there."""
        now = self.clock.now()
        plans: dict[tuple[str, str], list[Cohort]] = {}
        for cohort in cohorts:
            if not self.is_stopped(rail, cohort.partner, cohort.plan):
                plans.setdefault((cohort.partner, cohort.plan), []).append(cohort)
        known = {progress.place: progress for progress in self.runs.of_day(rail, now.date())} if plans else {}
        rooms: dict[Cohort, int | None] = {}
        for (partner, plan), members in plans.items():
            place = Place(rail, now.date(), partner, plan)
            verdict = self._verdict(known.get(place) or self._open_day(place, members), now)
            if isinstance(verdict, Halt):
                self._halt(place, verdict)
            else:
                rooms |= dict(zip(members, _parted(verdict.most, len(members)), strict=True))
        return rooms

    def handed(self, rail: RailName, plans: Mapping[tuple[str, str], int], cut: Iterable[tuple[str, str]]) -> None:
        """So many renewals of each plan were handed out; of those that were `cut`, more are due than they had room."""
        now = self.clock.now()
        for name, handed in plans.items():
            place = Place(rail, now.date(), *name)
            progress = record(self.runs, place, partial(Progress.with_handed, count=handed, now=now))
            plan = self._plan(place)
            halt = beyond(progress, plan, now) if plan and name in cut else None
            if halt:
                self._halt(place, halt)

    def _verdict(self, progress: Progress, now: datetime) -> Verdict:
        plan = self._plan(progress.place)
        return judge(progress, plan, now) if plan else GoOn()

    def _plan(self, place: Place) -> Plan | None:
        try:
            return self.catalog.plan(place.partner, place.plan)
        except PlanNotFound:  # its worker will say so, of each of its subscriptions
            return None

    def _open_day(self, place: Place, cohorts: Sequence[Cohort]) -> Progress:
        """The day's first look at a plan: how many renew today."""
        begin = datetime.combine(place.day, time(), UTC)
        expected = sum(count(self.slots, cohort, begin, begin + DAY, MOST_COUNTED) for cohort in cohorts)
        return record(self.runs, place, lambda progress: changed(progress, expected=expected))

    def _halt(self, place: Place, halt: Halt) -> None:
        self.stops.put(Stop(Scope(partner=place.partner, plan=place.plan), BY, halt.because, self.clock.now()))
        fields = {"partner": place.partner, "plan": place.plan, "because": halt.because}
        self.telemetry.observe(Observation.BILLING_HALTED, 1, {"rail": place.rail.value}, **fields)


def _parted(most: int | None, parts: int) -> list[int | None]:
    if most is None:
        return [None] * parts
    return [most // parts + (n < most % parts) for n in range(parts)]
