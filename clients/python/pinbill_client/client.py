"""The client: one method for each operation of the contract."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

import requests

from pinbill_client.decoding import decode
from pinbill_client.errors import UnexpectedAnswer
from pinbill_client.models import (
    Bill,
    BillsAnswer,
    CancelAnswer,
    Charge,
    ChargeAnswer,
    ConfirmAnswer,
    ConsentAnswer,
    Money,
    Plan,
    PlansAnswer,
    Subscription,
    SubscriptionAnswer,
)
from pinbill_client.transport import TIMEOUT, Retries, Transport

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Network:
    """The mobile network of a number: country code and network code."""

    mcc: str
    mnc: str


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate that the user has signed with the bank."""

    reference: str
    max_amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class Consent:
    """How your user agreed; what the plan's `consent` lists, and no more than is true. `given_at` is aware."""

    text: str | None = None
    text_sha256: str | None = None
    text_version: str | None = None
    price: Money | None = None
    given_at: datetime | None = None
    method: str | None = None
    page: str | None = None
    second_confirmation: bool | None = None

    def body(self) -> dict[str, Any]:
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return said | ({"given_at": self.given_at.isoformat()} if self.given_at else {})


def _said(consent: Consent | None, user_ip: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {"consent": consent.body()} if consent else {}
    return said | ({"user_ip": user_ip} if user_ip else {})


class Client:
    """Of one installation, with one key. May be shared by threads if `session` may; close it, or use it in `with`.

    Calls are repeated by themselves: reads, and writes with the `idempotency_key` that each of them carries, so that a
    repeat does nothing twice. One is made for each call; give your own for a repeat of yours. Every method raises
    ApiError for a problem, Unreachable where nothing was sent, and OutcomeUnknown where no answer came.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: tuple[float, float] = TIMEOUT,
        retries: Retries | None = None,
        session: requests.Session | None = None,
    ) -> None:
        """`base_url` ends before /v1; `timeout` is of connecting and of reading, in seconds."""
        self._own_session = session is None
        self._session = session or requests.Session()
        self._transport = Transport(base_url.rstrip("/"), api_key, self._session, timeout, retries or Retries())

    def __repr__(self) -> str:
        return f"Client({self._transport.base_url!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections, unless the session was given."""
        if self._own_session:
            self._session.close()

    def plans(self, *, correlation_id: str | None = None) -> list[Plan]:
        """Your plans that are on sale."""
        return self._call(PlansAnswer, "plans", correlation_id=correlation_id).plans

    def subscribe(
        self,
        plan: str,
        msisdn: str,
        *,
        network: Network | None = None,
        mandate: Mandate | None = None,
        consent: Consent | None = None,
        user_ip: str | None = None,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> Subscription:
        """Subscribe a number; the provider sends the PIN. `network` for the phone bill, `mandate` for the bank."""
        body: dict[str, Any] = {"plan": plan, "msisdn": msisdn, **_said(consent, user_ip)}
        body |= {"network": asdict(network)} if network else {}
        body |= {"mandate": asdict(mandate)} if mandate else {}
        return self._write(SubscriptionAnswer, "subscribe", None, body, idempotency_key, correlation_id).subscription

    def resend(
        self,
        subscription_id: str,
        *,
        user_ip: str | None = None,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> Subscription:
        """Send a new PIN."""
        return self._change("resend", subscription_id, _said(None, user_ip), idempotency_key, correlation_id)

    def confirm(
        self,
        subscription_id: str,
        pin: str | None = None,
        *,
        consent: Consent | None = None,
        user_ip: str | None = None,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> ConfirmAnswer:
        """Check the PIN and take the first bill, or begin the free period. Raises Declined."""
        body = _said(consent, user_ip) | ({} if pin is None else {"pin": pin})
        return self._write(ConfirmAnswer, "confirm", subscription_id, body, idempotency_key, correlation_id)

    def charge(
        self,
        subscription_id: str,
        amount: str,
        currency: str,
        description: str,
        *,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> Charge:
        """Charge on demand, once for each key. Raises Declined.

        Without `idempotency_key` one is made, which holds for the repeats of this call alone: give your own, kept with
        your order, so that a repeat after a crash charges nothing twice.
        """
        body = {"amount": amount, "currency": currency, "description": description}
        return self._write(ChargeAnswer, "charge", subscription_id, body, idempotency_key, correlation_id).charge

    def cancel(
        self,
        subscription_id: str,
        *,
        when: Literal["now", "period_end"] = "now",
        reason: str | None = None,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> CancelAnswer:
        """Cancel: once this returns, nothing more is asked for. The `receipt` is for your user."""
        body = {"when": when} if reason is None else {"when": when, "reason": reason}
        return self._write(CancelAnswer, "cancel", subscription_id, body, idempotency_key, correlation_id)

    def pause(
        self,
        subscription_id: str,
        *,
        resume_at: datetime | None = None,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> Subscription:
        """Pause: no access and no bill. `resume_at` is aware."""
        body = {} if resume_at is None else {"resume_at": resume_at.isoformat()}
        return self._change("pause", subscription_id, body, idempotency_key, correlation_id)

    def resume(
        self, subscription_id: str, *, idempotency_key: str | None = None, correlation_id: str | None = None
    ) -> Subscription:
        """Resume a paused subscription."""
        return self._change("resume", subscription_id, {}, idempotency_key, correlation_id)

    def notice(
        self,
        subscription_id: str,
        period: int,
        amount: str,
        currency: str,
        bills_at: datetime,
        given_at: datetime,
        *,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> Subscription:
        """Report that the user was given the notice of an announced debit, as `notice` of the subscription says it."""
        times = {"bills_at": bills_at.isoformat(), "given_at": given_at.isoformat()}
        body = {"period": period, "amount": amount, "currency": currency, **times}
        return self._change("notice", subscription_id, body, idempotency_key, correlation_id)

    def opt_out(
        self,
        subscription_id: str,
        period: int,
        *,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> Subscription:
        """Report that the user does not want this one announced debit."""
        return self._change("opt_out", subscription_id, {"period": period}, idempotency_key, correlation_id)

    def receipt(
        self,
        subscription_id: str,
        attempt: str,
        sent_at: datetime,
        channel: Literal["sms", "email", "in_app", "letter"],
        *,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> Subscription:
        """Report that the user was sent the receipt of a payment that you owe it for."""
        body = {"attempt": attempt, "sent_at": sent_at.isoformat(), "channel": channel}
        return self._change("receipt", subscription_id, body, idempotency_key, correlation_id)

    def consent(self, subscription_id: str, *, correlation_id: str | None = None) -> ConsentAnswer:
        """How the user agreed, and to what, as it was recorded."""
        path = {"subscription_id": subscription_id}
        return self._call(ConsentAnswer, "consent", path=path, correlation_id=correlation_id)

    def subscription(self, subscription_id: str, *, correlation_id: str | None = None) -> Subscription:
        """Read a subscription."""
        path = {"subscription_id": subscription_id}
        return self._call(SubscriptionAnswer, "subscription", path=path, correlation_id=correlation_id).subscription

    def bills(self, subscription_id: str, *, limit: int = 50, correlation_id: str | None = None) -> Iterator[Bill]:
        """Every ledger entry, newest first; a page of `limit` is asked for when it is needed."""
        path, query = {"subscription_id": subscription_id}, dict[str, Any](limit=limit)
        while True:
            page = self._call(BillsAnswer, "bills", path=path, query=query, correlation_id=correlation_id)
            yield from page.bills
            if page.cursor is None:
                return
            query["cursor"] = page.cursor

    def _change(
        self, operation: str, id: str, body: dict[str, Any], idempotency_key: str | None, correlation_id: str | None
    ) -> Subscription:
        return self._write(SubscriptionAnswer, operation, id, body, idempotency_key, correlation_id).subscription

    def _write(
        self,
        answer: type[Answer],
        operation: str,
        id: str | None,
        body: dict[str, Any],
        idempotency_key: str | None,
        correlation_id: str | None,
    ) -> Answer:
        """A key is made where none was given; the repeats of the call carry the same."""
        key = idempotency_key or uuid.uuid4().hex
        path = None if id is None else {"subscription_id": id}
        return self._call(answer, operation, path=path, body=body, idempotency_key=key, correlation_id=correlation_id)

    def _call(self, answer: type[Answer], operation: str, **sent: Any) -> Answer:
        found = self._transport.call(operation, **sent)
        try:
            return decode(answer, found)
        except ValueError as error:
            raise UnexpectedAnswer(operation, 200, str(error)) from None
