"""For hours Infomedia answers nothing but a gateway's 502."""

from __future__ import annotations

from tests.e2e.nights.rehearsal import HOUR, WEEK, Night
from tests.e2e.waiting import act_until

PLAN, BILL = "chess-weekly", "SendBill"
FIRST, LATER = 20, 3  # from so many first tries on, the guard looks at a day


def rehearse(night: Night) -> None:
    desk = night.desk
    night.sell(PLAN)
    first = night.subscribed(PLAN, FIRST)
    desk.move_clock(HOUR)
    later = night.subscribed(PLAN, LATER)
    night.run()  # or the plan's first run ever would look at a whole week
    for id in first:
        desk.fault("http_502", BILL, night.msisdn(id), times=None)
    desk.move_clock(WEEK - HOUR)
    act_until("the guard's halt", night.run, lambda: _is_halted(night))
    desk.move_clock(HOUR)
    night.run()
    night.type()

    desk.office.delete("/control/faults")
    desk.move_clock(3 * HOUR)
    night.run()
    assert [len(desk.debits(id)) for id in first + later] == [1] * (FIRST + LATER)
    night.type()

    night.billed(first + later, 2)


def _is_halted(night: Night) -> bool:
    """Whether a run has found that the day of the plan looks wrong."""
    return PLAN in [standing.scope.plan for standing in night.stops.standing()]
