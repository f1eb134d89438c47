"""Versions and journal numbers: each follows the one before."""

from collections.abc import Sequence

from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from tests.simulation.violation import Violation, demand


def in_order(before: Subscription | None, after: Subscription, entries: Sequence[Entry]) -> None:
    """Raises Violation."""
    if before is None:
        demand(after.version == 1 and [e.seq for e in entries] == [1], "journal_gapless", after, "created")
        return
    demand(after.version == before.version + 1, "version_grows_by_one", after, "")
    seq = before.seq
    for entry in entries:
        seq += 1
        if entry.seq != seq:
            raise Violation("journal_gapless", f"{after.id}: {entry.kind} has number {entry.seq}, not {seq}")
    demand(after.seq == seq, "journal_gapless", after, lambda: f"the last entry is {seq}, not {after.seq}")
