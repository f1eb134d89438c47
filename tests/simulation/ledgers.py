"""Our ledger against the provider's, debit by debit."""

from collections.abc import Mapping, Sequence

from pinbill.domain.attempts import Obligation
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.subscription import Subscription
from tests.simulation.judge import Claim, Judge
from tests.simulation.violation import demand

BOOKED = (EntryKind.ATTEMPT_PAID, EntryKind.EXCESS_DEBIT)


def compare(
    judge: Judge, subscription: Subscription, entries: Sequence[Entry], claimed: Mapping[str, Claim]
) -> set[Obligation]:
    """The obligations that are paid. Raises Violation unless both ledgers hold the same debits.

    Only a debit that the provider itself has denied may be more than was owed, and is unknown until it is reported.
    """
    booked = [(entry.kind, entry.attempt) for entry in entries if entry.kind in BOOKED and entry.attempt]
    ours = {attempt.id: attempt.amount for _, attempt in booked}
    debits = {reference: debit.amount for reference, debit in judge.debits.items() if reference in claimed}
    theirs = {ref: amount for ref, amount in debits.items() if ref in ours or not judge.contradictions.hidden(ref)}
    demand(
        ours == theirs,
        "ledgers_agree",
        subscription,
        lambda: f"ours {_money(ours)}, the provider's {_money(theirs)}",
    )
    demand(len(booked) == len(ours), "ledgers_agree", subscription, "a debit is booked twice")
    denied = {claimed[ref].obligation for ref in debits if ref in judge.contradictions.answered_declined}
    excess = {attempt.id for kind, attempt in booked if kind is EntryKind.EXCESS_DEBIT}
    excused = all(claimed[ref].obligation in denied for ref in excess)
    demand(excused, "ledgers_agree", subscription, lambda: f"{sorted(excess)} are booked as too much")
    paid = [claimed[ref].obligation for ref in theirs if ref not in excess]
    demand(len(paid) == len(set(paid)), "ledgers_agree", subscription, "an obligation is booked as paid twice")
    return set(paid)


def _money(ledger: Mapping[str, object]) -> str:
    return ", ".join(f"{reference} {amount}" for reference, amount in sorted(ledger.items())) or "nothing"
