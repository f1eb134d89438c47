"""What functions seldom do, so that no right of theirs is left without a test (docs/policies.md)."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import requests

from pinbill.domain.catalog import RailName
from pinbill.domain.stops import Scope
from pinbill.store import keys
from pinbill.store.bookmarks import DynamoBookmarks
from pinbill.store.stops import DynamoStops
from pinbill.store.table import Put, Table
from pinbill.usecases.ports.due import Reading
from tests.e2e.desk import PARTNER, Desk
from tests.e2e.functions import restart
from tests.e2e.troubles import DOOMED, doom, workers_off
from tests.e2e.waiting import wait_until

WEEK = 7 * 24 * 3600


def run(desk: Desk, mode: str = "run") -> None:
    desk.world.invoke("RecurringBillFunction", {"mode": mode})


def takes_another(desk: Desk, mandate: dict[str, str]) -> bool:
    """A mandate is free some minutes after its last payment is known."""
    desk.move_clock(601)
    return bool(desk.subscribe_by_mandate(mandate))


def test_a_mandate_that_the_bank_ends_cancels_its_subscription_and_holds_nothing(desk: Desk) -> None:
    mandate = desk.mandate(magic="success-now")
    id = desk.subscribe_by_mandate(mandate)
    assert desk.confirm(id, None).status_code == 200
    path = desk.operator.create_callback(PARTNER, "bank")
    desk.secrets.append(path.rpartition("/")[2])
    told = {
        "event": "SUBSCRIPTION_STATUS_CHANGE",
        "subReferenceId": mandate["reference"],
        "status": "CUSTOMER_CANCELLED",
    }

    answer = requests.post(desk.world.api_url + path, json=told, timeout=40)

    assert answer.status_code == 200
    assert desk.read(id)["state"] == "cancelled"
    assert takes_another(desk, mandate)


def test_a_mandate_whose_first_charge_fails_for_good_is_free_again(desk: Desk) -> None:
    mandate = desk.mandate(magic="account-blocked")
    id = desk.subscribe_by_mandate(mandate)

    answer = desk.confirm(id, None)

    assert (answer.status_code, answer.json()["subscription"]["state"]) == (402, "ended")
    assert takes_another(desk, mandate)


def test_a_charge_that_is_known_after_the_cancel_frees_the_mandate(desk: Desk) -> None:
    mandate = desk.mandate(magic="success-now")
    id = desk.subscribe_by_mandate(mandate)
    assert desk.confirm(id, None).status_code == 200
    scope = {"provider": "signzy", "mandate": mandate["reference"], "method": "Charge"}
    desk.office.post("/control/faults", fault="slow", times=1, seconds=2, **scope)
    desk.office.post("/control/faults", fault="signzy_success_now", times=1, **scope)
    answers: list[requests.Response] = []
    charging = threading.Thread(target=lambda: answers.append(desk.charge(id, "slow", "10.00", "INR")))
    charging.start()
    wait_until("the charge to be under way", lambda: desk.read(id).get("open_attempt"))

    cancelled = desk.post(f"/v1/subscriptions/{id}/cancel")
    charging.join()

    assert (cancelled.status_code, cancelled.json()["subscription"]["state"]) == (200, "cancelled")
    assert answers[0].status_code == 201, answers[0].text
    assert takes_another(desk, mandate)


def test_a_sweep_that_has_come_to_the_end_begins_anew(desk: Desk) -> None:
    desk.active()  # or nothing would be read of this rail
    bookmarks, stream = DynamoBookmarks(desk.table), f"{PARTNER}#0"
    bookmarks.save(Reading.SWEEP, RailName.INFOMEDIA, stream, "2026-01-01T00:00:00.000000Z")

    run(desk, "sweep")

    assert stream not in bookmarks.all(Reading.SWEEP, RailName.INFOMEDIA)


def test_a_renewal_whose_message_was_lost_is_found_by_the_sweep_and_billed_once(desk: Desk) -> None:
    id = desk.active()
    desk.move_clock(WEEK + 2)
    with workers_off(desk):
        run(desk)

    def found() -> bool:
        desk.move_clock(3600)
        run(desk, "sweep")
        row = desk.table.get(keys.subscription(PARTNER, id))
        return bool(row and "due_pk" in row)

    wait_until("the audit to find it", found)

    assert desk.wake_until(id, lambda found: found["periods_settled"] == 2)
    assert len(desk.debits(id)) == 2


def test_a_plan_whose_day_goes_wrong_is_stopped_by_the_run(desk: Desk, tmp_path: Path) -> None:
    doom(desk, tmp_path)

    run(desk)

    stops = DynamoStops(desk.table, lambda: 0.0)
    (stop,) = (stop for stop in stops.standing() if stop.scope == Scope(partner=PARTNER, plan=DOOMED))
    assert stop.because == "100% of 20 first tries failed; the plan allows 50%"
    stops.lift(stop.scope)


def test_a_bill_whose_key_cannot_be_found_is_not_made_until_it_is_there(desk: Desk) -> None:
    id = desk.active()
    held = Table(desk.world.client("dynamodb"), desk.world.outputs["KeyTableName"])
    key = {"pk": keys.subscription_pk(PARTNER, id), "sk": "KEY"}
    row = held.get(key)
    assert row is not None
    desk.world.client("dynamodb").delete_item(
        TableName=held.name, Key={name: {"S": value} for name, value in key.items()}
    )
    restart(desk.world, "BillWorkerFunction")  # which has had the key
    desk.move_clock(WEEK + 2)

    woken = {"messageId": "m1", "body": json.dumps({"v": 1, "rail": "infomedia", "subscriptions": [[PARTNER, id]]})}
    answer = desk.world.invoke("BillWorkerFunction", {"Records": [woken]})

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert desk.read(id)["periods_settled"] == 1
    assert len(desk.debits(id)) == 1
    held.write([Put(row)], held.new_write_id())
    assert desk.wake_until(id, lambda found: found["periods_settled"] == 2)
    assert len(desk.debits(id)) == 2
