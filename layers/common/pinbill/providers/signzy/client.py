"""Signzy's bank-mandate rail: charges of on-demand mandates, each made once, and the search for what became of them."""

import re
import time
from datetime import timedelta

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.errors import SecretUnreadable
from pinbill.providers import results
from pinbill.providers.credentials import Credentials
from pinbill.providers.http import Answer, Failure, Transport
from pinbill.providers.json_wire import encode
from pinbill.providers.signzy import replies
from pinbill.providers.signzy.replies import CURRENCY, Payment
from pinbill.usecases.calls import BillOrder, PaymentQuery, Subscriber

# The provider's clock against ours, and its times without fractions of a second.
CLOCK_SKEW = timedelta(minutes=2)
PAGE_SIZE, MOST_PAGES = 50, 20
SEARCH_SECONDS = 20.0  # no further page is asked for after these: other calls wait for the same process
_ID = re.compile(r"[0-9]{1,20}")
# Codes of a search that was answered, and found nothing certain.
NOT_LISTED, ALIKE = "payment_not_listed", "payments_alike"
_NOT_LISTED = BillResult(AttemptState.UNKNOWN, NOT_LISTED, meaning="No payment of the mandate can be it.")
_SEVERAL = BillResult(AttemptState.UNKNOWN, ALIKE, meaning="Several payments of the mandate can be it.")
_NOT_READ = BillResult(AttemptState.UNKNOWN, "payments_not_read", meaning="The payments could not be read for certain.")


class SignzyClient:
    """Implements MandateRail; may be shared by threads.

    Source: Signzy's eMandates pages (paths) and Charge Subscription page (fields). Amounts are rupees, two decimals.
    """

    def __init__(self, transport: Transport, credentials: Credentials) -> None:
        self._transport = transport
        self._credentials = credentials

    def bill(self, order: BillOrder) -> BillResult:
        """Charge once. Never repeated: Signzy takes no id of ours, so a repeat would be a second debit."""
        mandate = _mandate(order.subscriber)
        if mandate is None:  # found out here, because a call that ends as 404 is invoiced
            return results.refused_bill("mandate_reference_invalid", "The mandate's reference is not one of Signzy's.")
        if order.amount.currency != CURRENCY:
            return results.refused_bill("currency_not_billed", "Mandates are charged in INR only.")
        try:
            headers = self._headers(order.subscriber)
        except SecretUnreadable as problem:
            return results.failed_bill(results.no_secret(problem))
        body = encode({"subReferenceId": mandate, "amount": order.amount.major})
        answer = self._watched(self._transport.post(f"/{mandate}/charge", headers, body))
        if isinstance(answer, Failure):
            return results.failed_bill(answer)
        return replies.charge_result(answer, mandate, order.amount)

    def find_payment(self, query: PaymentQuery) -> BillResult:
        """What became of a payment. Moves no money. UNKNOWN when nothing certain can be learnt now; the code says why.

        That no such payment is listed proves nothing: it may show later.
        """
        mandate = _mandate(query.subscriber)
        if mandate is None:
            return _NOT_READ
        try:
            headers = self._headers(query.subscriber)
        except SecretUnreadable:
            return _NOT_READ
        if query.provider_reference is None:
            payment = self._search(mandate, headers, query)
        else:
            payment = self._read(mandate, headers, query.provider_reference)
        if isinstance(payment, BillResult):
            return payment
        if not payment.status or not payment.is_of(mandate, query.amount):
            return _NOT_READ
        return payment.result()

    def _read(self, mandate: str, headers: dict[str, str], payment_id: str) -> Payment | BillResult:
        if not _ID.fullmatch(payment_id):
            return _NOT_READ
        answer = self._watched(self._transport.get(f"/{mandate}/payments/{payment_id}", headers, {}))
        found = replies.payment_of(answer) if isinstance(answer, Answer) else None
        return found if found and found.id == payment_id else _NOT_READ

    def _search(self, mandate: str, headers: dict[str, str], query: PaymentQuery) -> Payment | BillResult:
        """The one payment that can be ours: of this amount, since the claim, of no other attempt."""
        listed = self._all(mandate, headers)
        if listed is None:
            return _NOT_READ
        since = query.claimed_at - CLOCK_SKEW
        recent = [found for found in listed if found.added_at is None or found.added_at >= since]
        candidates = [found for found in recent if found.id not in query.known and found.is_of(mandate, query.amount)]
        # A payment that might be ours but cannot be read completely leaves it open which of them is.
        if not candidates:
            return _NOT_LISTED
        if len(candidates) > 1:
            return _SEVERAL
        if not _is_readable(candidates[0]):
            return _NOT_READ
        return candidates[0]

    def _all(self, mandate: str, headers: dict[str, str]) -> list[Payment] | None:
        """Every payment of the mandate; None when they could not all be read.

        Neither the order nor the form of the last page is documented: it goes on until a page brings nothing new.
        """
        found: dict[str, Payment] = {}
        without_id: list[Payment] = []
        query = {"count": str(PAGE_SIZE)}
        until = time.monotonic() + SEARCH_SECONDS
        for _ in range(MOST_PAGES):
            if time.monotonic() > until:
                return None
            answer = self._watched(self._transport.get(f"/{mandate}/payments", headers, query))
            page = replies.payments_of(answer) if isinstance(answer, Answer) else None
            if page is None:
                return None
            payments, last_id = page
            without_id += [each for each in payments if each.id is None]
            new = {each.id: each for each in payments if each.id is not None and each.id not in found}
            found |= new
            if not new or last_id is None:
                return [*found.values(), *without_id]
            query = {"count": str(PAGE_SIZE), "lastId": last_id}
        return None

    def _headers(self, subscriber: Subscriber) -> dict[str, str]:
        account = self._credentials.signzy(subscriber.service.account)
        headers = {"Authorization": account.access_key.get_secret_value()}
        if account.client_id is not None:
            headers["x-client-unique-id"] = account.client_id.get_secret_value()
        return headers

    def _watched(self, answer: Answer | Failure) -> Answer | Failure:
        if isinstance(answer, Answer) and answer.status == 401:
            self._credentials.forget()
        return answer


def _is_readable(payment: Payment) -> bool:
    return payment.id is not None and payment.amount is not None and payment.added_at is not None


def _mandate(subscriber: Subscriber) -> str | None:
    reference = subscriber.mandate or ""
    return reference if _ID.fullmatch(reference) else None
