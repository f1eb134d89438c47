"""Providers inside the process: what they are asked, when, and how long they take to answer."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import override
from uuid import NAMESPACE_OID, uuid5

from bench.clocks import Time
from bench.latency import Latency
from bench.population import FOUND, PAID
from pinbill.domain.attempts import BillResult
from pinbill.usecases.calls import Answer, BillOrder, CallResult, PaymentQuery, PinCheck, PinOrder, Subscriber
from pinbill.usecases.ports.rails import MandateRail, PhoneRail

DONE = CallResult(Answer.DONE, "00")
READ_TIMEOUT = 60.0  # of the worker, by the template


class Processor:
    """The share of a processor that an environment has: its threads take turns."""

    def __init__(self, time: Time, share: float) -> None:
        self._time, self._share = time, share
        self._free_from = 0.0

    def work(self, seconds: float) -> None:
        now = self._time.steady()
        self._free_from = max(self._free_from, now) + seconds / self._share
        self._time.sleep(self._free_from - now)


@dataclass(slots=True)
class Called:
    """Every call that reached a provider: when, by the steady time, what it asked for, and for whom."""

    at: list[float] = field(default_factory=list)
    what: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    def add(self, at: float, what: str, reference: str) -> None:
        self.at.append(at)
        self.what.append(what)
        self.references.append(reference)


def always_paid(order: BillOrder) -> BillResult:
    """Each payment by a reference of its own, as logs have to hold it."""
    return (
        FOUND
        if order.subscriber.mandate
        else replace(PAID, provider_reference=str(uuid5(NAMESPACE_OID, order.reference)))
    )


@dataclass(slots=True)
class TimedRail(PhoneRail, MandateRail):
    """Both providers, as one environment calls them; `cpu_seconds` is what a call costs it with the writes around."""

    time: Time
    called: Called
    latency: Latency
    random: Random
    processor: Processor | None = None
    cpu_seconds: float = 0.0
    answer: Callable[[BillOrder], BillResult] = always_paid
    found: Callable[[PaymentQuery], BillResult] = lambda query: FOUND

    @override
    def bill(self, order: BillOrder) -> BillResult:
        self._exchange("bill", order.reference)
        return self.answer(order)

    @override
    def find_payment(self, query: PaymentQuery) -> BillResult:
        assert query.subscriber.mandate is not None
        self._exchange("look", query.subscriber.mandate)
        return self.found(query)

    @override
    def send_pin(self, order: PinOrder) -> CallResult:
        self._exchange("pin", order.reference)
        return DONE

    @override
    def check_pin(self, check: PinCheck) -> CallResult:
        self._exchange("pin", check.reference)
        return DONE

    @override
    def log_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        self._exchange("activity", reference)
        return DONE

    @override
    def close_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        self._exchange("activity", reference)
        return DONE

    def _exchange(self, what: str, reference: str) -> None:
        self.called.add(self.time.steady(), what, reference)
        # What hangs is held until the client hears no longer; what it makes of that is not what is measured here.
        self.time.sleep(min(self.latency.draw(self.random), READ_TIMEOUT))
        if self.processor:
            self.processor.work(self.cpu_seconds)
