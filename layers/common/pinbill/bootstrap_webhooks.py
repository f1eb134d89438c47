"""Bootstrap's part for webhooks: builds the feed, the retries, and what partners and operators do with endpoints."""

import os
import random
import secrets
import time
from typing import TYPE_CHECKING

import certifi

from pinbill.entrypoints.crew import Threads
from pinbill.entrypoints.webhook_views import event_body, ping_body
from pinbill.parts import Parts, Services
from pinbill.receivers.courier import HttpCourier
from pinbill.store.backlogs import DynamoBacklogs
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.clocks import SystemClock
from pinbill.store.delivery_log import DynamoDeliveryLog
from pinbill.store.histories import DynamoHistories
from pinbill.store.stream import recorded
from pinbill.store.webhook_endpoints import DynamoWebhookEndpoints
from pinbill.usecases.owing import Owing
from pinbill.usecases.webhook_endpoints import ManageWebhooks
from pinbill.usecases.webhook_feed import WebhookFeed
from pinbill.usecases.webhook_lane import Post, WebhookParts
from pinbill.usecases.webhook_replays import WebhookReplays
from pinbill.usecases.webhook_retry import WebhookRetry

if TYPE_CHECKING:
    from pinbill.entrypoints.webhooks import Reader
    from pinbill.store.table import Table
    from pinbill.usecases.ports.telemetry import Telemetry
    from pinbill.usecases.ports.time_and_ids import Clock
    from pinbill.usecases.ports.webhooks import SecretBox

FEED_THREADS = 64
RETRY_THREADS = 24  # endpoints at once, and of each as many deliveries as are made at once


def webhook_feed() -> "tuple[Services[WebhookFeed], Reader]":
    parts = Parts(os.environ)
    return parts.services(WebhookFeed(_webhook_parts(parts, parts.telemetry), Threads(FEED_THREADS))), recorded


def webhook_retry() -> Services[WebhookRetry]:
    parts = Parts(os.environ)
    return parts.services(WebhookRetry(_webhook_parts(parts, parts.telemetry), Threads(RETRY_THREADS)))


def manage_webhooks(table: "Table", clock: "Clock", box: "SecretBox", *, loopback: bool) -> ManageWebhooks:
    """`loopback` is for the local stage."""

    def ping(id: str) -> bytes:
        return ping_body(id, clock.now())

    return ManageWebhooks(
        DynamoWebhookEndpoints(table),
        Owing(DynamoBacklogs(table)),
        DynamoCatalog(table, time.monotonic),
        box,
        HttpCourier(certifi.where(), loopback=loopback),
        ping,
        clock,
        SystemClock(),
        secrets.token_bytes,
        loopback,
    )


def webhook_replays(table: "Table", clock: "Clock") -> WebhookReplays:
    return WebhookReplays(
        DynamoWebhookEndpoints(table),
        Owing(DynamoBacklogs(table)),
        DynamoHistories(table),
        DynamoDeliveryLog(table),
        clock,
    )


def _webhook_parts(parts: Parts, telemetry: "Telemetry") -> WebhookParts:
    courier = HttpCourier(certifi.where(), loopback=_loopback(parts))
    post = Post(courier, parts.secret_box, event_body, parts.clock, SystemClock(), time.monotonic, random.random)
    return WebhookParts(
        DynamoWebhookEndpoints(parts.table),
        Owing(DynamoBacklogs(parts.table)),
        DynamoHistories(parts.table),
        DynamoDeliveryLog(parts.table),
        post,
        telemetry,
    )


def _loopback(parts: Parts) -> bool:
    return parts.stage == "local"
