"""For sixteen days nothing started the dispatcher: two periods of each subscription were not billed."""

from __future__ import annotations

from tests.e2e.nights.rehearsal import DAY, WEEK, Night

PLAN = "golf-weekly"


def rehearse(night: Night) -> None:
    desk = night.desk
    night.sell(PLAN, catch_up="bill_each", catch_up_cap=4)
    ids = night.subscribed(PLAN, 2)
    desk.move_clock(WEEK)
    month = desk.now().strftime("%Y-%m")
    desk.move_clock(WEEK + 2 * DAY)
    night.type(ID=ids[0], MONTH=month)

    night.billed(ids, 3)
    night.type(ID=ids[0], MONTH=month)
