"""Infomedia as its client reports it: bills decided at once, a charge callback with our reference, activities."""

from typing import override

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass, PinVerdict
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.usecases.callback import BillReported
from pinbill.usecases.calls import Answer, BillOrder, CallResult, PinCheck, PinOrder, Subscriber
from pinbill.usecases.ports.rails import PhoneRail
from tests.simulation.clock import VirtualClock
from tests.simulation.faults import Fault, Port
from tests.simulation.provider import DECLINES, LOST, Provider, Witness
from tests.simulation.scheduler import Crash, Scheduler

DONE = CallResult(Answer.DONE)
ANSWERS = {
    Fault.NOT_SENT: CallResult(Answer.NOT_SENT, "connect_failed"),
    Fault.ANSWER_LOST: CallResult(Answer.UNCLEAR, "timeout"),
    Fault.NEVER_ARRIVED: CallResult(Answer.UNCLEAR, "timeout"),
    Fault.REJECTED: CallResult(Answer.REJECTED, "A5", failure=FailureClass.HARD),
    Fault.REFUSED: CallResult(Answer.REFUSED, "http_403", failure=FailureClass.REFUSED),
    Fault.BUSY: CallResult(Answer.BUSY, "http_429", retry_after=5),
}
SEND = "send PIN"
TAKES_EFFECT = (None, Fault.ANSWER_LOST, Fault.CRASH_AFTER)


class PhoneProvider(Provider, PhoneRail):
    """`active` says of every subscription that it was told of whether it takes it for running."""

    rail = RailName.INFOMEDIA

    def __init__(self, scheduler: Scheduler, clock: VirtualClock, witness: Witness) -> None:
        super().__init__(scheduler, clock, witness)
        self.active: dict[str, bool] = {}

    @override
    def bill(self, order: BillOrder) -> BillResult:
        port = Port.BILL if order.pin is None else Port.FIRST_BILL
        fault = self.scheduler.step(port, f"bill {order.reference}")
        callback = self.scheduler.take_callback_fault()
        self.witness.asked(order.reference)
        if fault is Fault.WRONG_PIN:
            return BillResult(AttemptState.DECLINED, "P1", FailureClass.PIN, pin=PinVerdict.WRONG)
        if fault is Fault.CONTRADICTED:
            self.witness.contradicts(order.reference)
            self.carry_out(order, callback)
            return self._declined(Fault.SOFT)
        if fault is Fault.MISREPORTED:
            other = Money(order.amount.minor + 1, order.amount.currency)
            self.send(BillReported(order.reference, other, BillResult(AttemptState.PAID, "00")), callback)
            return LOST
        return self.billed(order, fault, callback)

    @override
    def carry_out(self, order: BillOrder, callback: Fault | None) -> BillResult:
        paid = BillResult(AttemptState.PAID, "00", provider_reference=self.next_transaction())
        self.debit(order.reference, order.amount)
        if callback is Fault.CALLBACK_LIES:
            self._report(order, self._declined(Fault.SOFT), None)
            callback = Fault.CALLBACK_LATE
        self._report(order, paid, callback)
        return paid

    @override
    def decline(self, order: BillOrder, fault: Fault, callback: Fault | None) -> BillResult:
        declined = self._declined(fault)
        self._report(order, declined, callback)
        return declined

    def _declined(self, fault: Fault) -> BillResult:
        code, failure = DECLINES[fault]
        return BillResult(AttemptState.DECLINED, code, failure, provider_reference=self.next_transaction())

    def _report(self, order: BillOrder, result: BillResult, callback: Fault | None) -> None:
        self.send(BillReported(order.reference, order.amount, result), callback)

    @override
    def send_pin(self, order: PinOrder) -> CallResult:
        return self._call(SEND)

    @override
    def check_pin(self, check: PinCheck) -> CallResult:
        return self._call("check PIN")

    @override
    def log_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return self._call(f"log {reference}", reference, active=True)

    @override
    def close_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return self._call(f"close {reference}", reference, active=False)

    def _call(self, what: str, reference: str | None = None, *, active: bool = False) -> CallResult:
        fault = self.scheduler.step(Port.CALL, what)
        if fault is Fault.CRASH:
            raise Crash
        if fault in TAKES_EFFECT and reference is not None:
            self.active[reference] = active
        if fault in TAKES_EFFECT and what == SEND:
            self.witness.sent_pin()
        if fault is Fault.CRASH_AFTER:
            raise Crash
        return ANSWERS[fault] if fault is not None else DONE

    @override
    def snapshot(self) -> tuple[object, ...]:
        return (dict(self.active), *super().snapshot())

    @override
    def restore(self, snapshot: tuple[object, ...]) -> None:
        active, *rest = snapshot
        assert isinstance(active, dict)
        self.active = dict(active)
        super().restore(tuple(rest))
