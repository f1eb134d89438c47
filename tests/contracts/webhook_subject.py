"""What the contract tests of webhooks are run against."""

from dataclasses import dataclass

from pinbill.store.backlogs import DynamoBacklogs
from pinbill.store.delivery_log import DynamoDeliveryLog
from pinbill.store.histories import DynamoHistories
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.store.webhook_endpoints import DynamoWebhookEndpoints
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.webhooks import Backlogs, DeliveryLog, Histories, WebhookEndpoints
from tests.fakes.identities import PlainIdentities
from tests.fakes.store import InMemoryStore
from tests.fakes.webhooks import InMemoryBacklogs, InMemoryEndpoints, InMemoryLog, StoreHistories


@dataclass(frozen=True, slots=True)
class WebhookSubject:
    """One implementation of the ports, empty."""

    store: Store
    endpoints: WebhookEndpoints
    backlogs: Backlogs
    log: DeliveryLog
    histories: Histories


def webhooks_in_memory() -> WebhookSubject:
    store = InMemoryStore()
    return WebhookSubject(store, InMemoryEndpoints(), InMemoryBacklogs(), InMemoryLog(), StoreHistories(store))


def webhooks_on_dynamodb(table: Table) -> WebhookSubject:
    numbers = PlainIdentities()
    return WebhookSubject(
        DynamoStore(table, numbers, 1),
        DynamoWebhookEndpoints(table),
        DynamoBacklogs(table),
        DynamoDeliveryLog(table),
        DynamoHistories(table),
    )
