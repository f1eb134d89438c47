"""Pause and resume through the deployed stack: the provider's ledger says that nothing is taken in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from tests.e2e.desk import TRIAL, Desk
from tests.e2e.waiting import act_until, wait_until

DAY = timedelta(days=1)


def subscription_of(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["subscription"]
    return found


def pause(desk: Desk, id: str, resume_at: datetime | None = None) -> dict[str, Any]:
    body = {"resume_at": resume_at.isoformat()} if resume_at else {}
    return subscription_of(desk.post(f"/v1/subscriptions/{id}/pause", body))


def resume(desk: Desk, id: str) -> dict[str, Any]:
    return subscription_of(desk.post(f"/v1/subscriptions/{id}/resume"))


def at(subscription: dict[str, Any], field: str) -> datetime:
    return datetime.fromisoformat(subscription[field])


def move(desk: Desk, by: timedelta) -> None:
    desk.move_clock(int(by.total_seconds()))


def run(desk: Desk) -> None:
    """The dispatcher hands out what is due to the worker, as its schedule makes it."""
    desk.world.invoke("RecurringBillFunction", {"mode": "run"})


def test_a_pause_takes_access_and_every_bill_until_the_partner_resumes(desk: Desk) -> None:
    id = desk.active()
    before = desk.read(id)

    paused = pause(desk, id)

    assert (paused["state"], paused["access"], paused["next_bill_at"]) == ("paused", False, None)
    move(desk, 60 * DAY)
    desk.wake(id)
    run(desk)
    assert desk.charge(id, "gems").json()["code"] == "wrong_state"
    assert desk.read(id) == paused == pause(desk, id)
    assert len(desk.debits(id)) == 1

    earliest = desk.now() - timedelta(seconds=1)  # by which a function may see a moved clock late
    resumed = resume(desk, id)
    latest = desk.now()

    assert (resumed["state"], resumed["access"], resumed["paused_at"]) == ("active", True, None)
    assert resumed["period_started_at"] == before["period_started_at"]
    left = at(before, "next_bill_at") - at(paused, "paused_at")
    assert earliest <= at(resumed, "next_bill_at") - left <= latest + timedelta(seconds=1)
    assert resume(desk, id) == resumed
    move(desk, left + timedelta(seconds=2))
    act_until("the renewal", lambda: run(desk), lambda: len(desk.debits(id)) == 2)
    renewed = wait_until("its settlement", lambda: _settled(desk, id, 2))
    assert renewed["period_started_at"] == resumed["next_bill_at"]


def _settled(desk: Desk, id: str, periods: int) -> dict[str, Any] | None:
    found = desk.read(id)
    return found if found["periods_settled"] == periods else None


def test_a_pause_with_an_end_is_ended_by_the_billing_run(desk: Desk) -> None:
    id = desk.active()
    resume_at = desk.now() + 3 * DAY

    paused = pause(desk, id, resume_at)

    assert at(paused, "resume_at") == resume_at
    move(desk, 2 * DAY)
    run(desk)
    desk.wake(id)
    assert desk.read(id)["state"] == "paused"
    move(desk, DAY + timedelta(seconds=2))
    act_until("the end of the pause", lambda: run(desk), lambda: desk.read(id)["access"])
    resumed = desk.read(id)
    assert (resumed["state"], resumed["resume_at"]) == ("active", None)
    assert at(resumed, "next_bill_at") > at(paused, "paused_at") + 10 * DAY - timedelta(minutes=30)
    assert len(desk.debits(id)) == 1


def test_a_free_period_goes_on_free_after_a_pause(desk: Desk) -> None:
    number = desk.number()
    id = desk.subscribe(TRIAL, number)
    assert desk.confirm(id, desk.pin(number)).status_code == 200

    pause(desk, id)
    move(desk, 30 * DAY)
    resumed = resume(desk, id)

    assert (resumed["state"], resumed["access"], resumed["periods_settled"]) == ("trialing", True, 0)
    desk.wake(id)
    assert desk.debits(id) == []
    move(desk, 7 * DAY + timedelta(seconds=2))
    desk.wake_until(id, lambda now_is: now_is["state"] == "active")
    assert len(desk.debits(id)) == 1


@pytest.mark.parametrize("when", ["now", "period_end"])
def test_a_cancel_in_a_pause_ends_it_at_once(desk: Desk, when: str) -> None:
    number = desk.number()
    id = desk.active(msisdn=number)
    pause(desk, id, desk.now() + DAY)

    cancelled = subscription_of(desk.post(f"/v1/subscriptions/{id}/cancel", {"when": when}))

    assert (cancelled["state"], cancelled["paused_at"], cancelled["resume_at"]) == ("cancelled", None, None)
    assert desk.subscribe(msisdn=number) != id
    move(desk, 2 * DAY)
    run(desk)
    desk.wake(id)
    assert desk.read(id)["state"] == "cancelled"
    assert desk.post(f"/v1/subscriptions/{id}/resume").json()["code"] == "wrong_state"
