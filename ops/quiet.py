"""Telemetry of a command: its metrics are the functions' to count, what it did stands in the ledger."""

from collections.abc import Mapping
from typing import override

from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.telemetry import Observation, Telemetry


class Quiet(Telemetry):
    @override
    def observe(
        self, what: Observation, value: int = 1, dimensions: Mapping[str, str] | None = None, **fields: str | int
    ) -> None:
        """Say nothing."""

    @override
    def measure(self, what: Measure, value: float, dimensions: Mapping[str, str]) -> None:
        """Likewise."""
