"""What halts a billing day and what counts it, with a fault possible at every call: stops, and the progress of runs."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.domain.progress import Place, Progress
from pinbill.domain.stops import Scope, Stop
from pinbill.usecases.ports.billing import Runs, Stops
from tests.simulation.faults import Port
from tests.simulation.faulty_dispatch import written
from tests.simulation.faulty_readings import fail_or_go_on
from tests.simulation.scheduler import Scheduler


class FaultyStops(Stops):
    """The Stops port. Only the first look of an actor is a step: a process keeps what it has read for some seconds."""

    def __init__(self, inner: Stops, scheduler: Scheduler, told: Callable[[int], None]) -> None:
        self._inner = inner
        self._scheduler = scheduler
        self._told = told

    @override
    def standing(self) -> Sequence[Stop]:
        if self._scheduler.running().look is None:
            fail_or_go_on(self._scheduler.step(Port.STOPS, "read stops"))
        self._told(self._scheduler.ticks)
        return self._inner.standing()

    @override
    def put(self, stop: Stop) -> None:
        fault = self._scheduler.step(Port.STOP, "stop", stop.scope.name)
        written(fault, lambda: self._inner.put(stop))

    @override
    def lift(self, scope: Scope) -> None:
        fault = self._scheduler.step(Port.STOP, "lift", scope.name)
        written(fault, lambda: self._inner.lift(scope))


class WatchedStops(Stops):
    """The Stops port as it is shipped, whose steps are its requests: `as_of` is the tick of the last of them."""

    def __init__(self, inner: Stops, as_of: Callable[[], int], told: Callable[[int], None]) -> None:
        self._inner = inner
        self._as_of = as_of
        self._told = told

    @override
    def standing(self) -> Sequence[Stop]:
        found = self._inner.standing()
        self._told(self._as_of())
        return found

    @override
    def put(self, stop: Stop) -> None:
        self._inner.put(stop)

    @override
    def lift(self, scope: Scope) -> None:
        self._inner.lift(scope)


class FaultyRuns(Runs):
    """The Runs port. A row is read and written in one step: who comes in between is met by the write's version, and a
    read that fails ends the same as a write that does."""

    def __init__(self, inner: Runs, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    @override
    def of_day(self, rail: RailName, day: date) -> Sequence[Progress]:
        fail_or_go_on(self._scheduler.step(Port.PROGRESS, "read progress of", rail))
        return self._inner.of_day(rail, day)

    @override
    def progress(self, place: Place) -> Progress:
        return self._inner.progress(place)

    @override
    def put(self, progress: Progress) -> bool:
        fault = self._scheduler.step(Port.COUNT, "write progress of", progress.place.plan)
        return written(fault, lambda: self._inner.put(progress))
