"""Webhooks through the deployed stack: a receiver that fails, hangs and recovers, judged by its own book."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.world import Deployed
from pinbill.domain.deliveries import PATIENCE
from pinbill_client.webhooks import Verifier
from tests.e2e.desk import BANK, NETWORK, PARTNER, RIVAL, RIVALS, Desk, Request
from tests.e2e.hooked import Hooked, hooked
from tests.e2e.operating import operate
from tests.e2e.problem import assert_silent
from tests.e2e.waiting import wait_until


@pytest.fixture
def hook(desk: Desk) -> Iterator[Hooked]:
    with hooked(desk) as hook:
        yield hook


def test_a_life_is_told_in_order_signed_and_with_its_snapshots(desk: Desk, hook: Hooked) -> None:
    msisdn = desk.number()
    id = desk.subscribe(msisdn=msisdn)
    assert desk.confirm(id, desk.pin(msisdn)).status_code == 200
    assert desk.charge(id, "gems").status_code == 201
    assert desk.post(f"/v1/subscriptions/{id}/pause").status_code == 200
    assert desk.post(f"/v1/subscriptions/{id}/resume").status_code == 200
    assert desk.post(f"/v1/subscriptions/{id}/cancel").status_code == 200
    hook.wait_until_told(id)

    events = [event for event in hook.book.events if event.subscription_id == id]
    assert [event.type for event in events] == [
        "subscription.created",
        "bill.paid",
        "charge.paid",
        "subscription.paused",
        "subscription.resumed",
        "subscription.cancelled",
    ]
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5, 6]
    states = [event.subscription["state"] for event in events if event.subscription]
    assert states == ["pending", "active", "active", "paused", "active", "cancelled"]
    assert events[-1].subscription == desk.read(id)
    for body in hook.book.bodies:
        assert_silent(body.decode(), desk)
        assert msisdn.removeprefix("+") not in body.decode()


def test_what_a_failing_receiver_missed_is_made_up_for_in_order_once_it_recovers(desk: Desk, hook: Hooked) -> None:
    first, second = desk.active(), desk.active()
    hook.wait_until_told(first)
    hook.wait_until_told(second)
    hook.book.mood = 500
    assert desk.charge(first, "one").status_code == 201
    wait_until("a failure", lambda: hook.book.refused)
    assert desk.charge(first, "two").status_code == 201
    assert desk.charge(second, "one").status_code == 201
    wait_until("another failure", lambda: hook.book.refused > 1)
    hook.book.mood = 204
    assert desk.charge(first, "three").status_code == 201
    desk.move_clock(120)

    def recovered() -> bool:
        hook.retry()
        return hook.is_told_all(first) and hook.is_told_all(second)

    wait_until("everything to be made up for", recovered)

    assert (hook.book.told(first), hook.book.told(second)) == ([1, 2, 3, 4, 5], [1, 2, 3])
    assert "well" in operate(desk, "webhook", "list", PARTNER).stdout
    assert "try 1: 500" in hook.command("deliveries")


def test_a_receiver_that_hangs_keeps_no_other_partner_waiting(desk: Desk, hook: Hooked) -> None:
    with hooked(desk, RIVAL) as rival:
        id = desk.active()
        hook.wait_until_told(id)
        hook.book.hangs.set()
        assert desk.charge(id, "one").status_code == 201
        other = _subscribe_at_rival(desk)
        wait_until("the rival to be told", lambda: rival.book.told(other) == [1])
        wait_until("the hanging endpoint to be held", lambda: "failing since" in _behind(desk))
        asked = hook.book.refused
        assert desk.charge(id, "two").status_code == 201
        wait_until("it to be parked", lambda: "not sent: parked" in hook.command("deliveries"))
        assert hook.book.refused == asked, "a held endpoint is not asked"
        hook.book.hangs.clear()
        desk.move_clock(120)
        wait_until("everything to be made up for", lambda: hook.retry() and hook.is_told_all(id))

    assert hook.book.told(id) == [1, 2, 3, 4]


def _behind(desk: Desk) -> str:
    return operate(desk, "webhook", "behind").stdout


def _subscribe_at_rival(desk: Desk) -> str:
    body = {"plan": RIVALS, "msisdn": desk.number(), "network": NETWORK}
    return desk.made(desk.send(Request("POST", "/v1/subscriptions", body, key=desk.rival_key)))


def test_an_endpoint_is_switched_off_after_three_days_and_gets_the_rest_by_a_replay(desk: Desk, hook: Hooked) -> None:
    id = desk.active()
    hook.wait_until_told(id)
    begun = desk.now()
    hook.book.mood = 503
    assert desk.charge(id, "one").status_code == 201
    wait_until("a failure to be noted", lambda: "failing since" in _behind(desk))
    desk.move_clock(int(PATIENCE.total_seconds()) - 3600)
    hook.retry()
    assert "failing since" in operate(desk, "webhook", "list", PARTNER).stdout
    desk.move_clock(2 * 3600)
    hook.retry()
    assert "(failed)" in operate(desk, "webhook", "list", PARTNER).stdout
    hook.book.mood = 204
    assert desk.charge(id, "two").status_code == 201
    wait_until("it to be passed over", lambda: "not sent: off" in hook.command("deliveries"))

    assert "webhook replay" in hook.command("enable")
    assert desk.charge(id, "three").status_code == 201
    wait_until("what happens from then on", lambda: hook.book.told(id) == [1, 2, 5])
    hook.command("replay", "--since", (begun - timedelta(minutes=1)).isoformat())
    wait_until("the replay", lambda: hook.retry() and sorted(hook.book.told(id)) == [1, 2, 3, 4, 5])


def test_a_receiver_that_is_gone_is_asked_once(desk: Desk, hook: Hooked) -> None:
    hook.book.mood = 410
    id = desk.active()
    wait_until("it to be switched off", lambda: "(gone)" in operate(desk, "webhook", "list", PARTNER).stdout)
    asked = hook.book.refused

    assert desk.charge(id, "one").status_code == 201
    wait_until("it to be passed over", lambda: hook.command("deliveries").count("not sent: off") >= 1)

    assert hook.book.refused == asked


def test_one_event_and_a_range_are_sent_again(desk: Desk, hook: Hooked) -> None:
    id = desk.active()
    hook.wait_until_told(id)
    before = len(hook.book.bodies)

    hook.command("resend", f"evt_{id}_2")
    wait_until("the event again", lambda: hook.retry() and len(hook.book.bodies) == before + 1)
    hook.command("replay", "--subscription", id, "--first", "1")
    wait_until("both events again", lambda: hook.retry() and len(hook.book.bodies) == before + 3)

    again = [json.loads(body)["id"] for body in hook.book.bodies[before:]]
    assert again == [f"evt_{id}_2", f"evt_{id}_1", f"evt_{id}_2"]


def test_while_its_secret_is_rotated_both_verify(desk: Desk, hook: Hooked) -> None:
    rotated = hook.command("rotate").splitlines()[1]
    desk.secrets.append(rotated)
    for secret in (hook.secret, rotated):
        hook.book.verifier = Verifier(secret)
        assert "it was taken" in hook.command("test")


def test_an_endpoint_of_one_service_hears_of_no_other(desk: Desk) -> None:
    with hooked(desk, PARTNER, "bank") as hook:
        phone = desk.active()
        bank = desk.subscribe_by_mandate(desk.mandate())
        hook.wait_until_told(bank)

        assert desk.read(bank)["plan"] == BANK
        assert hook.book.told(phone) == []


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/x", "https://10.0.0.1/", "https://localhost.localdomain:8443/"]
)
def test_an_endpoint_where_we_must_not_call_is_refused(desk: Desk, url: str) -> None:
    refused = operate(desk, "webhook", "add", PARTNER, url)

    assert refused.returncode == 1
    assert "webhook_url_invalid" in refused.stderr


def test_what_was_put_aside_is_given_back(desk: Desk, hook: Hooked, world: Deployed) -> None:
    id = desk.active()
    hook.wait_until_told(id)
    piece = _piece_of_the_stream(world, id)
    before = len(hook.book.bodies)
    world.client("sqs").send_message(
        QueueUrl=world.outputs["WebhookAsideQueueUrl"], MessageBody=json.dumps({"DDBStreamBatchInfo": piece})
    )

    told = operate(desk, "webhook", "aside").stdout

    assert "1 changes, owed to endpoints 1 times" in told
    wait_until("it to be told again", lambda: hook.retry() and len(hook.book.bodies) > before)
    assert operate(desk, "webhook", "aside").stdout == "nothing was put aside\n"


def _piece_of_the_stream(world: Deployed, id: str) -> dict[str, Any]:
    """As Lambda names what it puts aside: the record of a subscription's newest change."""
    streams, arn = world.client("dynamodbstreams"), world.outputs["TableStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][-1]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    found: list[str] = []
    while iterator:
        page = streams.get_records(ShardIterator=iterator)
        found += [
            record["dynamodb"]["SequenceNumber"]
            for record in page["Records"]
            if record["dynamodb"]["Keys"]["pk"]["S"].endswith(f"#S#{id}")
            and {"last", "made"} & set(record["dynamodb"].get("NewImage", {}))
        ]
        iterator = page.get("NextShardIterator") if page["Records"] else None
    now = datetime.now(UTC).isoformat()
    return {
        "shardId": shard,
        "startSequenceNumber": found[-1],
        "endSequenceNumber": found[-1],
        "approximateArrivalOfFirstRecord": now,
        "batchSize": 1,
        "streamArn": arn,
    }
