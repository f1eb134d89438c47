"""Both providers as one: they answer by chance, and keep a ledger of their own of every debit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import override

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.usecases.callback import BillReported, MandateMoved, Report
from pinbill.usecases.calls import Answer, BillOrder, CallResult, PaymentQuery, PinCheck, PinOrder, Subscriber
from pinbill.usecases.ports.rails import MandateRail, PhoneRail
from tests.simulation.time_machine.agenda import Agenda
from tests.simulation.time_machine.catalog import BANK, PHONE

DONE = CallResult(Answer.DONE)
PAID = BillResult(AttemptState.PAID, "00")
# What becomes of a bill, in ten thousandths; the rest is paid. `lost` answers are those of timeouts.
FATES = {
    "no_funds": 450,
    "limit": 30,
    "technical": 40,
    "barred": 8,
    "unlisted": 4,
    "refused": 8,
    "not_sent": 40,
    "lost_debited": 60,
    "lost_undebited": 40,
    "died_debited": 6,
    "died_undebited": 6,
}
DECLINES = {
    "no_funds": FailureClass.SOFT,
    "limit": FailureClass.LIMIT,
    "technical": FailureClass.TECHNICAL,
    "barred": FailureClass.HARD,
    "unlisted": FailureClass.UNLISTED,
    "refused": FailureClass.REFUSED,
}
# Of those who have no funds, who has none for long; and for how many days at most.
STAYS_BROKE, LONGEST_BROKE = 0.25, 40
PENDING_SHARE, FAILS_LATER, REPORTED, UNACKNOWLEDGED = 0.25, 0.03, 0.85, 0.01
LATER = (timedelta(minutes=1), timedelta(hours=30))
NEVER_LISTED = BillResult(AttemptState.UNKNOWN, "payment_not_listed")


class Died(BaseException):
    """The process that asked is killed: nobody of it hears the answer."""


@dataclass(frozen=True, slots=True)
class Debit:
    """What was taken under our reference, and when."""

    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """What the bank knows of a mandate's payment. `reference` is ours, which the real one never sees."""

    id: str
    reference: str
    amount: Money
    at: datetime
    final_at: datetime
    succeeds: bool


class Provider(PhoneRail, MandateRail):
    """`fates` go wrong as chance has it, until `is_calm`."""

    def __init__(self, seed: int, agenda: Agenda[Report], now: Callable[[], datetime]) -> None:
        self.debits: dict[str, Debit] = {}
        self.is_calm = False
        self.asked = 0
        self._random = Random(seed)
        self._agenda = agenda
        self._now = now
        self._payments: dict[str, list[Payment]] = {}
        self._ids = count(1)
        self._broke_until: dict[str, datetime] = {}

    @override
    def bill(self, order: BillOrder) -> BillResult:
        self.asked += 1
        mandate = order.subscriber.mandate
        fate = self._fate(order.reference.partition("-")[0])
        if fate in DECLINES:
            wait = 60 if fate == "refused" else None
            return BillResult(AttemptState.DECLINED, fate, DECLINES[fate], retry_after=wait)
        if fate == "not_sent":
            return BillResult(AttemptState.NOT_SENT, "connect_failed")
        takes = not fate.endswith("undebited")
        answer = self._charge(order, mandate) if mandate and takes else PAID
        if takes and not mandate:
            self._debit(order.reference, order.amount)
            if fate != "paid" and self._random.random() < REPORTED:
                self._agenda.add(self._later(), self._report(order))
        if fate.startswith("died"):
            raise Died
        return BillResult(AttemptState.UNKNOWN, "timeout") if fate.startswith("lost") else answer

    @override
    def find_payment(self, query: PaymentQuery) -> BillResult:
        mandate = query.subscriber.mandate
        assert mandate is not None  # of this rail
        for payment in self._payments.get(mandate, ()):
            if query.provider_reference == payment.id:
                return self._standing(payment)
            if query.provider_reference is None and payment.id not in query.known and payment.at == query.claimed_at:
                return self._standing(payment)
        return NEVER_LISTED

    @override
    def send_pin(self, order: PinOrder) -> CallResult:
        return DONE

    @override
    def check_pin(self, check: PinCheck) -> CallResult:
        return DONE

    @override
    def log_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return self._acknowledged()

    @override
    def close_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return self._acknowledged()

    def _fate(self, subscription: str) -> str:
        if self.is_calm:
            return "paid"
        if self._now() < self._broke_until.get(subscription, self._now()):
            return "no_funds"
        draw = self._random.randrange(10_000)
        for fate, share in FATES.items():
            draw -= share
            if draw < 0:
                if fate == "no_funds" and self._random.random() < STAYS_BROKE:
                    lasts = timedelta(days=self._random.uniform(1, LONGEST_BROKE))
                    self._broke_until[subscription] = self._now() + lasts
                return fate
        return "paid"

    def _charge(self, order: BillOrder, mandate: str) -> BillResult:
        """The bank's word: paid at once, or taken and decided within two days."""
        now, waits = self._now(), not self.is_calm and self._random.random() < PENDING_SHARE
        final = self._later() if waits else now
        succeeds = not waits or self._random.random() >= FAILS_LATER
        payment = Payment(f"p{next(self._ids)}", order.reference, order.amount, now, final, succeeds)
        self._payments.setdefault(mandate, []).append(payment)
        if succeeds:
            self._debit(order.reference, order.amount)
        if waits and self._random.random() < REPORTED:
            self._agenda.add(final + timedelta(seconds=1), MandateMoved(mandate, revoked=False))
        return self._standing(payment)

    def _standing(self, payment: Payment) -> BillResult:
        if self._now() < payment.final_at:
            return BillResult(AttemptState.PENDING, "PENDING", provider_reference=payment.id)
        if payment.succeeds:
            return replace(PAID, provider_reference=payment.id)
        return BillResult(AttemptState.DECLINED, "U30", FailureClass.SOFT, provider_reference=payment.id)

    def _debit(self, reference: str, amount: Money) -> None:
        assert reference not in self.debits, f"{reference} was asked for twice"
        self.debits[reference] = Debit(amount, self._now())

    def _report(self, order: BillOrder) -> BillReported:
        return BillReported(order.reference, order.amount, PAID)

    def _later(self) -> datetime:
        first, last = LATER
        return self._now() + first + (last - first) * self._random.random()

    def _acknowledged(self) -> CallResult:
        if self.is_calm or self._random.random() >= UNACKNOWLEDGED:
            return DONE
        return CallResult(Answer.UNCLEAR, "timeout")


def rail_of(report: Report) -> RailName:
    return BANK if isinstance(report, MandateMoved) else PHONE
