"""A debit whose answer was lost, and of which nobody has said anything for longer than anybody should."""

from __future__ import annotations

from tests.e2e.nights.rehearsal import DAY, HOUR, Night


def rehearse(night: Night) -> None:
    desk = night.desk
    id, attempt = night.unanswered("pool-weekly")
    desk.move_clock(5 * DAY + HOUR)
    night.type(ID=id)
    night.type(ATTEMPT=attempt)

    night.billed([id], 2)
