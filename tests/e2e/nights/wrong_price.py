"""A catalog with a wrong price was applied, and was sold from."""

from __future__ import annotations

from tests.e2e.functions import restart
from tests.e2e.nights.rehearsal import WEEK, Night

PLAN, RIGHT, WRONG = "cards-weekly", "4.50", "45.00"


def rehearse(night: Night) -> None:
    desk = night.desk
    right = night.sell(PLAN, RIGHT)
    early = night.subscribed(PLAN, 2)
    night.sell(PLAN, WRONG)
    restart(desk.world, "PinRequestFunction")  # or a minute passes
    late = night.subscribed(PLAN, 2)
    night.type(CATALOG=str(right))
    night.type()

    assert [desk.read(id)["state"] for id in late] == ["cancelled"] * 2
    for id in late:
        [debit] = desk.debits(id)
        night.report(debit["reference"], 31, chargeAmount="40.50", currencyCode="GBP", txid=f"refund-{id}")
    night.type()

    desk.move_clock(WEEK)
    night.billed(early, 2)
    night.run()
    assert [[row["amount_minor"] for row in desk.debits(id)] for id in (*early, *late)] == [
        *[[450, 450]] * 2,
        *[[4500]] * 2,
    ]
