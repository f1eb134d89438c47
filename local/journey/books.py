"""Both ledgers side by side: what the providers debited, and what we say was paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local.journey.actors import BackOffice, Partner

PHONE, BANK = "infomedia", "signzy"


@dataclass(frozen=True, slots=True)
class Row:
    """One payment by the provider's own id: what it debited, and what our ledger has for it (minor units)."""

    transaction: str
    what: str
    theirs: int | None
    ours: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class Books:
    rows: list[Row]
    twice: list[str]  # obligations that were debited more than once

    @property
    def balanced(self) -> bool:
        return not self.twice and all(row.theirs == row.ours for row in self.rows)

    def table(self) -> Iterable[str]:
        yield f"  {'payment':<38}{'for':<34}{'provider':>12}{'pinbill':>12}"
        for row in self.rows:
            same = "" if row.theirs == row.ours else "   <-- differs"
            yield f"  {row.transaction:<38}{row.what:<34}{_money(row.theirs, row):>12}{_money(row.ours, row):>12}{same}"
        for currency in sorted({row.currency for row in self.rows}):
            theirs = sum(row.theirs or 0 for row in self.rows if row.currency == currency)
            ours = sum(row.ours or 0 for row in self.rows if row.currency == currency)
            yield f"  {'total ' + currency:<72}{Decimal(theirs) / 100:>12.2f}{Decimal(ours) / 100:>12.2f}"


def _money(minor: int | None, row: Row) -> str:
    return "-" if minor is None else f"{Decimal(minor) / 100:.2f} {row.currency}"


def compare(partner: Partner, office: BackOffice, subscriptions: Iterable[str], mandates: Iterable[str]) -> Books:
    """Hold the providers' debits of these subscriptions and mandates against the paid bills of the subscriptions.

    A phone bill carries our reference; a bank debit carries none, so all debits of the mandates count.
    """
    ours: dict[str, dict[str, Any]] = {}
    obligations: Counter[str] = Counter()
    ids = set(subscriptions)
    for id in ids:
        for bill in partner.bills(id):
            attempt = bill["attempt"]
            if attempt["state"] == "paid":
                ours[str(attempt["provider_reference"])] = attempt
                obligations[_obligation(id, attempt)] += 1
    theirs = {str(debit["transaction"]): debit for debit in debits_of(office, ids, mandates)}
    rows = [_row(transaction, theirs.get(transaction), ours.get(transaction)) for transaction in theirs | ours]
    return Books(rows, [what for what, count in obligations.items() if count > 1])


def debits_of(office: BackOffice, subscriptions: Iterable[str], mandates: Iterable[str]) -> list[dict[str, Any]]:
    """The providers' debits of these subscriptions (by our reference) and mandates (which carry none)."""
    ids, signed = set(subscriptions), set(mandates)

    def is_theirs(debit: dict[str, Any]) -> bool:
        if debit["mandate"] is not None:
            return str(debit["mandate"]) in signed
        return str(debit["reference"]).rpartition("-")[0] in ids

    return [debit for debit in office.debits() if is_theirs(debit)]


def _obligation(id: str, attempt: dict[str, Any]) -> str:
    return f"{id} period {attempt['period']}" if attempt["period"] else f"{id} charge {attempt['id']}"


def _row(transaction: str, theirs: dict[str, Any] | None, ours: dict[str, Any] | None) -> Row:
    price = ours["price"] if ours else None
    what = "not in our ledger"
    if ours:
        what = ours["kind"].replace("_", " ") + (f", period {ours['period']}" if ours["period"] else "")
    return Row(
        transaction,
        what,
        theirs["amount_minor"] if theirs else None,
        int(Decimal(price["amount"]) * 100) if price else None,
        price["currency"] if price else (theirs or {}).get("currency", ""),
    )
