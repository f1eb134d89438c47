"""The journey through the deployed stack, and crowds at its doors: judged by the providers' own ledger of debits."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, override

import requests

from local.journey.actors import BackOffice, Partner
from local.journey.books import compare
from local.journey.story import Story, tell
from local.seed import move_clock, seed
from local.world import Deployed
from tests.e2e.desk import Desk

CROWD = 16
PATIENCE = 90.0  # seconds in which every one of a crowd must have been served
# Each counts a try of the number before anybody is asked, and gives it back when it is overtaken: the fifth in that
# moment is refused as a guesser would be.
OVERTAKEN = {"attempt_open", "wrong_state", "concurrent_change", "pin_exhausted", "pin_expired", "pin_locked"}


def at_once(act: Callable[[int], requests.Response]) -> list[requests.Response]:
    """What a crowd is answered whose members all start together."""
    start = threading.Barrier(CROWD)

    def join(place: int) -> requests.Response:
        start.wait(timeout=30)
        return act(place)

    with ThreadPoolExecutor(CROWD) as crowd:
        return list(crowd.map(join, range(CROWD)))


@dataclass(frozen=True, slots=True)
class OwnOffice(BackOffice):
    """The back office of a world that is shared with other tests: it shows the debits of one story only."""

    subscriptions: list[str] = field(default_factory=list)
    mandates: list[str] = field(default_factory=list)

    @override
    def debits(self, **only: str) -> list[dict[str, Any]]:
        ours = {*self.subscriptions, *self.mandates}
        # Named in full: a class with slots is made anew, and a bare super() would mean the one before.
        rows = BackOffice.debits(self, **only)
        return [row for row in rows if {str(row["reference"]).rpartition("-")[0], str(row["mandate"])} & ours]


@contextmanager
def schedule_running(world: Deployed) -> Iterator[None]:
    """Let EventBridge Scheduler start the dispatcher every minute, as in a deployed stack."""
    scheduler = world.client("scheduler")
    [name] = [one["Name"] for one in scheduler.list_schedules()["Schedules"] if one["Name"].endswith("-billing-run")]
    found = scheduler.get_schedule(Name=name)
    own = {part: found[part] for part in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target", "State")}
    scheduler.update_schedule(**own | {"ScheduleExpression": "rate(1 minute)", "State": "ENABLED"})
    try:
        yield
    finally:
        scheduler.update_schedule(**own)


def test_the_journey_leaves_both_ledgers_equal_and_every_obligation_debited_once(world: Deployed) -> None:
    seeded, office = seed(world), OwnOffice(world.simulators_url)
    story = Story(
        Partner(world.api_url, seeded.key),
        office,
        lambda seconds: move_clock(seeded.table, world.simulators_url, seconds),
        lambda: world.invoke("RecurringBillFunction", {"mode": "run"}),
        office.subscriptions,
        office.mandates,
    )

    with schedule_running(world):
        tell(story)

    books = compare(story.partner, office, story.made, story.mandates)
    assert books.balanced, "\n".join(books.table())
    assert debits_by_obligation(story, office) == Counter(paid_obligations(story))


def debits_by_obligation(story: Story, office: BackOffice) -> Counter[str]:
    """How often the providers debited each obligation, by their ledger; what we know of a debit is only its name."""
    obligation_of = {
        str(bill["attempt"]["provider_reference"]): obligation(id, bill["attempt"])
        for id in story.made
        for bill in story.partner.bills(id)
        if bill["attempt"]["provider_reference"]
    }
    return Counter(
        obligation_of.get(str(row["transaction"]), f"unknown debit {row['transaction']}") for row in office.debits()
    )


def paid_obligations(story: Story) -> set[str]:
    return {
        obligation(id, bill["attempt"])
        for id in story.made
        for bill in story.partner.bills(id)
        if bill["attempt"]["state"] == "paid"
    }


def obligation(id: str, attempt: dict[str, object]) -> str:
    return f"{id} period {attempt['period']}" if attempt["period"] else f"{id} {attempt['id']}"


def test_a_crowd_that_confirms_one_subscription_is_billed_once(desk: Desk) -> None:
    number = desk.number()
    id, pin = desk.subscribe(msisdn=number), desk.pin(number)

    answers = at_once(lambda _: desk.confirm(id, pin))

    codes = Counter(answer.json().get("code", answer.status_code) for answer in answers)
    assert codes.pop(200) == 1
    assert set(codes) <= OVERTAKEN
    assert len(desk.debits(id)) == 1
    assert (desk.read(id)["state"], desk.read(id)["periods_settled"]) == ("active", 1)


def test_a_crowd_that_charges_under_one_key_is_charged_once(desk: Desk) -> None:
    id = desk.active()

    answers = at_once(lambda _: desk.charge(id, "gems"))

    assert {answer.status_code for answer in answers} <= {201, 202, 409}
    assert [row["amount_minor"] for row in desk.debits(id)] == [450, 120]
    after = [desk.charge(id, "gems") for _ in range(2)]
    assert [answer.status_code for answer in after] == [201, 201]
    assert {answer.json()["charge"]["id"] for answer in (*answers, *after) if answer.status_code < 300} == {
        after[0].json()["charge"]["id"]
    }
    assert [row["amount_minor"] for row in desk.debits(id)] == [450, 120]


def test_a_crowd_that_charges_under_keys_of_its_own_is_served_one_by_one(desk: Desk) -> None:
    id = desk.active()
    until = time.monotonic() + PATIENCE

    def charge(place: int) -> requests.Response:
        """As a partner does: repeat what is retryable."""
        while True:
            answer = desk.charge(id, f"gems-{place}")
            if answer.status_code == 201 or not answer.json()["retryable"] or time.monotonic() > until:
                return answer

    answers = at_once(charge)

    assert [answer.status_code for answer in answers] == [201] * CROWD, [answer.text for answer in answers]
    charged = [row for row in desk.debits(id) if row["method"] == "SendBill"]
    assert [row["amount_minor"] for row in charged] == [120] * CROWD
    assert len({row["reference"] for row in charged}) == CROWD
    paid = {answer.json()["charge"]["attempt"]["provider_reference"] for answer in answers}
    assert paid == {row["transaction"] for row in charged}
