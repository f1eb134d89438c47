"""What is there to be seen of everything that has happened: rows of the table, calls and debits at the providers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from tests.e2e.desk import Desk

# Rows that belong to no subscription and move by themselves.
MOVING = ("CURSOR#", "CLOCK")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows by their key; calls and ledger entries as the simulated providers keep them."""

    rows: dict[tuple[str, str], dict[str, Any]]
    calls: list[dict[str, Any]]
    ledger: list[dict[str, Any]]

    def beside(self, earlier: Self) -> Self:
        """What is there beside the subscriptions and users of `earlier`: their renewals may go on meanwhile."""
        pks = {pk for pk, _ in earlier.rows}
        known = {_whom(call) for call in (*earlier.calls, *earlier.ledger)}
        return type(self)(
            {key: row for key, row in self.rows.items() if key[0] not in pks and not key[0].startswith(MOVING)},
            [call for call in self.calls if _whom(call) not in known],
            [entry for entry in self.ledger if _whom(entry) not in known],
        )


def _whom(call: dict[str, Any]) -> tuple[Any, Any]:
    return call.get("msisdn"), call.get("mandate")


def evidence(desk: Desk) -> Evidence:
    pages = desk.world.client("dynamodb").get_paginator("scan")
    items = [
        item
        for page in pages.paginate(TableName=desk.world.outputs["TableName"], ConsistentRead=True)
        for item in page["Items"]
    ]
    return Evidence(
        {(item["pk"]["S"], item["sk"]["S"]): item for item in items},
        desk.office.get("/control/calls")["calls"],
        desk.office.get("/control/ledger")["entries"],
    )
