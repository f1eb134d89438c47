"""What telling partners costs in DynamoDB's units: an event that is taken at once costs a share of one log row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import override

import pytest

from pinbill.domain.change import Change
from pinbill.domain.journal import EntryKind
from pinbill.domain.webhooks import SigningSecret, WebhookEndpoint
from pinbill.store.backlogs import DynamoBacklogs
from pinbill.store.delivery_log import DynamoDeliveryLog
from pinbill.store.histories import DynamoHistories
from pinbill.store.items import to_wire
from pinbill.store.journal_items import entry_out
from pinbill.store.retrying import Retry
from pinbill.store.stream import recorded
from pinbill.store.subscription_items import subscription_out
from pinbill.store.table import Put, Table
from pinbill.store.tails import carrying
from pinbill.store.webhook_endpoints import DynamoWebhookEndpoints
from pinbill.usecases.feeding import Recorded
from pinbill.usecases.owing import Owing
from pinbill.usecases.webhook_feed import WebhookFeed
from pinbill.usecases.webhook_lane import Post, WebhookParts
from pinbill.usecases.webhook_retry import WebhookRetry
from tests.contracts.engines import create_table, fake_dynamodb
from tests.fakes.clock import START, FakeClock
from tests.fakes.telemetry import RecordingTelemetry
from tests.fakes.units import Spent, Units
from tests.fakes.webhooks import OneByOne, PlainBox, Receivers
from tests.unit.store.typical import PARTNER, PHONE
from tests.unit.usecases.telling import body

BATCH = 100
LONG = "https://hooks.a-partner-with-a-long-name.example.com/pinbill/webhooks?token=" + "t" * 64


@dataclass(slots=True)
class Bill:
    """A partner with one endpoint, whose typical subscriptions are renewed."""

    parts: WebhookParts
    units: Units
    table: Table
    receivers: Receivers
    clock: FakeClock

    def renewed(self, count: int) -> list[Recorded]:
        """What the stream tells of so many renewals, paid at once. Ids of one moment have their beginning in common."""
        found = []
        for n in range(count):
            id = f"69a1b2c3{hashlib.sha256(bytes([n])).hexdigest()[:16]}"
            active = replace(PHONE.active(id), seq=23)
            change = Change.of(active).record(EntryKind.SUSPENDED, START)
            (entry,) = change.entries
            item = carrying(subscription_out(change.after, 4), entry_out(PARTNER, id, entry))
            self.table.write([Put(item)], f"w{n}")
            told = recorded(to_wire({**item, "write_id": "x" * 16}))
            assert told is not None
            found.append(told)
        self.units.spent()
        return found

    def told(self, changes: list[Recorded]) -> Spent:
        WebhookFeed(self.parts, OneByOne())(changes)
        return self.units.spent()

    def retried(self) -> Spent:
        self.clock.advance(timedelta(hours=2))
        WebhookRetry(self.parts, OneByOne())()
        return self.units.spent()


@pytest.fixture
def bill() -> Bill:
    engine, clock, receivers = fake_dynamodb(), FakeClock(), Receivers()
    create_table(engine.as_client(), "told")
    table = Table(engine.as_client(), "told", Retry(tries=1))
    endpoints = DynamoWebhookEndpoints(table)
    secrets = (SigningSecret("s" * 200), SigningSecret("t" * 200, START))
    endpoints.put(WebhookEndpoint(PARTNER, "we_" + "0" * 24, LONG, START, secrets, ("news", "films")))
    post = Post(receivers, _AnyBox(), body, clock, clock, lambda: 0.0, lambda: 0.5)
    owing, histories = Owing(DynamoBacklogs(table)), DynamoHistories(table)
    parts = WebhookParts(endpoints, owing, histories, DynamoDeliveryLog(table), post, RecordingTelemetry())
    units = engine.meter = Units()
    return Bill(parts, units, table, receivers, clock)


class _AnyBox(PlainBox):
    @override
    def open(self, sealed: str, owner: str) -> bytes:
        return sealed.encode()


def test_a_batch_that_is_taken_writes_its_log_and_nothing_else(bill: Bill) -> None:
    spent = bill.told(bill.renewed(BATCH))

    assert len(bill.receivers.taken()) == BATCH
    assert [when[:10] for when in spent.writes] == ["2026-11-05"], "one row of the log, which is named by its time"
    assert spent.write_units <= 0.04 * BATCH
    assert spent.read_units <= 2, "who is behind, and the partner's endpoints"


def test_an_event_that_is_told_alone_costs_one_row_of_the_log(bill: Bill) -> None:
    spent = bill.told(bill.renewed(1))

    assert (spent.write_units, spent.read_units) == (1, 2)


def test_an_event_that_is_not_taken_and_made_up_for_costs_a_row_there_and_back(bill: Bill) -> None:
    bill.receivers.answers = lambda url, event: "500"
    parked = bill.told(bill.renewed(1))
    bill.receivers.answers = lambda url, event: "200"
    made_up = bill.retried()

    assert (parked.write_units, made_up.write_units) == (3, 4)


def test_a_partner_without_an_endpoint_costs_a_look(bill: Bill) -> None:
    changes = [replace(change, partner="rival") for change in bill.renewed(BATCH)]

    spent = bill.told(changes)

    assert (spent.write_units, spent.read_units) == (0, 2)
