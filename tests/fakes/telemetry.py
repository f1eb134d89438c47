"""Telemetry that remembers what it was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import override

from pinbill.usecases.ports import Observation, Telemetry


@dataclass(frozen=True, slots=True)
class Observed:
    what: Observation
    value: int
    dimensions: Mapping[str, str]
    fields: Mapping[str, str | int]


@dataclass(slots=True)
class RecordingTelemetry(Telemetry):
    observed: list[Observed] = field(default_factory=list)

    @override
    def observe(
        self, what: Observation, value: int = 1, dimensions: Mapping[str, str] | None = None, **fields: str | int
    ) -> None:
        self.observed.append(Observed(what, value, dimensions or {}, fields))

    def count(self, what: Observation) -> int:
        """The sum of all values of `what`."""
        return sum(observed.value for observed in self.observed if observed.what is what)
