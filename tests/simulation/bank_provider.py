"""Signzy as its client reports it: payments of a mandate, taken now and final hours later, that can be listed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import override

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.usecases.callback import MandateMoved
from pinbill.usecases.calls import BillOrder, PaymentQuery, Subscriber
from pinbill.usecases.ports.rails import MandateRail
from tests.simulation.clock import VirtualClock
from tests.simulation.faults import Fault, Port
from tests.simulation.provider import DECLINES, Provider, Witness, is_of
from tests.simulation.scheduler import Crash, Scheduler

FINAL_AFTER = timedelta(hours=20)
CLOCK_SKEW = timedelta(minutes=2)  # that the client allows for when it searches
REVOKED = BillResult(AttemptState.DECLINED, "http_404", FailureClass.HARD)
NOT_LISTED = BillResult(AttemptState.UNKNOWN, "payment_not_listed")
SEVERAL = BillResult(AttemptState.UNKNOWN, "payments_alike")
NOT_READ = BillResult(AttemptState.UNKNOWN, "payments_not_read")


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a mandate. `reference` is ours, which the bank never sees: it is kept for the judge."""

    id: str
    mandate: str
    amount: Money
    added_at: datetime
    reference: str
    state: AttemptState
    failure: FailureClass | None = None
    becomes: AttemptState = AttemptState.PAID
    final_at: datetime | None = None
    callback: Fault | None = None

    def result(self) -> BillResult:
        return BillResult(self.state, self.state.value, self.failure, provider_reference=self.id)


class BankProvider(Provider, MandateRail):
    rail = RailName.SIGNZY

    def __init__(self, scheduler: Scheduler, clock: VirtualClock, witness: Witness) -> None:
        super().__init__(scheduler, clock, witness)
        self.payments: dict[str, Payment] = {}
        self.revoked: set[str] = set()

    @override
    def bill(self, order: BillOrder) -> BillResult:
        fault = self.scheduler.step(Port.CHARGE, f"charge {order.reference}")
        callback = self.scheduler.take_callback_fault()
        self.witness.asked(order.reference)
        if _mandate(order.subscriber) in self.revoked and fault is None:
            return REVOKED
        match fault:
            case Fault.PAID_NOW:
                return self._add(order, AttemptState.PAID, callback=callback).result()
            case Fault.FAILS_LATER:
                pending = self._add(order, AttemptState.PENDING, callback=callback)
                self.payments[pending.id] = replace(pending, becomes=AttemptState.DECLINED)
                return pending.result()
            case _:
                return self.billed(order, fault, callback)

    @override
    def carry_out(self, order: BillOrder, callback: Fault | None) -> BillResult:
        early = callback is Fault.CALLBACK_EARLY
        return self._add(order, AttemptState.PAID if early else AttemptState.PENDING, callback=callback).result()

    @override
    def decline(self, order: BillOrder, fault: Fault, callback: Fault | None) -> BillResult:
        _, failure = DECLINES[fault]
        return self._add(order, AttemptState.DECLINED, failure).result()

    def _add(
        self, order: BillOrder, state: AttemptState, failure: FailureClass | None = None, callback: Fault | None = None
    ) -> Payment:
        mandate = _mandate(order.subscriber)
        final_at = self.clock.true + FINAL_AFTER if state is AttemptState.PENDING else None
        made = Payment(
            self.next_transaction(),
            mandate,
            order.amount,
            self.clock.true,
            order.reference,
            state,
            failure,
            final_at=final_at,
            callback=callback,
        )
        self.payments[made.id] = made
        if state is AttemptState.PAID:
            self._paid(made)
        return made

    def _paid(self, payment: Payment) -> None:
        self.debit(payment.reference, payment.amount)
        self.send(MandateMoved(payment.mandate, revoked=False), payment.callback)

    @override
    def find_payment(self, query: PaymentQuery) -> BillResult:
        fault = self.scheduler.step(Port.FIND, "find payment")
        if fault is Fault.CRASH:
            raise Crash
        if fault is Fault.ANSWER_LOST:
            return NOT_READ
        if query.provider_reference is not None:
            found = self.payments.get(query.provider_reference)
            return found.result() if found else NOT_READ
        since = query.claimed_at - CLOCK_SKEW
        candidates = [
            payment
            for payment in self.payments.values()
            if payment.mandate == _mandate(query.subscriber)
            and payment.amount == query.amount
            and payment.added_at >= since
            and payment.id not in query.known
        ]
        if not candidates:
            return NOT_LISTED
        return candidates[0].result() if len(candidates) == 1 else SEVERAL

    def revoke(self, mandate: str) -> None:
        """The user withdraws the mandate at the bank; what was taken already goes on."""
        if mandate not in self.revoked:
            self.revoked.add(mandate)
            self.send(MandateMoved(mandate, revoked=True), None)

    @override
    def catch_up(self) -> None:
        super().catch_up()
        for payment in list(self.payments.values()):
            if payment.final_at is None or payment.final_at > self.clock.true:
                continue
            failure = FailureClass.SOFT if payment.becomes is AttemptState.DECLINED else None
            final = replace(payment, state=payment.becomes, failure=failure, final_at=None)
            self.payments[payment.id] = final
            if final.state is AttemptState.PAID:
                self._paid(final)

    @override
    def next_event(self) -> datetime | None:
        moments = [payment.final_at for payment in self.payments.values() if payment.final_at is not None]
        other = super().next_event()
        return min([*moments, other] if other else moments, default=None)

    @override
    def owes(self, subscription: str) -> bool:
        return super().owes(subscription) or any(
            payment.final_at is not None and is_of(payment.reference, subscription)
            for payment in self.payments.values()
        )

    @override
    def shows(self, reference: str) -> AttemptState | None:
        return next((payment.state for payment in self.payments.values() if payment.reference == reference), None)

    @override
    def snapshot(self) -> tuple[object, ...]:
        return (dict(self.payments), frozenset(self.revoked), *super().snapshot())

    @override
    def restore(self, snapshot: tuple[object, ...]) -> None:
        payments, revoked, *rest = snapshot
        assert isinstance(payments, dict)
        assert isinstance(revoked, frozenset)
        self.payments, self.revoked = dict(payments), set(revoked)
        super().restore(tuple(rest))


def _mandate(subscriber: Subscriber) -> str:
    return subscriber.mandate if subscriber.mandate else ""
