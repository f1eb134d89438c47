"""The store on the local AWS, where conditions and transactions hold under threads; moto's do not."""

from dataclasses import dataclass

import pytest

from pinbill.domain.subscription import Subscription
from pinbill.store.due_index import DynamoDueIndex
from pinbill.store.identities import Identities
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.activities import Activities
from pinbill.usecases.bill_worker import BillWorker
from pinbill.usecases.cancel import Cancel
from pinbill.usecases.charge import ChargeNow
from pinbill.usecases.follow_up import FollowUp
from pinbill.usecases.payments import Payments
from pinbill.usecases.ports.rails import Rails
from pinbill.usecases.ports.store import Store
from pinbill.usecases.run_book import RunBook
from pinbill.usecases.settling import Settling
from tests.contracts.engines import local_client, local_endpoint, local_table, sealed_identities
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.ids import SeededIds
from tests.fakes.rails import FakeMandateRail, FakePhoneRail
from tests.fakes.runs import InMemoryRuns
from tests.fakes.samples import PHONE_PLAN, PHONE_SERVICE, active, msisdn
from tests.fakes.stops import InMemoryStops
from tests.fakes.telemetry import RecordingTelemetry

__all__ = ["local_client", "local_endpoint", "local_table"]

SHARDS = 4


@dataclass(frozen=True, slots=True)
class Journey:
    """The shipped use cases on a store, with scripted providers whose ledgers are the judge."""

    store: Store
    clock: FakeClock
    catalog: InMemoryCatalog
    phone: FakePhoneRail
    bank: FakeMandateRail
    payments: Payments
    worker: BillWorker
    charge: ChargeNow
    cancel: Cancel

    def subscribed(self, id: str, number: int) -> Subscription:
        """A subscription whose second period is due."""
        subscription, entry = active(id, number=msisdn(number))
        return self.store.create(subscription, entry)


def journey_on(store: Store) -> Journey:
    phone, bank, clock, telemetry = FakePhoneRail(), FakeMandateRail(), FakeClock(), RecordingTelemetry()
    catalog = InMemoryCatalog()
    catalog.put_service(PHONE_SERVICE)
    catalog.put_plan(PHONE_PLAN)
    settling = Settling(store, clock, telemetry)
    payments = Payments(store, Rails(phone, bank), clock, SeededIds(), settling, InMemoryStops())
    follow_up = FollowUp(store, bank, settling, clock, telemetry)
    activities = Activities(store, phone, clock, telemetry)
    return Journey(
        store,
        clock,
        catalog,
        phone,
        bank,
        payments,
        BillWorker(
            store, catalog, payments, follow_up, activities, clock, telemetry, RunBook(InMemoryRuns(), telemetry)
        ),
        ChargeNow(store, catalog, payments),
        Cancel(store, catalog, activities, clock),
    )


def store_on(table: Table, identities: Identities | None = None) -> DynamoStore:
    return DynamoStore(table, identities or sealed_identities(table._client), SHARDS)


@pytest.fixture
def journey(local_table: Table) -> Journey:
    return journey_on(store_on(local_table))


@pytest.fixture
def due(local_table: Table) -> DynamoDueIndex:
    return DynamoDueIndex(local_table, SHARDS)
