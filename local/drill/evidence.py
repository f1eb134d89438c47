"""Their side: what the simulated providers were asked, what they debited, and what they called back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.drill.population import Member
from local.journey.actors import BackOffice

BILLING = ("SendBill", "SendBillWithPIN", "Charge")
_PAID, _DELIVERED = "00", 200


@dataclass(frozen=True, slots=True)
class Debit:
    """Money that was really taken. `reference` is ours, which a bank debit does not carry."""

    transaction: str
    member: str  # a subscription's id
    reference: str | None
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request for money as it arrived. `status` is that of the answer, None where none was sent."""

    member: str
    at: datetime
    reference: str | None
    outcome: str
    status: int | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One callback about a bill. `state` tells whether it was sent, `status` what we answered."""

    reference: str
    says_paid: bool
    state: str
    status: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the providers know of a drill's subscriptions. `strangers` are debits of none of them."""

    debits: Mapping[str, Sequence[Debit]]  # by subscription
    calls: Mapping[str, Sequence[Call]]
    deliveries: Mapping[str, Sequence[Delivery]]  # by our reference
    accepted: Sequence[str]  # transactions that are neither taken nor failed yet
    strangers: Sequence[str]


def gather(office: BackOffice, members: Sequence[Member]) -> Evidence:
    """Read the providers' ledger, their journal of calls and their log of callbacks."""
    ledger = office.get("/control/ledger")
    owner = _Owners(members)
    debits: dict[str, list[Debit]] = defaultdict(list)
    strangers: list[str] = []
    for row in ledger["debits"]:
        id = owner.of(row)
        if id is None:
            strangers.append(str(row["transaction"]))
        else:
            debits[id].append(
                Debit(str(row["transaction"]), id, row["reference"], int(row["amount_minor"]), str(row["currency"]))
            )
    calls: dict[str, list[Call]] = defaultdict(list)
    for row in office.get("/control/calls")["calls"]:
        id = owner.of(row)
        if id is not None and row["method"] in BILLING:
            at = datetime.fromisoformat(row["at"])
            calls[id].append(Call(id, at, row["reference"], row["outcome"], row["http_status"], row["fault"]))
    accepted = [str(row["transaction"]) for row in ledger["accepted"]]
    return Evidence(debits, calls, _deliveries(office), accepted, strangers)


class _Owners:
    """Which subscription a row of a provider belongs to: by mandate, or by the reference that travels with a bill."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._ids = {member.id for member in members}
        self._mandates = {member.mandate: member.id for member in members if member.mandate}

    def of(self, row: Mapping[str, Any]) -> str | None:
        if row["mandate"] is not None:
            return self._mandates.get(str(row["mandate"]))
        id = str(row["reference"] or "").rpartition("-")[0]
        return id if id in self._ids else None


def _deliveries(office: BackOffice) -> dict[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = defaultdict(list)
    for row in office.get("/control/callbacks/log")["deliveries"]:
        if row["provider"] == "infomedia" and row["event"] == "charge":
            reference = str(row["params"]["pt"])
            says_paid = row["params"]["transactionStatus"] == _PAID
            found[reference].append(Delivery(reference, says_paid, row["state"], row["http_status"]))
    return found


def was_taken_in(delivery: Delivery) -> bool:
    """Whether we have acknowledged the callback."""
    return delivery.status == _DELIVERED
