"""A debit whose answer was lost, and of which nobody has said anything for longer than anybody should."""

from __future__ import annotations

from tests.e2e.nights.rehearsal import DAY, HOUR, WEEK, Night

PLAN, BILL = "pool-weekly", "SendBill"


def rehearse(night: Night) -> None:
    desk = night.desk
    night.sell(PLAN)
    [id] = night.subscribed(PLAN, 1)
    desk.fault("drop_after_debit", BILL, night.msisdn(id))
    desk.move_clock(WEEK)
    attempt = night.unanswered(id)
    desk.move_clock(5 * DAY + HOUR)
    night.type(ID=id)
    night.type(ATTEMPT=attempt)

    night.billed([id], 2)
