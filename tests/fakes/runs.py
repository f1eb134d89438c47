"""The Runs port in memory."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import override

from pinbill.domain.catalog import RailName
from pinbill.domain.progress import Place, Progress
from pinbill.domain.records import changed
from pinbill.usecases.ports.billing import Runs


class InMemoryRuns(Runs):
    def __init__(self) -> None:
        self.rows: dict[Place, Progress] = {}
        self._days: defaultdict[tuple[RailName, date], set[Place]] = defaultdict(set)

    @override
    def of_day(self, rail: RailName, day: date) -> Sequence[Progress]:
        return [self.rows[place] for place in sorted(self._days[rail, day]) if place in self.rows]

    @override
    def progress(self, place: Place) -> Progress:
        return self.rows.get(place) or Progress(place)

    @override
    def put(self, progress: Progress) -> bool:
        if self.progress(progress.place).version != progress.version:
            return False
        self.rows[progress.place] = changed(progress, version=progress.version + 1)
        self._days[progress.place.rail, progress.place.day].add(progress.place)
        return True
