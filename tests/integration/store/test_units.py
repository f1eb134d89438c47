"""What the shipped use cases cost in DynamoDB's units: a change that raises it fails here."""

from datetime import timedelta

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.ending import When
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.pacing import Pace
from pinbill.domain.repeats import Keyed
from pinbill.domain.subscription import Subscription, Timer
from pinbill.store.bookings import DynamoBookings
from pinbill.store.bookmarks import DynamoBookmarks
from pinbill.store.due_index import DynamoDueIndex
from pinbill.store.open_outcomes import DynamoOpenOutcomes
from pinbill.store.runs import DynamoRuns
from pinbill.store.slot_index import DynamoSlotIndex
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.arrears import Arrears
from pinbill.usecases.audit import PATIENCE, Audit
from pinbill.usecases.call_times import CallTimes
from pinbill.usecases.due_streams import Mark
from pinbill.usecases.guard import Guard
from pinbill.usecases.measures import Measure
from pinbill.usecases.pause import Pause
from pinbill.usecases.ports.due import Indexes, Reading
from pinbill.usecases.recurring_bill import RecurringBill
from tests.contracts.engines import create_table, fake_dynamodb, sealed_identities
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.kms import FakeKms
from tests.fakes.queue import FakeQueue
from tests.fakes.samples import msisdn, pending
from tests.fakes.stops import InMemoryStops
from tests.fakes.telemetry import RecordingTelemetry
from tests.fakes.units import Spent, Units
from tests.integration.store.conftest import Journey, journey_on
from tests.unit.store.typical import BANK, ID, PARTNER, PHONE, RAILS, Typical

SHARDS = 4
MANY = 400


@pytest.fixture
def engine() -> InMemoryDynamoDB:
    return fake_dynamodb()


@pytest.fixture
def units(engine: InMemoryDynamoDB) -> Units:
    engine.meter = units = Units()
    return units


@pytest.fixture
def kms() -> FakeKms:
    return FakeKms()


@pytest.fixture
def table(engine: InMemoryDynamoDB) -> Table:
    return Table(engine.as_client(), create_table(engine.as_client()))


@pytest.fixture
def journey(table: Table, engine: InMemoryDynamoDB, kms: FakeKms) -> Journey:
    journey = journey_on(DynamoStore(table, sealed_identities(engine.as_client(), kms), SHARDS))
    for typical in RAILS.values():
        journey.catalog.put_plan(typical.plan)
        journey.catalog.put_service(typical.service)
    return journey


def _active(journey: Journey, typical: Typical, id: str = ID, last_digits: int = 123) -> Subscription:
    active = typical.active(id, last_digits)
    return journey.store.create(active, Entry(1, active.created_at, EntryKind.SUBSCRIBED, active.state))


def _when_due(journey: Journey, subscription: Subscription) -> None:
    """A moment after its slot has come up, as a worker is never exact."""
    current = journey.store.subscription(subscription.partner, subscription.id)
    journey.clock.set(current.timers[Timer.BILL] + timedelta(milliseconds=1_234))


def _woken(journey: Journey, units: Units, subscription: Subscription) -> Spent:
    units.spent()
    journey.worker.expect([(subscription.partner, subscription.id)])
    journey.worker.wake(subscription.partner, subscription.id)
    return units.spent()


@pytest.mark.parametrize("typical", [PHONE, BANK], ids=list(RAILS))
def test_a_paid_renewal_costs_three_write_units_one_and_a_half_read_units_and_no_index(
    journey: Journey, units: Units, kms: FakeKms, typical: Typical
) -> None:
    subscription = _active(journey, typical)
    asked = kms.asked
    for _ in range(3):
        _when_due(journey, subscription)
        journey.phone.will_bill(typical.paid)
        journey.bank.will_bill(typical.paid)
        spent = _woken(journey, units, subscription)
        assert spent.writes == {"SUB": 2, "J": 1}  # claim and settlement, and the ledger's row
        assert spent.reads == {"SUB": 1, "batch": 0.5}  # half a unit for its key
    assert kms.asked == asked
    assert journey.store.subscription(PARTNER, ID).next_period == subscription.next_period + 3


