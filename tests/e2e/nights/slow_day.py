"""More renewals fall on a day than the provider's quota takes in the time that was planned."""

from __future__ import annotations

import json

from tests.e2e.functions import given
from tests.e2e.nights.rehearsal import WEEK, Night
from tests.e2e.operating import operate

PLAN, COUNT = "rummy-weekly", 12


def rehearse(night: Night) -> None:
    desk = night.desk
    night.sell(PLAN)
    ids = night.subscribed(PLAN, COUNT)
    desk.move_clock(WEEK)
    with given(desk.world, "BillWorkerFunction", PINBILL_INFOMEDIA_RATE="1"):
        slow = _makespan(night)
        night.type()
    assert slow >= max(COUNT - 1, _makespan(night))
    night.type()

    night.billed(ids, 2)


def _makespan(night: Night) -> int:
    """Seconds until the last bill is asked for, as foreseen."""
    done = operate(night.desk, "preview", "--hours", "1", "--json")
    assert done.returncode == 0, done.stderr
    [infomedia] = [row for row in map(json.loads, done.stdout.splitlines()) if row["rail"] == "infomedia"]
    return int(infomedia["makespan_seconds"])
