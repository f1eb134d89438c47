"""What the operator is told of a load before it is billed: the shipped preview, and the model that prices it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from unittest.mock import patch

from bench.loads import Load
from ops.costs import Cost, Handing, Setup, cost_of, schedule_cost
from pinbill.domain import forecast
from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Allotment, Pace, allot
from pinbill.usecases.preview import Preview


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds from now to the last call, and dollars."""

    seconds: dict[RailName, float]
    cost: Cost
    calls: int
    late: float = 0.0  # seconds that a group waited for a worker, at most

    @property
    def makespan(self) -> float:
        return max(self.seconds.values(), default=0.0)


@contextmanager
def counted_groups() -> Iterator[list[int]]:
    """The sizes of the groups that forecasts meanwhile allot; a run's end with a 0."""
    found: list[int] = []

    def counting(pace: Pace, start: datetime, wanted: int) -> list[Allotment]:
        allotments = allot(pace, start, wanted)
        found.extend([*(allotment.count for allotment in allotments), 0])
        return allotments

    with patch.object(forecast, "allot", counting):
        yield found


def foreseen(given: Load, preview: Preview, rails: Sequence[RailName], setup: Setup) -> Outcome:
    """By the preview alone, and the shares of the days before."""
    cost, seconds, calls, partners, plans = Cost({}), dict[RailName, float](), 0, 0, 0
    for rail in rails:
        with counted_groups() as groups:
            found = preview(rail, given.until)
        assert found.forecast.last is not None
        seconds[rail] = (found.forecast.last - given.now).total_seconds()
        otherwise = given.declines + (given.pends if rail is RailName.SIGNZY else 0.0)
        cost += cost_of(
            sum(plan.renewals for plan in found.plans),
            sum(plan.retries for plan in found.plans),
            sum(plan.looks for plan in found.plans),
            Pace(given.rates[rail]),
            setup,
            plans=len(found.plans),
            otherwise=otherwise,
            handed=Handing(seconds[rail], groups.count(0), len(groups) - groups.count(0)),
        )
        calls += found.forecast.calls
        partners += len({plan.partner for plan in found.plans})
        plans += len(found.plans)
    cost += schedule_cost(max(seconds.values()), setup, rails=len(rails), partners=partners, plans=plans)
    return Outcome(seconds, cost, calls)