def test_a_payment_that_the_bank_tells_of_later_costs_its_entry_and_its_place_in_the_due_index_more(
    journey: Journey, units: Units
) -> None:
    subscription = _active(journey, BANK)
    _when_due(journey, subscription)
    journey.bank.will_bill(BANK.pending)
    asked = _woken(journey, units, subscription)
    journey.clock.advance(timedelta(minutes=11))
    journey.bank.will_find(BANK.paid)
    found = _woken(journey, units, subscription)
    assert asked.writes == {"SUB": 2, "J": 1, "index due": 1}
    assert found.writes == {"SUB": 1, "J": 1, "index due": 1}
    assert (asked.read_units, found.read_units) == (1.5, 1.5)


def test_a_bill_that_is_declined_and_paid_later_costs_nine_write_units(journey: Journey, units: Units) -> None:
    subscription = _active(journey, PHONE)
    _when_due(journey, subscription)
    journey.phone.will_bill(PHONE.declined)
    declined = _woken(journey, units, subscription)
    _when_due(journey, subscription)
    journey.phone.will_bill(PHONE.paid)
    paid = _woken(journey, units, subscription)
    assert declined.writes == {"SUB": 2, "J": 1, "index due": 1}
    # The retry's row says while it is claimed that there is an attempt to follow, also when billing is stopped.
    assert paid.writes == {"SUB": 2, "J": 1, "index due": 2}


def test_what_a_subscription_costs_from_its_creation_to_its_end(journey: Journey, units: Units) -> None:
    """As the table of access patterns says; a trial and its PIN are left out."""
    new = pending(ID, plan=PHONE.plan, service=PHONE.service, now=journey.clock.now())
    created = journey.store.create(*new)
    own = {"SUB": 2, "J": 2, "PLAN": 2, "index due": 1, "KEY": 2, "index numbers": 1}
    assert units.spent().writes == own | {"COHORTS": 1}
    another = pending("69a1b2c3fedcba9876543210", plan=PHONE.plan, service=PHONE.service, number=msisdn(7))
    journey.store.create(*another)
    assert units.spent().writes == own
    journey.cancel(PARTNER, created.id, When.NOW, "test")
    assert units.spent() == Spent({"SUB": 2, "J": 2, "PLAN": 2, "index due": 1}, {"SUB": 1})


def test_a_key_costs_one_row_more_and_makes_a_transaction_of_its_write(journey: Journey, units: Units) -> None:
    """Only where one is sent: without it nothing is read or written for it."""
    subscription = _active(journey, PHONE)
    pause, pause_key, cancel_key = Pause(journey.store, journey.clock), Keyed("p" * 64, "b"), Keyed("c" * 64, "b")
    units.spent()
    pause.pause(PARTNER, subscription.id, None)
    without = units.spent()
    pause.resume(PARTNER, subscription.id)
    units.spent()
    pause.pause(PARTNER, subscription.id, None, pause_key)
    with_key = units.spent()
    pause.pause(PARTNER, subscription.id, None, pause_key)
    repeated = units.spent()
    journey.cancel(PARTNER, subscription.id, When.NOW, "test", cancel_key)
    ended = units.spent()
    assert without == Spent({"SUB": 1, "J": 1, "index slots": 1}, {"SUB": 1})
    # The bill of what was resumed is found by the due index until it is paused again.
    assert with_key == Spent({"SUB": 2, "J": 2, "I": 2, "index slots": 1, "index due": 1}, {"SUB": 1, "nothing": 1})
    assert repeated == Spent({}, {"SUB": 2, "I": 1})
    assert ended.writes["I"] == 2


def test_a_new_subscription_with_a_key_costs_two_write_units_more(journey: Journey, units: Units) -> None:
    new = pending(ID, plan=PHONE.plan, service=PHONE.service, now=journey.clock.now())
    journey.store.create(*new, Keyed("a" * 64, "b" * 64).begun(journey.clock.now(), subscription=ID))
    own = {"SUB": 2, "J": 2, "PLAN": 2, "index due": 1, "KEY": 2, "index numbers": 1}
    assert units.spent().writes == own | {"COHORTS": 1, "START": 2}


