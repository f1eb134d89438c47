"""The providers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pinbill.domain.catalog import RailName

if TYPE_CHECKING:
    from pinbill.domain.attempts import BillResult
    from pinbill.usecases.calls import BillOrder, CallResult, PaymentQuery, PinCheck, PinOrder, Subscriber


class Rail(Protocol):
    """A way to take money. Calls never raise for what a provider or the network does: the result says it."""

    def bill(self, order: BillOrder) -> BillResult: ...


class PhoneRail(Rail, Protocol):
    def send_pin(self, order: PinOrder) -> CallResult: ...

    def check_pin(self, check: PinCheck) -> CallResult: ...

    def log_activity(self, subscriber: Subscriber, reference: str) -> CallResult: ...

    def close_activity(self, subscriber: Subscriber, reference: str) -> CallResult: ...


class MandateRail(Rail, Protocol):
    def find_payment(self, query: PaymentQuery) -> BillResult:
        """What became of a payment. UNKNOWN when nothing certain can be learnt now; its code says what was seen."""
        ...


@dataclass(frozen=True, slots=True)
class Rails:
    infomedia: PhoneRail
    signzy: MandateRail

    def of(self, name: RailName) -> Rail:
        return self.infomedia if name is RailName.INFOMEDIA else self.signzy
