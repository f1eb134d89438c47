"""The providers' own ledger of money: append only, the judge of every test about charging."""

from dataclasses import dataclass
from typing import Any

from local.simulators.database import Database

DEBITED, ACCEPTED, FAILED, CANCELLED = "debited", "accepted", "failed", "cancelled"
REFUNDED = "refunded"  # given back under a transaction of its own; its debit stays a debit
_FILTERS = ("provider", "msisdn", "mandate", "reference", "method", "product", "transaction_id")


@dataclass(frozen=True, slots=True)
class Money:
    """What one debit is about. Amount in minor units; `transaction` is the txid or the paymentId."""

    provider: str
    method: str
    msisdn: str | None
    mandate: int | None
    amount_minor: int
    currency: str
    reference: str | None
    transaction: str
    product: str | None


class Ledger:
    """Rows are only ever added; what a payment is now follows from its latest row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, money: Money, state: str, at: str) -> int:
        """Write one row; returns its id."""
        return self._database.insert(
            "ledger",
            provider=money.provider,
            method=money.method,
            msisdn=money.msisdn,
            mandate=money.mandate,
            amount_minor=money.amount_minor,
            currency=money.currency,
            reference=money.reference,
            transaction_id=money.transaction,
            product=money.product,
            at=at,
            state=state,
        )

    def entries(self, filters: dict[str, Any]) -> list[dict[str, Any]]:
        """Every row that fits, oldest first."""
        wanted = {name: filters[name] for name in _FILTERS if filters.get(name) is not None}
        where = " AND ".join(f"{name} = ?" for name in wanted) or "1"
        sql = f"SELECT * FROM ledger WHERE {where} ORDER BY id"  # noqa: S608 - names from _FILTERS only
        rows = self._database.rows(sql, *wanted.values())
        return [{("transaction" if name == "transaction_id" else name): row[name] for name in row} for row in rows]

    def view(self, filters: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """Debits by their present state: `accepted` holds only what is not final yet."""
        entries = self.entries(filters)
        latest = {(row["provider"], row["transaction"]): row["id"] for row in entries if row["state"] != DEBITED}
        paid = {(row["provider"], row["transaction"]) for row in entries if row["state"] == DEBITED}

        def present(state: str) -> list[dict[str, Any]]:
            return [
                row
                for row in entries
                if row["state"] == state
                and latest[key := (row["provider"], row["transaction"])] == row["id"]
                and key not in paid
            ]

        return {
            "debits": [row for row in entries if row["state"] == DEBITED],
            "accepted": present(ACCEPTED),
            "failed": present(FAILED),
            "cancelled": present(CANCELLED),
            "refunds": [row for row in entries if row["state"] == REFUNDED],
            "entries": entries,
        }

    def summary(self) -> dict[str, list[dict[str, Any]]]:
        """Counts and totals by provider and currency, for money taken and money only promised."""
        view = self.view({})
        return {name: _totals(view[name]) for name in ("debits", "accepted", "failed", "cancelled", "refunds")}


def _totals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    totals: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["provider"], row["currency"])
        total = totals.setdefault(key, {"provider": key[0], "currency": key[1], "count": 0, "total_minor": 0})
        total["count"] += 1
        total["total_minor"] += row["amount_minor"]
    return [totals[key] for key in sorted(totals)]
