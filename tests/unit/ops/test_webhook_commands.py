"""The operator's commands for webhooks, run against a table in moto: what they print, and what they change."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from kit.reference import Receiver, Server
from local.journey.hooks import NO_SECRET_YET
from ops import __main__ as ops
from ops.stack import Stack
from pinbill.domain.change import Change
from pinbill.domain.deliveries import PARKED, Behind, Delivery, Health
from pinbill.domain.journal import EntryKind
from pinbill.domain.webhooks import Place
from pinbill.store.backlogs import DynamoBacklogs
from pinbill.store.clocks import SystemClock
from pinbill.store.delivery_log import DynamoDeliveryLog
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.store.webhook_endpoints import DynamoWebhookEndpoints
from pinbill_client.webhooks import Verifier
from tests.contracts.engines import connect, create_table
from tests.fakes.identities import PlainIdentities
from tests.fakes.samples import PARTNER, active

MINUTE = timedelta(minutes=1)


class Desk:
    """Of an operator; `run` is what a command prints."""

    def __init__(self, capsys: pytest.CaptureFixture[str], stage: str = "local") -> None:
        self._capsys = capsys
        client = connect()
        self.name = create_table(client)
        self.table = Table(client, self.name)
        environment = {"PINBILL_STAGE": stage, "PINBILL_TABLE": self.name, "PINBILL_TEST_CLOCK": "false"}
        keys, kms_key = create_table(client, logical_id="KeyTable"), boto3.client("kms").create_key()
        arn = kms_key["KeyMetadata"]["Arn"]
        self._stack = Stack(table=self.name, worker_environment=environment, keys=keys, kms_key=arn)
        self.endpoints = DynamoWebhookEndpoints(self.table)

    def run(self, *arguments: str, fails: bool = False) -> str:
        code = ops.main(["--stack", "it", "webhook", *arguments], lambda _: self._stack)
        printed = self._capsys.readouterr()
        assert code == int(fails), printed
        return printed.err if fails else printed.out

    def add(self, url: str = "https://hooks.example.com/t0ken") -> tuple[str, str]:
        """Id and secret."""
        lines = self.run("add", PARTNER, url).splitlines()
        return lines[0].split()[1], lines[1]

    def place(self, id: str) -> Place:
        return Place.of(self.endpoints.endpoint(PARTNER, id))


@pytest.fixture
def desk(capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with mock_aws():
        yield Desk(capsys)


def test_an_endpoint_is_added_with_a_secret_that_no_list_shows_again(desk: Desk) -> None:
    id, secret = desk.add()

    listed = desk.run("list", PARTNER)

    assert re.fullmatch(r"we_[0-9a-f]{24}", id)
    assert secret.startswith("whsec_")
    assert listed == f"{id}  https://hooks.example.com  all services  well\n"
    assert desk.run("list", "nobody").startswith("it has no endpoint yet")


def test_what_is_refused_is_said_on_the_other_stream(desk: Desk) -> None:
    assert desk.run("add", PARTNER, "https://127.1/", fails=True).startswith("webhook_url_invalid:")
    assert desk.run("enable", PARTNER, "we_9", fails=True).startswith("webhook_not_found:")
    assert desk.run("add", PARTNER, "https://x.example.com", "--service", "none", fails=True).startswith("service_not")


def test_only_the_local_stage_takes_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    with mock_aws():
        assert "webhook_url_invalid" in Desk(capsys, "staging").run("add", PARTNER, "http://127.0.0.1:1/", fails=True)


def test_an_endpoint_is_switched_off_and_on_and_its_replay_is_named(desk: Desk) -> None:
    id, _ = desk.add()

    assert "nothing any more" in desk.run("disable", PARTNER, id)
    assert "(by_hand)" in desk.run("list", PARTNER)
    assert f"webhook replay {PARTNER} {id} --since 20" in desk.run("enable", PARTNER, id)
    assert desk.run("list", PARTNER).endswith("well\n")
    assert desk.run("remove", PARTNER, id) == f"{id} is removed\n"


def test_a_rotation_shows_the_new_secret_and_how_long_the_old_one_signs(desk: Desk) -> None:
    id, first = desk.add()

    rotated = desk.run("rotate", PARTNER, id, "--overlap", "2").splitlines()

    assert rotated[1].startswith("whsec_")
    assert rotated[1] != first
    assert rotated[2] == "the secret before it signs as well for 2 hours"
    assert desk.run("rotate", PARTNER, id, "--overlap", "0").splitlines()[2] == "the old one signs no more"


@contextmanager
def serving(receiver: Receiver) -> Iterator[str]:
    with Server(receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"{server.url}/hook"
        finally:
            server.shutdown()
            thread.join()


def test_a_ping_says_what_was_answered(desk: Desk) -> None:
    receiver = Receiver(NO_SECRET_YET)
    with serving(receiver) as url:
        id, secret = desk.add(url)
        refused = desk.run("test", PARTNER, id)
        receiver.verifier = Verifier(secret)
        taken = desk.run("test", PARTNER, id)

    assert re.fullmatch(r"400 after \d+ ms: it was not taken\n", refused)
    assert re.fullmatch(r"204 after \d+ ms: it was taken\n", taken)


def test_the_log_is_listed_newest_first(desk: Desk) -> None:
    id, _ = desk.add()
    now = SystemClock().now().replace(microsecond=0)
    deliveries = [Delivery(now - MINUTE, "SUB1", 3, 1, "500", 12), Delivery(now, "SUB1", 4, 0, PARKED)]
    DynamoDeliveryLog(desk.table).add(desk.place(id), deliveries)

    assert desk.run("deliveries", PARTNER, id).splitlines() == [
        f"{now:%Y-%m-%d %H:%M:%S}Z evt_SUB1_4 not sent: parked",
        f"{now - MINUTE:%Y-%m-%d %H:%M:%S}Z evt_SUB1_3 try 1: 500 after 12 ms",
    ]
    assert len(desk.run("deliveries", PARTNER, id, "--limit", "1").splitlines()) == 1


def test_who_is_behind_is_listed_with_since_when_it_fails(desk: Desk) -> None:
    id, _ = desk.add()
    now = SystemClock().now()
    assert desk.run("behind") == "no endpoint fails or is owed anything\n"
    DynamoBacklogs(desk.table).put_behind(desk.place(id), Behind(Health(now, 3, True, 2, now + MINUTE)))

    expected = f"failing since {now:%Y-%m-%d %H:%M}Z, next probe {now + MINUTE:%Y-%m-%d %H:%M}Z"
    assert desk.run("behind") == f"{PARTNER} {id}  {expected}\n"
    assert expected in desk.run("list", PARTNER)


def test_a_range_a_time_and_one_event_are_owed_again(desk: Desk) -> None:
    id, _ = desk.add()
    store = DynamoStore(desk.table, PlainIdentities(), 1)
    subscription, first = active()
    current = store.create(Change.of(subscription).set(seq=1, version=1).after, first)
    store.commit(Change.of(current).record(EntryKind.SUSPENDED, SystemClock().now()))
    now = SystemClock().now()
    DynamoDeliveryLog(desk.table).add(desk.place(id), [Delivery(now - MINUTE, "SUB1", 2, 1, "200", 1)])

    assert "within a minute or two" in desk.run("resend", PARTNER, id, "evt_SUB1_2")
    assert "sent again" in desk.run("replay", PARTNER, id, "--subscription", "SUB1")
    since = (now - 5 * MINUTE).isoformat()
    assert desk.run("replay", PARTNER, id, "--since", since).startswith("1 runs of events are sent again")
    assert desk.run("replay", PARTNER, id, "--since", since, "--until", (now - 3 * MINUTE).isoformat()) == (
        "there is nothing to replay\n"
    )

    owed = DynamoBacklogs(desk.table).backlogs(desk.place(id), None, 10)
    assert [(each.first, each.last, each.is_replay) for each in owed] == [(1, 2, True)]
    assert desk.run("behind") == f"{PARTNER} {id}  being made up for\n"


@pytest.mark.parametrize("given", [(), ("--subscription", "SUB1", "--since", "2026-11-05T10:00Z")])
def test_a_replay_says_what_of(desk: Desk, given: tuple[str, ...]) -> None:
    id, _ = desk.add()

    assert desk.run("replay", PARTNER, id, *given, fails=True).startswith("replay_invalid:")
