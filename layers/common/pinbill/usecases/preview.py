"""Preview of a run: who will be due until some time, for how much, and when the last of them will have been asked."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.catalog import Plan, RailName
from pinbill.domain.forecast import Dispatching, Forecast, forecast
from pinbill.domain.money import Money
from pinbill.domain.pacing import Pace
from pinbill.domain.stops import standing
from pinbill.domain.subscription import Timer
from pinbill.errors import PlanNotFound
from pinbill.usecases.call_times import LEAD
from pinbill.usecases.due_streams import COUNTED_PAGE, Due, Mark, due_rows, renewals
from pinbill.usecases.ports.billing import Bookings, Stops
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.due import QUIET, Indexes, Reading
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.recurring_bill import INTERVALS


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """`amount` is that of renewals and retries at the plan's price of today; None for a plan that is in no catalog.

    `looks` are calls that take no money: follow-ups and activities. `notices` take no call at all: debits that are to
    be announced, or given up if their notice does not come.
    """

    partner: str
    plan: str
    renewals: int
    retries: int
    looks: int
    amount: Money | None
    is_stopped: bool
    notices: int = 0


@dataclass(frozen=True, slots=True)
class RailPreview:
    rail: RailName
    pace: Pace
    plans: list[PlanPreview]
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Preview:
    indexes: Indexes
    catalog: Catalog
    bookings: Bookings
    stops: Stops
    clock: Clock
    paces: Mapping[RailName, Pace]
    interval: timedelta

    def __call__(self, rail: RailName, until: datetime) -> RailPreview:
        """What is due now or becomes due until `until`; what is stopped takes no time."""
        now, stops = self.clock.now(), self.stops.standing()
        counted: dict[tuple[str, str], Counter[str]] = {}
        due: list[datetime] = []
        for one in self._due(rail, until):
            if one.timer is Timer.NOTICE:
                counted.setdefault((one.partner, one.plan), Counter())["notices"] += 1
                continue
            kind = "looks" if one.timer is not Timer.BILL else "renewals" if one.is_renewal else "retries"
            counted.setdefault((one.partner, one.plan), Counter())[kind] += 1
            if kind == "looks" or not standing(stops, rail, one.partner, one.plan):
                due.append(max(one.at, now))
        plans = [
            PlanPreview(
                partner,
                plan,
                counts["renewals"],
                counts["retries"],
                counts["looks"],
                self._amount(partner, plan, counts["renewals"] + counts["retries"]),
                standing(stops, rail, partner, plan) is not None,
                counts["notices"],
            )
            for (partner, plan), counts in sorted(counted.items())
        ]
        dispatching = Dispatching(self.paces[rail], self.interval, LEAD, INTERVALS * self.interval)
        due.sort()
        expected = forecast(dispatching, due, self.bookings.free_from(rail), now)
        return RailPreview(rail, self.paces[rail], plans, expected)

    def _due(self, rail: RailName, until: datetime) -> Iterator["_Found"]:
        cohorts = self.indexes.slots.cohorts(rail)
        marks = self.indexes.bookmarks.all(Reading.RUN, rail)
        seen: set[tuple[str, str]] = set()
        for partner in sorted({cohort.partner for cohort in cohorts}):
            for shard in range(self.indexes.due.shards):
                for row in due_rows(self.indexes.due, rail, partner, shard, None, until):
                    seen.add((row.partner, row.subscription_id))
                    yield _Found.of(row, is_renewal=False)
            for row in due_rows(self.indexes.due, rail, partner, QUIET, None, until):
                if row.timer is Timer.NOTICE:  # the other quiet ones ask for nothing
                    yield _Found.of(row, is_renewal=False)
        for cohort, since in cohorts.items():
            mark = Mark.parse(marks[cohort.name]) if cohort.name in marks else Mark(since)
            for row in renewals(self.indexes.slots, cohort, mark, until, COUNTED_PAGE):
                if (row.partner, row.subscription_id) not in seen:
                    seen.add((row.partner, row.subscription_id))
                    yield _Found.of(row, is_renewal=True)

    def _amount(self, partner: str, plan: str, bills: int) -> Money | None:
        found = self._plan(partner, plan)
        return Money(found.price.minor * bills, found.price.currency) if found else None

    def _plan(self, partner: str, plan: str) -> Plan | None:
        try:
            return self.catalog.plan(partner, plan)
        except PlanNotFound:
            return None


@dataclass(frozen=True, slots=True)
class _Found:
    at: datetime
    partner: str
    plan: str
    timer: Timer
    is_renewal: bool

    @classmethod
    def of(cls, due: Due, is_renewal: bool) -> "_Found":
        return cls(due.at, due.partner, due.plan, due.timer, is_renewal)