def test_a_renewals_share_of_the_runs_that_hand_it_out_and_audit_it(
    journey: Journey, units: Units, table: Table
) -> None:
    ids = [f"69a1b2c3{n:016x}" for n in range(MANY)]
    subscriptions = [_active(journey, PHONE, id, n) for n, id in enumerate(ids)]
    queue, telemetry = FakeQueue(), RecordingTelemetry()
    indexes = Indexes(DynamoDueIndex(table, SHARDS), DynamoSlotIndex(table), DynamoBookmarks(table))
    audit = Audit(indexes, journey.store, journey.clock, telemetry)
    paces = dict.fromkeys(RailName, Pace(100.0))
    call_times = CallTimes(DynamoBookings(table), queue, journey.clock, paces)
    guard = Guard(InMemoryStops(), DynamoRuns(table), indexes.slots, journey.catalog, journey.clock, telemetry)
    schedule = RecurringBill(indexes, audit, call_times, guard, journey.clock, telemetry, timedelta(minutes=5))
    _when_due(journey, subscriptions[0])
    came_up = journey.clock.now()
    # Of a cohort that is new to them, run and audit read a whole month, and who came up in it.
    journey.clock.advance(-4 * PATIENCE)
    schedule.run()
    _sweep_for_hours(schedule, journey)
    journey.clock.set(came_up - schedule.interval)
    schedule.run()
    queue.take()
    journey.clock.set(came_up)
    units.spent()

    schedule.run()
    handed_out = units.spent()
    assert sorted(id for work in queue.take() for _, id in work.subscriptions) == ids
    journey.worker.expect([(PARTNER, id) for id in ids])
    for id in ids:
        journey.worker.wake(PARTNER, id)
    billed = units.spent()
    _sweep_for_hours(schedule, journey)
    audited = units.spent()

    assert billed == Spent({"SUB": 2 * MANY, "J": MANY}, {"SUB": MANY, "batch": 0.5 * MANY})
    assert handed_out.write_units <= 0.01 * MANY
    assert handed_out.read_units <= 0.05 * MANY
    assert audited.write_units <= 0.02 * MANY
    assert audited.reads["batch"] == 0.5 * MANY  # half a unit for each that came up
    assert audited.reads["index slots"] <= 0.025 * MANY
    assert audited.read_units <= (0.5 + 0.025) * MANY + 4 * 16  # what four sweeps of two rails cost anyway


def test_what_waits_is_measured_at_a_price_that_hangs_on_how_much_waits_and_not_on_how_many_there_are(
    journey: Journey, units: Units, table: Table
) -> None:
    subscriptions = [_active(journey, PHONE, f"69a1b2c3{n:016x}", n) for n in range(MANY)]
    indexes = Indexes(DynamoDueIndex(table, SHARDS), DynamoSlotIndex(table), DynamoBookmarks(table))
    telemetry, outcomes = RecordingTelemetry(), DynamoOpenOutcomes(table)
    look = Arrears(indexes, outcomes, InMemoryStops(), journey.clock, telemetry)
    _when_due(journey, subscriptions[0])
    came_up = journey.clock.now()
    journey.clock.advance(-timedelta(hours=1))
    cohort = subscriptions[0].cohort.name
    indexes.bookmarks.save(Reading.RUN, RailName.INFOMEDIA, cohort, str(Mark.behind_all(journey.clock.now())))
    units.spent()

    look()
    nothing = units.spent()
    journey.clock.set(came_up)
    look()
    everything = units.spent()

    assert telemetry.values(Measure.DUE_UNPAID, rail="infomedia") == [0, MANY]
    assert nothing.write_units == everything.write_units == 0
    # Where cohorts are, how far they were read, the shards of one partner, a plan's slots, and both lists of outcomes.
    assert nothing.read_units <= 2 * 1 + 1 + (SHARDS + 1) * 0.5 + 0.5 + 2
    assert everything.reads["batch"] == 0.5 * MANY  # each that no run has come to is asked whether it was billed
    assert everything.read_units - nothing.read_units <= (0.5 + 0.05) * MANY


def _sweep_for_hours(schedule: RecurringBill, journey: Journey) -> None:
    """Until the audit has looked at what was handed out before: it waits twice."""
    for _ in range(3):
        schedule.sweep()
        journey.clock.advance(PATIENCE + timedelta(minutes=1))
    schedule.sweep()
