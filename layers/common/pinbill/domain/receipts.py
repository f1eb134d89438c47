"""Receipts: who owes the user one for each payment, and that the partner has sent those that it owes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pinbill.domain.attempts import Attempt
from pinbill.domain.catalog import Service, Terms
from pinbill.domain.change import Change
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.records import changed
from pinbill.domain.refunds import DEBITED
from pinbill.domain.subscription import Subscription
from pinbill.errors import ReceiptContradicts, ReceiptNotOwed

PARTNER = "partner"  # of a service's `receipt_owed_by`
CLOCKS_DIFFER = timedelta(minutes=5)  # by which a partner's clock may be ahead of ours, or behind


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"
    IN_APP = "in_app"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class ReceiptSent:
    """The partner says that the user got the receipt of a payment, named by its attempt."""

    attempt: str
    sent_at: datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class Owed:
    """A receipt that the partner owes since the payment was known."""

    attempt: Attempt
    since: datetime


def under(terms: Terms, service: Service) -> Terms:
    """The plan's terms, with the receipt that each payment of the service leaves the partner to send."""
    return changed(terms, receipt_by_partner=True) if service.receipt_owed_by == PARTNER else terms


def report(subscription: Subscription, entries: Iterable[Entry], sent: ReceiptSent, now: datetime) -> Change | None:
    """Take down that a receipt was sent; None when that is known. `entries` are the journal's, newest first.

    Raises ReceiptNotOwed or ReceiptContradicts.
    """
    for entry in entries:
        if entry.kind is EntryKind.RECEIPT_SENT and entry.detail["attempt"] == sent.attempt:
            return None
        if entry.kind in DEBITED and entry.attempt and entry.attempt.id == sent.attempt:
            return _sent(subscription, entry, sent, now)
    raise ReceiptNotOwed


def owed(entries: Iterable[Entry]) -> Iterator[Owed]:
    """The receipts that the partner still owes, oldest first; `entries` are a whole journal, oldest first."""
    waiting: dict[str, Owed] = {}
    for entry in entries:
        if entry.kind in DEBITED and entry.attempt and entry.attempt.receipt_by_partner:
            waiting.setdefault(entry.attempt.id, Owed(entry.attempt, entry.at))
        elif entry.kind is EntryKind.RECEIPT_SENT:
            waiting.pop(str(entry.detail["attempt"]), None)
    yield from waiting.values()


def _sent(subscription: Subscription, paid: Entry, sent: ReceiptSent, now: datetime) -> Change:
    if paid.attempt is None or not paid.attempt.receipt_by_partner:
        raise ReceiptNotOwed
    if sent.sent_at > now + CLOCKS_DIFFER:
        raise ReceiptContradicts("`sent_at` is in the future.")
    if sent.sent_at < paid.attempt.claimed_at - CLOCKS_DIFFER:
        raise ReceiptContradicts("`sent_at` is before the payment.")
    detail = {"attempt": sent.attempt, "sent_at": sent.sent_at.isoformat(), "channel": sent.channel.value}
    return Change.of(subscription).record(EntryKind.RECEIPT_SENT, now, detail=detail)
