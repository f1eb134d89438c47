"""The shipped use cases over memory, a clock that is moved, and the carrier that judges."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import override

from pinbill.domain.catalog import Plan, RailName, Service
from pinbill.domain.change import Change
from pinbill.domain.ending import When
from pinbill.domain.journal import Entry
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.number_use import NumberUse
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.pin_guards import FIGURES, Guards
from pinbill.domain.repeats import Remembered
from pinbill.domain.subscription import Subscription
from pinbill.errors import PinbillError
from pinbill.usecases.activities import Activities
from pinbill.usecases.cancel import Cancel
from pinbill.usecases.measures import Measure
from pinbill.usecases.payments import Payments
from pinbill.usecases.pin_confirm import PinConfirm
from pinbill.usecases.pin_guard import PinGuard
from pinbill.usecases.pin_request import PinRequest, Subscribe
from pinbill.usecases.ports.rails import Rails
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.settling import Settling
from tests.attack.carrier import Carrier
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.ids import SeededIds
from tests.fakes.rails import FakeMandateRail
from tests.fakes.stops import InMemoryStops
from tests.fakes.store import InMemoryStore
from tests.fakes.tallies import InMemoryTallies

NETWORK = ("234", "10")
CALLING_CODE = "999"  # assigned to no country
UNGUARDED = Guards(**dict.fromkeys(FIGURES, 10_000_000))
PARTNERS = tuple(f"p{n:02}" for n in range(20))
SERVICES = tuple(f"s{n}" for n in range(8))


class Metrics(Telemetry):
    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()

    @override
    def observe(
        self, what: Observation, value: int = 1, dimensions: Mapping[str, str] | None = None, **fields: str | int
    ) -> None:
        if what is Observation.SMS_REFUSED and dimensions:
            self.refused[dimensions["guard"]] += 1

    @override
    def measure(self, what: Measure, value: float, dimensions: Mapping[str, str]) -> None:
        return


class RacingTallies(InMemoryTallies):
    """A crowd: what is read is often what was there before somebody else's write."""

    def __init__(self, random: Random, stale: float) -> None:
        super().__init__()
        self._random, self._stale, self.calls = random, stale, 0
        self._earlier: dict[Msisdn, NumberUse] = {}

    @override
    def number(self, msisdn: Msisdn) -> NumberUse:
        if self._random.random() < self._stale:
            return self._earlier.get(msisdn, NumberUse())
        return super().number(msisdn)

    @override
    def put_number(self, msisdn: Msisdn, use: NumberUse) -> bool:
        before = self.uses.get(msisdn, NumberUse())
        written = super().put_number(msisdn, use)
        if written:
            self._earlier[msisdn] = before
        return written

    @override
    def _ask(self, what: str) -> None:
        """Counted, for there are millions."""
        self.calls += 1


class CountingStore(InMemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    @override
    def subscription(self, partner: str, id: str) -> Subscription:
        self.calls += 1
        return super().subscription(partner, id)

    @override
    def create(self, subscription: Subscription, entry: Entry, remembered: Remembered | None = None) -> Subscription:
        self.calls += 1
        return super().create(subscription, entry, remembered)

    @override
    def commit(self, change: Change) -> None:
        self.calls += 1
        super().commit(change)


class Stage:
    """Twenty partners with eight services each; each service has one plan, with a free period or without."""

    def __init__(
        self, seed: int, guards: Guards, *, digits: int = 6, stale: float = 0.0, partners: Sequence[str] = PARTNERS
    ) -> None:
        self.random, self.clock, self.guards = Random(seed), FakeClock(), guards
        self.carrier, self.metrics = Carrier(self.clock, self.random, digits), Metrics()
        self.store, self.tallies = CountingStore(), RacingTallies(self.random, stale)
        self.own: dict[str, Mapping[str, int]] = {}
        catalog, ids = InMemoryCatalog(), SeededIds(seed)
        for partner in partners:
            for service in SERVICES:
                catalog.put_service(Service(partner, service, RailName.INFOMEDIA, f"{partner} {service}"))
                catalog.put_plan(_plan(partner, service))
        self.guard = PinGuard(self.tallies, guards, lambda partner: self.own.get(partner, {}), self.clock, self.metrics)
        settling = Settling(self.store, self.clock, self.metrics)
        rails = Rails(self.carrier, FakeMandateRail())
        payments = Payments(self.store, rails, self.clock, ids, settling, InMemoryStops())
        activities = Activities(self.store, self.carrier, self.clock, self.metrics)
        self._request = PinRequest(self.store, catalog, self.carrier, self.clock, ids, self.guard)
        self._confirm = PinConfirm(self.store, catalog, self.carrier, payments, activities, self.clock, self.guard)
        self._cancel = Cancel(self.store, catalog, activities, self.clock)

    def subscribe(self, partner: str, service: str, who: Msisdn, address: str | None = None) -> str:
        """The id. Raises what a partner is answered."""
        command = Subscribe(partner, service, who, NETWORK, address=address)
        return self._request.subscribe(command).id

    def resend(self, partner: str, id: str, address: str | None = None) -> None:
        self._request.resend(partner, id, address)

    def confirm(self, partner: str, id: str, pin: str, address: str | None = None) -> None:
        self._confirm(partner, id, pin, address=address)

    def cancel(self, partner: str, id: str) -> None:
        self._cancel(partner, id, When.NOW, "test")

    def guess(self, partner: str, id: str) -> type[PinbillError] | None:
        """What a random PIN is answered; None when it was the right one."""
        digits = self.carrier._digits
        try:
            self.confirm(partner, id, f"{self.random.randrange(10**digits):0{digits}}")
        except PinbillError as error:
            return type(error)
        return None

    def pass_time(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))


def _plan(partner: str, service: str) -> Plan:
    free = 7 if service != SERVICES[-1] else 0
    monthly = Recurrence(Unit.MONTH, 1)
    price = Money(450, "GBP")
    return Plan(partner, service, service, "Plan", price, monthly, "Europe/London", free, countries=(CALLING_CODE,))


def person(prefix: int, rest: int) -> Msisdn:
    """A number of the country that is none: a prefix of 1,000, and a million numbers in it."""
    return Msisdn(f"+{CALLING_CODE}{prefix:03}{rest:06}")
