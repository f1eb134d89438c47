"""Ways to take money that answer as scripted and keep a ledger of their own of every debit."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.money import Money
from pinbill.usecases.calls import Answer, BillOrder, CallResult, PaymentQuery, PinCheck, PinOrder, Subscriber
from pinbill.usecases.ports.rails import MandateRail, PhoneRail

PAID = BillResult(AttemptState.PAID, code="0")
DONE = CallResult(Answer.DONE)
NOT_LISTED = BillResult(AttemptState.UNKNOWN, code="payment_not_listed")
TAKES_MONEY = frozenset({AttemptState.PAID, AttemptState.PENDING})


@dataclass(frozen=True, slots=True)
class Debit:
    """What the provider has taken: under which reference, how much."""

    reference: str
    amount: Money


class Script[T]:
    """The answers to come, then always the default."""

    def __init__(self, default: T) -> None:
        self.default = default
        self._next: deque[T] = deque()

    def add(self, *answers: T) -> None:
        self._next.extend(answers)

    def take(self) -> T:
        try:
            return self._next.popleft()
        except IndexError:
            return self.default


class FakeBills:
    """The part of both rails that takes money. `orders` are the bills asked for, `ledger` what was debited."""

    def __init__(self) -> None:
        self.orders: list[BillOrder] = []
        self.ledger: list[Debit] = []
        self.before_debit: Callable[[BillOrder], None] = lambda order: None  # a test's own step, such as a cancel
        self._bills: Script[tuple[BillResult, bool]] = Script((PAID, True))
        self._lock = threading.Lock()

    def will_bill(self, *results: BillResult, debits: bool | None = None) -> None:
        """Script the next bills; `debits` says whether money moves, by default when the result says that it did."""
        for result in results:
            self._bills.add((result, result.state in TAKES_MONEY if debits is None else debits))

    def bill(self, order: BillOrder) -> BillResult:
        self.before_debit(order)
        with self._lock:
            self.orders.append(order)
            result, debits = self._bills.take()
            if debits:
                self.ledger.append(Debit(order.reference, order.amount))
            return result


class FakePhoneRail(FakeBills, PhoneRail):
    """`calls` are the calls that move no money, as (kind, what was asked)."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, PinOrder | PinCheck | tuple[Subscriber, str]]] = []
        self._answers: dict[str, Script[CallResult]] = defaultdict(lambda: Script(DONE))

    def will_answer(self, kind: str, *results: CallResult) -> None:
        """Script the next answers to `send_pin`, `check_pin`, `log_activity` or `close_activity`."""
        self._answers[kind].add(*results)

    def called(self, kind: str) -> int:
        return sum(1 for name, _ in self.calls if name == kind)

    @override
    def send_pin(self, order: PinOrder) -> CallResult:
        return self._answer("send_pin", order)

    @override
    def check_pin(self, check: PinCheck) -> CallResult:
        return self._answer("check_pin", check)

    @override
    def log_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return self._answer("log_activity", (subscriber, reference))

    @override
    def close_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return self._answer("close_activity", (subscriber, reference))

    def _answer(self, kind: str, asked: PinOrder | PinCheck | tuple[Subscriber, str]) -> CallResult:
        with self._lock:
            self.calls.append((kind, asked))
            return self._answers[kind].take()


class FakeMandateRail(FakeBills, MandateRail):
    """`queries` are the payments that were looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[PaymentQuery] = []
        self._found = Script(NOT_LISTED)

    def will_find(self, *results: BillResult) -> None:
        """Script what the next looks learn; by default nothing certain."""
        self._found.add(*results)

    @override
    def find_payment(self, query: PaymentQuery) -> BillResult:
        with self._lock:
            self.queries.append(query)
            return self._found.take()
