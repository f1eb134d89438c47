"""A guard of PINs by itself, over tallies that a test can look at, fail, and be overtaken in."""

from dataclasses import replace
from typing import override

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.number_use import NumberUse
from pinbill.domain.pin_guards import Guards
from pinbill.errors import (
    PinbillError,
)
from pinbill.usecases.pin_guard import Asker, PinGuard
from pinbill.usecases.ports.telemetry import Observation
from tests.fakes.clock import FakeClock
from tests.fakes.tallies import InMemoryTallies
from tests.fakes.telemetry import RecordingTelemetry


class OvertakenTallies(InMemoryTallies):
    """The next reading of a number shows what was there before somebody else's write."""

    def __init__(self) -> None:
        super().__init__()
        self.overtaken = False

    @override
    def number(self, msisdn: Msisdn) -> NumberUse:
        overtaken, self.overtaken = self.overtaken, False
        return NumberUse() if overtaken else super().number(msisdn)


class Desk:
    """A guard by itself."""

    def __init__(self, **figures: int) -> None:
        self.tallies, self.clock, self.telemetry = OvertakenTallies(), FakeClock(), RecordingTelemetry()
        self.own: dict[str, int] = {}
        guards = replace(Guards(), **figures)
        self.guard = PinGuard(self.tallies, guards, lambda partner: self.own, self.clock, self.telemetry)

    def send(self, last: int = 123, partner: str = "acme", address: str | None = None, service: str = "news") -> str:
        """How it was answered."""
        try:
            self.guard.send(Asker(partner, service, number(last), address))
        except PinbillError as error:
            return error.code
        return "sent"

    def refusals(self) -> list[str]:
        return [seen.dimensions["guard"] for seen in self.telemetry.observed if seen.what is Observation.SMS_REFUSED]


def number(last: int) -> Msisdn:
    return Msisdn(f"+44770090{last:04}")
