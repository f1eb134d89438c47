"""Calls of the providers, counted and timed: each rail as it is, with a meter around it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import override

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.providers.failures import TIMEOUTS
from pinbill.providers.infomedia import wire
from pinbill.providers.signzy.client import ALIKE, NOT_LISTED
from pinbill.usecases.calls import Answer, BillOrder, CallResult, PaymentQuery, PinCheck, PinOrder, Subscriber
from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.rails import MandateRail, PhoneRail, Rails
from pinbill.usecases.ports.telemetry import Telemetry

CHARGE, PAYMENTS = "Charge", "Payments"  # Signzy's; Infomedia's have the names of its methods


class Result(StrEnum):
    """What a call says of the provider, not of the subscriber: a decline is an answer like any other."""

    OK = "ok"
    REFUSED = "refused"  # to us: key, product, request, pace
    FAILED = "failed"  # nothing was sent, or there is no answer that can be read
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Meter:
    """Of one rail's calls. A search that reads several pages is one call."""

    rail: RailName
    telemetry: Telemetry
    steady: Callable[[], float]

    def __call__[Outcome: (BillResult, CallResult)](self, operation: str, call: Callable[[], Outcome]) -> Outcome:
        begun = self.steady()
        outcome = call()
        which = {"rail": self.rail.value, "operation": operation}
        self.telemetry.measure(Measure.PROVIDER_MILLISECONDS, round((self.steady() - begun) * 1000), which)
        self.telemetry.measure(Measure.PROVIDER_CALL, 1, {**which, "result": result_of(outcome).value})
        return outcome


class MeteredPhoneRail(PhoneRail):
    def __init__(self, rail: PhoneRail, meter: Meter) -> None:
        self._rail = rail
        self._meter = meter

    @override
    def bill(self, order: BillOrder) -> BillResult:
        operation = wire.BILL if order.pin is None else wire.FIRST_BILL
        return self._meter(operation, lambda: self._rail.bill(order))

    @override
    def send_pin(self, order: PinOrder) -> CallResult:
        return self._meter(wire.PIN_GENERATE, lambda: self._rail.send_pin(order))

    @override
    def check_pin(self, check: PinCheck) -> CallResult:
        return self._meter(wire.PIN_VALIDATE, lambda: self._rail.check_pin(check))

    @override
    def log_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return self._meter(wire.LOG, lambda: self._rail.log_activity(subscriber, reference))

    @override
    def close_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return self._meter(wire.CLOSE, lambda: self._rail.close_activity(subscriber, reference))


class MeteredMandateRail(MandateRail):
    def __init__(self, rail: MandateRail, meter: Meter) -> None:
        self._rail = rail
        self._meter = meter

    @override
    def bill(self, order: BillOrder) -> BillResult:
        return self._meter(CHARGE, lambda: self._rail.bill(order))

    @override
    def find_payment(self, query: PaymentQuery) -> BillResult:
        return self._meter(PAYMENTS, lambda: self._rail.find_payment(query))


def metered(rails: Rails, telemetry: Telemetry, steady: Callable[[], float] = time.monotonic) -> Rails:
    phone, bank = (Meter(rail, telemetry, steady) for rail in (RailName.INFOMEDIA, RailName.SIGNZY))
    return Rails(MeteredPhoneRail(rails.infomedia, phone), MeteredMandateRail(rails.signzy, bank))


def result_of(outcome: BillResult | CallResult) -> Result:
    if isinstance(outcome, BillResult):
        refused, answered = outcome.failure is FailureClass.REFUSED, _is_answered(outcome)
    else:
        refused = outcome.answer in (Answer.REFUSED, Answer.BUSY)
        answered = outcome.answer in (Answer.DONE, Answer.REJECTED)
    if refused:
        return Result.REFUSED
    if answered:
        return Result.OK
    return Result.TIMED_OUT if outcome.code in TIMEOUTS else Result.FAILED


def _is_answered(outcome: BillResult) -> bool:
    return outcome.state not in (AttemptState.NOT_SENT, AttemptState.UNKNOWN) or outcome.code in (NOT_LISTED, ALIKE)
