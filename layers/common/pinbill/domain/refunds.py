"""Refunds: money that a provider says it has given back for a debit of ours."""

from collections.abc import Sequence
from datetime import datetime

from pinbill.domain.attempts import Attempt
from pinbill.domain.change import Change
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.spending import give_back
from pinbill.domain.subscription import Subscription

DEBITED = frozenset({EntryKind.ATTEMPT_PAID, EntryKind.EXCESS_DEBIT})


def debit_of(entries: Sequence[Entry], attempt_id: str) -> Attempt | None:
    """The attempt as it was debited, if the ledger says that it was."""
    return next((e.attempt for e in entries if e.kind in DEBITED and e.attempt and e.attempt.id == attempt_id), None)


def refund(
    subscription: Subscription,
    entries: Sequence[Entry],
    debit: Attempt,
    amount: Money | None,
    transaction: str | None,
    now: datetime,
) -> Change | None:
    """Record a refund of `debit`, without an amount of all that is left; None when `entries` hold it already, or it
    would give back more than was taken.

    Refunds of one debit are told apart by their transaction, and without one by their amount. The state stays: what a
    refund means for the user's access is the partner's to say.
    """
    earlier = [e for e in entries if e.kind is EntryKind.REFUNDED and e.attempt and e.attempt.id == debit.id]
    left = debit.amount.minor - sum(int(entry.detail["minor"]) for entry in earlier)
    minor = amount.minor if amount else left
    name = transaction or f"{minor}"
    if not 0 < minor <= left or any(entry.detail["refund"] == name for entry in earlier):
        return None
    detail: dict[str, str | int] = {"refund": name, "minor": minor, "currency": debit.amount.currency}
    return give_back(Change.of(subscription), debit, minor).record(EntryKind.REFUNDED, now, debit, detail)
