"""The report of payments that a provider gives its customers: a line a payment, with its present state."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from local.simulators.ledger import ACCEPTED, CANCELLED, DEBITED, FAILED

COLUMNS = ("reference", "moment", "amount", "currency", "payment", "state", "mandate")
STATES = {DEBITED: "paid", ACCEPTED: "pending", FAILED: "declined", CANCELLED: "declined"}


def csv_of(entries: Iterable[Mapping[str, Any]], since: str = "") -> str:
    """From the ledger's rows, oldest first: a payment has the time of its first row and the state of its last.

    Those that were asked for before `since`, a time with its zone, are left out.
    """
    payments: dict[tuple[str, str], dict[str, Any]] = {}
    for row in entries:
        if row["state"] not in STATES:
            continue  # given back under another transaction: the payment was made all the same
        line = payments.setdefault((row["provider"], row["transaction"]), _line(row))
        line["state"] = STATES[row["state"]]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(line for line in payments.values() if not since or _time(line["moment"]) >= _time(since))
    return text.getvalue()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "reference": row["reference"] or "",
        "moment": row["at"],
        "amount": Decimal(row["amount_minor"]).scaleb(-2),  # of all currencies that are simulated
        "currency": row["currency"],
        "payment": row["transaction"],
        "mandate": row["mandate"] or "",
    }
