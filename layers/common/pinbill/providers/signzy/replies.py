"""What Signzy's answers prove. The payment's own status decides; `result.status` only says that a request was taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.money import Money
from pinbill.providers import results
from pinbill.providers.http import Answer
from pinbill.providers.json_wire import Document, child, decimal, digits, text
from pinbill.providers.signzy.codes import (
    ABOUT_MANDATE,
    IN_FLIGHT_MEANING,
    NOT_FOUND_MEANING,
    PAYMENT_MEANINGS,
    PAYMENT_STATES,
    PERMANENT,
    PERMANENT_MEANING,
    failure_of,
)

CURRENCY = "INR"
INDIA = timezone(timedelta(hours=5, minutes=30))  # times come without a zone; India has no summer time
_LONGEST_STATUS = 40


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a mandate, as far as it could be read; `amount` in rupees, `added_at` in UTC."""

    id: str | None
    mandate: str | None
    status: str
    reason: str
    amount: Decimal | None
    currency: str
    added_at: datetime | None

    @classmethod
    def read(cls, document: Document) -> "Payment":
        return cls(
            id=digits(document, "paymentid"),
            mandate=digits(document, "subreferenceid"),
            status=(text(document, "status") or "").upper()[:_LONGEST_STATUS],
            reason=text(document, "failurereason") or "",
            amount=decimal(document, "amount"),
            currency=(text(document, "currency") or CURRENCY).upper(),
            added_at=_time(text(document, "addedon")),
        )

    def is_of(self, mandate: str, amount: Money) -> bool:
        """Whether nothing in it contradicts that it is of this mandate and amount."""
        return (
            self.mandate in (None, mandate) and self.amount in (None, amount.major) and self.currency == amount.currency
        )

    def result(self) -> BillResult:
        """What became of it; anything but the listed final states is in flight, and never a success."""
        state = PAYMENT_STATES.get(self.status, AttemptState.PENDING)
        meaning = PAYMENT_MEANINGS.get(self.status, IN_FLIGHT_MEANING)
        failure = None
        if self.status == "FAILED":
            failure, meaning = failure_of(self.reason)
        elif self.status == "CANCELLED":
            failure = FailureClass.UNLISTED  # somebody stopped it on purpose: only a person may charge again
        code = self.status if self.status in PAYMENT_STATES else "STATUS_UNLISTED"
        return BillResult(state, code, failure, meaning, provider_reference=self.id)


def _time(value: str | None) -> datetime | None:
    try:
        read = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=INDIA)).astimezone(UTC)


def payment_of(answer: Answer) -> Payment | None:
    """The payment in a 200 answer, wrapped into `result` or not; None when there is none."""
    found = child(_result(answer), "payment")
    return Payment.read(found) if found else None


def payments_of(answer: Answer) -> tuple[Sequence[Payment], str | None] | None:
    """(payments, last id) of one page of a listing; None when the answer is not one."""
    result = _result(answer)
    found = result.get("payments")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return None
    return [Payment.read(each) for each in found], text(result, "lastid")


def _result(answer: Answer) -> Document:
    """What a 200 answer holds; nothing if it holds an error object."""
    if answer.status != 200 or answer.document is None or answer.document.get("error") is not None:
        return {}
    return child(answer.document, "result") or answer.document


def charge_result(answer: Answer, mandate: str, amount: Money) -> BillResult:
    """What a charge came to."""
    if answer.status in (400, 404, 422):
        return _refusal(answer)
    if answer.status != 200 or answer.document is None:
        return results.bill_by_status(answer)
    payment = payment_of(answer)
    if payment is None or payment.id is None:
        return results.unknown_bill("answer_unexpected", results.UNEXPECTED)
    if not payment.is_of(mandate, amount):
        meaning = "The provider's answer shows a payment of another amount or mandate than was asked for."
        return results.unknown_bill("payment_differs", meaning, payment.id)
    return payment.result()


def _refusal(answer: Answer) -> BillResult:
    """A charge that was not taken: for good when the error object says so, else ours to repair."""
    said = child(answer.document or {}, "error") or {}
    words = " ".join(text(said, name) or "" for name in ("name", "reason", "message")).lower()
    if answer.status == 404 and ABOUT_MANDATE.search(words):
        return BillResult(AttemptState.DECLINED, "http_404", FailureClass.HARD, NOT_FOUND_MEANING)
    if answer.status != 404 and PERMANENT.search(words):
        return BillResult(AttemptState.DECLINED, f"http_{answer.status}", FailureClass.HARD, PERMANENT_MEANING)
    return results.bill_by_status(answer)
