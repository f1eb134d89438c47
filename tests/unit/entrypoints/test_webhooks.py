"""The adapters of webhooks: bodies that show what the API shows and no number; records in, counts out; threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.states import State
from pinbill.entrypoints.crew import Threads
from pinbill.entrypoints.telemetry import LogTelemetry
from pinbill.entrypoints.views import AttemptView, SubscriptionView
from pinbill.entrypoints.webhook_views import event_body, ping_body
from pinbill.entrypoints.webhooks import feed_handler, retry_handler
from pinbill.errors import StoreUnavailable
from pinbill.usecases.feeding import Recorded
from pinbill.usecases.webhook_feed import Fed, WebhookFeed
from pinbill.usecases.webhook_retry import Redelivered, WebhookRetry
from tests.fakes.clock import START
from tests.unit.domain.samples import NUMBER, claimed, settled
from tests.unit.domain.samples import PAID as PAID_RESULT

CONTEXT = cast(LambdaContext, SimpleNamespace(aws_request_id="r-1"))


def test_an_event_shows_the_subscription_and_the_payment_as_the_api_does() -> None:
    change = settled(claimed(State.ACTIVE), PAID_RESULT)
    (entry,) = change.entries

    told = json.loads(event_body(entry, change.after))

    assert {name: told[name] for name in ("id", "type", "timestamp", "sequence")} == {
        "id": f"evt_{change.after.id}_{entry.seq}",
        "type": "bill.paid",
        "timestamp": "2026-11-05T10:00:00Z",
        "sequence": entry.seq,
    }
    assert entry.attempt is not None
    assert told["data"] == {
        "attempt": AttemptView.of(entry.attempt).model_dump(mode="json"),
        "detail": {},
        "subscription": SubscriptionView.of(change.after).model_dump(mode="json"),
    }


def test_an_event_without_a_payment_tells_its_further_facts() -> None:
    subscription = claimed(State.ACTIVE)
    entry = Entry(9, START, EntryKind.CANCELLED, State.CANCELLED, None, {"reason": "stop", "open_attempt": "S0001-3"})

    told = json.loads(event_body(entry, subscription))

    assert (told["type"], told["data"]["attempt"]) == ("subscription.cancelled", None)
    assert told["data"]["detail"] == {"reason": "stop", "open_attempt": "S0001-3"}


@pytest.mark.parametrize("kind", sorted(EntryKind))
def test_no_event_shows_a_number_or_who_has_claimed(kind: EntryKind) -> None:
    subscription = claimed(State.ACTIVE)
    attempt = subscription.open_attempt
    assert attempt is not None
    owned = replace(attempt, owner="0123456789abcdef")

    body = event_body(Entry(9, START, kind, State.ACTIVE, owned, {"reason": "x"}), subscription).decode()

    assert NUMBER.removeprefix("+") not in body
    assert NUMBER[-8:] not in body
    assert owned.owner not in body


def test_an_event_stays_below_what_the_specification_recommends() -> None:
    change = settled(claimed(State.ACTIVE), PAID_RESULT)

    assert len(event_body(change.entries[0], change.after)) < 20_000


def test_a_ping_is_of_no_subscription() -> None:
    told = json.loads(ping_body("evt_ping_1", START))

    assert told == {"id": "evt_ping_1", "type": "webhook.ping", "timestamp": "2026-11-05T10:00:00Z", "data": {}}


def record(image: Mapping[str, Any], name: str = "MODIFY") -> dict[str, Any]:
    return {"eventID": "e-1", "eventName": name, "dynamodb": {"NewImage": image}}


class Feed:
    def __init__(self, fails: bool = False) -> None:
        self.changes: list[Recorded] = []
        self._fails = fails

    def __call__(self, changes: list[Recorded]) -> Fed:
        self.changes = changes
        if self._fails:
            raise StoreUnavailable
        return Fed(delivered=3, parked=1)


def read(image: Mapping[str, Any]) -> Recorded | None:
    if "poison" in image:
        raise KeyError("seq")
    return None if "claim" in image else cast(Recorded, image["seq"])


def handled(feed: Feed, *records: dict[str, Any]) -> dict[str, int]:
    logger = Logger(service="test")
    handler = feed_handler(cast(WebhookFeed, feed), read, logger, LogTelemetry(logger))
    return handler({"Records": list(records)}, CONTEXT)


def test_changes_of_a_batch_are_told_in_its_order_and_what_is_none_is_left_out() -> None:
    feed = Feed()

    answer = handled(feed, record({"seq": 2}), record({"claim": 1}), record({"seq": 9}, "REMOVE"), record({"seq": 3}))

    assert cast(list[object], feed.changes) == [2, 3]
    assert answer == {"changes": 2, "delivered": 3, "parked": 1}


def test_a_record_of_another_form_keeps_nobody_waiting() -> None:
    feed = Feed()

    handled(feed, record({"poison": 1}), record({"seq": 3}))

    assert cast(list[object], feed.changes) == [3]


def test_a_feed_that_fails_makes_its_batch_come_again() -> None:
    with pytest.raises(StoreUnavailable):
        handled(Feed(fails=True), record({"seq": 3}))


def test_a_run_of_the_retries_says_what_it_delivered() -> None:
    logger = Logger(service="test")
    retry = cast(WebhookRetry, lambda: Redelivered(5, 2))

    assert retry_handler(retry, logger, LogTelemetry(logger))({}, CONTEXT) == {"redelivered": 5, "failed": 2}


def test_threads_do_all_steps_at_the_same_time_and_raise_what_failed_first() -> None:
    both = threading.Barrier(2)
    done: list[int] = []

    def meets(n: int) -> None:
        both.wait(10)
        done.append(n)

    def fails() -> None:
        raise StoreUnavailable

    Threads(8)([lambda: meets(1), lambda: meets(2)])
    with pytest.raises(StoreUnavailable):
        Threads(8)([lambda: done.append(3), fails, lambda: done.append(4)])

    assert sorted(done) == [1, 2, 3, 4]
