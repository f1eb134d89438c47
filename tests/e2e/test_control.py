"""Who watches over billing: what a day will come to, what has become of it, and what was left lying."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.desk import PARTNER, WEEKLY, Desk
from tests.e2e.operating import operate
from tests.e2e.waiting import wait_until

WEEK = 7 * 24 * 3600


def said(desk: Desk, *arguments: str) -> list[dict[str, Any]]:
    done = operate(desk, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def of_plan(rows: list[dict[str, Any]]) -> dict[str, Any]:
    found = [row for row in rows if (row["partner"], row["plan"]) == (PARTNER, WEEKLY)]
    return found[0] if found else {}


def paid_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """The day of a plan, once a bill of it is paid."""
    return row if row.get("first_tries", {}).get("paid") else None


def settled(desk: Desk, id: str, periods: int) -> bool:
    return bool(desk.read(id)["periods_settled"] == periods)


def test_a_day_is_foreseen_handed_out_and_counted(desk: Desk) -> None:
    id = desk.active()

    desk.move_clock(WEEK)
    day = desk.now().date().isoformat()
    preview = said(desk, "preview", "--hours", "1")[0]
    assert of_plan(preview["plans"])["renewals"] >= 1
    assert preview["last_call"] is not None
    desk.world.invoke("RecurringBillFunction", {"mode": "run"})

    wait_until("the renewal", lambda: settled(desk, id, 2))
    wait_until(
        "its count", lambda: of_plan(said(desk, "runs", "--day", day)).get("first_tries", {}).get("paid", 0) >= 1
    )
    assert of_plan(said(desk, "runs", "--day", day))["handed_out"] >= 1
    assert len(desk.debits(id)) == 2


def test_a_dead_letter_is_billed_once_however_often_it_is_put_back(desk: Desk) -> None:
    id = desk.active()
    desk.move_clock(WEEK)
    queues, outputs = desk.world.client("sqs"), desk.world.outputs
    group = json.dumps({"v": 1, "rail": "infomedia", "subscriptions": [[PARTNER, id]]})
    for body in (group, "not ours", group):
        queues.send_message(QueueUrl=outputs["BillDeadLetterQueueUrl"], MessageBody=body)

    done = operate(desk, "redrive")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "2 put back, 1 left"
    wait_until("the renewal", lambda: settled(desk, id, 2))
    desk.wake(id)
    assert len(desk.debits(id)) == 2
