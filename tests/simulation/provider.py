"""What both simulated providers have: a ledger of every debit, callbacks on their way, and debits that land late."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.domain.rails import RULES
from pinbill.usecases.callback import Report
from pinbill.usecases.calls import BillOrder
from tests.simulation.clock import VirtualClock
from tests.simulation.faults import Fault
from tests.simulation.scheduler import Crash, Scheduler

HANGS = timedelta(minutes=3, seconds=50)  # with the time that a claim may wait to be sent: less than its lease
LATE_CALLBACK = timedelta(days=2)

LOST = BillResult(AttemptState.UNKNOWN, code="timeout", meaning="The answer was lost.")
NOT_SENT = BillResult(AttemptState.NOT_SENT, code="connect_failed", meaning="Nothing was sent.")
REFUSALS = {
    Fault.REFUSED: BillResult(AttemptState.DECLINED, "http_403", FailureClass.REFUSED),
    Fault.THROTTLED: BillResult(AttemptState.DECLINED, "http_429", FailureClass.REFUSED, retry_after=30),
}
DECLINES = {
    Fault.SOFT: ("AA", FailureClass.SOFT),
    Fault.LIMIT: ("A6", FailureClass.LIMIT),
    Fault.HARD: ("A5", FailureClass.HARD),
    Fault.TECHNICAL: ("AF", FailureClass.TECHNICAL),
    Fault.UNLISTED: ("ZZ", FailureClass.UNLISTED),
}


@dataclass(frozen=True, slots=True)
class Debit:
    """Money that was taken: under which reference, how much, when."""

    reference: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A callback on its way; it arrives at `not_before` or later."""

    report: Report
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Landing:
    """A bill that is carried out later than its caller waited."""

    at: datetime
    order: BillOrder
    callback: Fault | None


class Witness(Protocol):
    """Who is told of SMS, of bills, of debits, and of those whose answer will say declined."""

    def sent_pin(self) -> None: ...

    def asked(self, reference: str) -> None: ...

    def contradicts(self, reference: str) -> None: ...

    def debited(self, debit: Debit) -> None: ...


class Provider:
    """The part of a provider that takes money. `deliver` handles a callback now, before anything else goes on."""

    rail: RailName

    def __init__(self, scheduler: Scheduler, clock: VirtualClock, witness: Witness) -> None:
        self.scheduler = scheduler
        self.clock = clock
        self.witness = witness
        self.deliver: Callable[[Report], None] = lambda report: None  # set by the world, whose callbacks need it
        self.ledger: list[Debit] = []
        self.waiting: list[Waiting] = []
        self.landings: list[Landing] = []
        self.transactions = 0

    def billed(self, order: BillOrder, fault: Fault | None, callback: Fault | None) -> BillResult:
        """Answer a bill as `fault` wants it."""
        scheduler = self.scheduler
        match fault:
            case None:
                return self.carry_out(order, callback)
            case Fault.NOT_SENT:
                return NOT_SENT
            case Fault.LOST_DEBITED:
                self.carry_out(order, callback)
                return LOST
            case Fault.LOST_UNDEBITED:
                return LOST
            case Fault.LATE_DEBIT:
                # Nobody waits for the answer that an early callback would precede.
                later = None if callback is Fault.CALLBACK_EARLY else callback
                self.landings.append(Landing(self.clock.true + RULES[self.rail].settle_window / 2, order, later))
                return LOST
            case Fault.HANG | Fault.HANG_UNDEBITED:
                result = self.carry_out(order, callback) if fault is Fault.HANG else None
                self.clock.move(HANGS)
                scheduler.let_others_go_on()
                return result or self.carry_out(order, callback)
            case Fault.CRASH_DEBITED:
                self.carry_out(order, callback)
                raise Crash
            case Fault.CRASH_UNDEBITED | Fault.CRASH:
                raise Crash
            case Fault.REFUSED | Fault.THROTTLED:
                return REFUSALS[fault]
            case _:
                return self.decline(order, fault, callback)

    def carry_out(self, order: BillOrder, callback: Fault | None) -> BillResult:
        """Take the money, and answer."""
        raise NotImplementedError

    def decline(self, order: BillOrder, fault: Fault, callback: Fault | None) -> BillResult:
        raise NotImplementedError

    def debit(self, reference: str, amount: Money) -> None:
        debit = Debit(reference, amount, self.clock.true)
        self.ledger.append(debit)
        self.witness.debited(debit)

    def next_transaction(self) -> str:
        self.transactions += 1
        return str(self.transactions)

    def send(self, report: Report, callback: Fault | None) -> None:
        """Send a callback, as the fault wants it."""
        match callback:
            case Fault.CALLBACK_LOST:
                return
            case Fault.CALLBACK_EARLY:
                self.deliver(report)
            case Fault.CALLBACK_LATE:
                self.waiting.append(Waiting(report, self.clock.true + LATE_CALLBACK))
            case Fault.CALLBACK_TWICE:
                self.waiting += [Waiting(report, self.clock.true)] * 2
            case _:
                self.waiting.append(Waiting(report, self.clock.true))

    def take_arrived(self) -> list[Report]:
        """The callbacks that arrive now."""
        arrived = [waiting.report for waiting in self.waiting if waiting.not_before <= self.clock.true]
        self.waiting = [waiting for waiting in self.waiting if waiting.not_before > self.clock.true]
        return arrived

    def catch_up(self) -> None:
        """Carry out what its time has come for."""
        due = [landing for landing in self.landings if landing.at <= self.clock.true]
        self.landings = [landing for landing in self.landings if landing.at > self.clock.true]
        for landing in due:
            self.carry_out(landing.order, landing.callback)

    def next_event(self) -> datetime | None:
        """When something happens here next without anybody's doing."""
        moments = [landing.at for landing in self.landings] + [waiting.not_before for waiting in self.waiting]
        return min(moments, default=None)

    def owes(self, subscription: str) -> bool:
        """Whether something of this subscription is still to come: a debit, or (of anybody's) a callback."""
        return bool(self.waiting) or any(is_of(landing.order.reference, subscription) for landing in self.landings)

    def shows(self, reference: str) -> AttemptState | None:
        """What its report says of a bill; None when it has none."""
        debited = any(debit.reference == reference for debit in self.ledger)
        return AttemptState.PAID if debited else None

    def snapshot(self) -> tuple[object, ...]:
        return tuple(self.ledger), tuple(self.waiting), tuple(self.landings), self.transactions

    def restore(self, snapshot: tuple[object, ...]) -> None:
        ledger, waiting, landings, transactions = snapshot
        assert isinstance(ledger, tuple)
        assert isinstance(waiting, tuple)
        assert isinstance(landings, tuple)
        assert isinstance(transactions, int)
        self.ledger, self.waiting, self.landings = list(ledger), list(waiting), list(landings)
        self.transactions = transactions


def is_of(reference: str, subscription: str) -> bool:
    """Whether an attempt's reference is one of this subscription's."""
    return reference.rpartition("-")[0] == subscription
