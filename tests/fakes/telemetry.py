"""Telemetry that remembers what it was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import override

from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.telemetry import Observation, Telemetry


@dataclass(frozen=True, slots=True)
class Observed:
    what: Observation
    value: int
    dimensions: Mapping[str, str]
    fields: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Measured:
    what: Measure
    value: float
    dimensions: Mapping[str, str]


@dataclass(slots=True)
class RecordingTelemetry(Telemetry):
    observed: list[Observed] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)

    @override
    def observe(
        self, what: Observation, value: int = 1, dimensions: Mapping[str, str] | None = None, **fields: str | int
    ) -> None:
        self.observed.append(Observed(what, value, dimensions or {}, fields))

    @override
    def measure(self, what: Measure, value: float, dimensions: Mapping[str, str]) -> None:
        self.measured.append(Measured(what, value, dimensions))

    def values(self, what: Measure, **dimensions: str) -> list[float]:
        """Every value of `what` with these dimensions, in the order in which they came."""
        return [each.value for each in self.measured if each.what is what and each.dimensions == dimensions]

    def count(self, what: Observation) -> int:
        """The sum of all values of `what`."""
        return sum(observed.value for observed in self.observed if observed.what is what)
