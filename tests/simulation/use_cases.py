"""The shipped use cases over simulated ports, as bootstrap builds them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Protocol, override

from pinbill.domain.catalog import RailName
from pinbill.domain.journal import Entry
from pinbill.domain.pacing import Pace
from pinbill.domain.pin_guards import FIGURES, Guards
from pinbill.domain.subscription import Subscription
from pinbill.usecases.activities import Activities
from pinbill.usecases.audit import Audit
from pinbill.usecases.bill_worker import BillWorker
from pinbill.usecases.call_times import CallTimes
from pinbill.usecases.callback import Callback
from pinbill.usecases.cancel import Cancel
from pinbill.usecases.charge import ChargeNow
from pinbill.usecases.decide import Decide
from pinbill.usecases.follow_up import FollowUp
from pinbill.usecases.guard import Guard
from pinbill.usecases.measures import Measure
from pinbill.usecases.notices import Notices
from pinbill.usecases.pause import Pause
from pinbill.usecases.payments import Payments
from pinbill.usecases.pin_confirm import PinConfirm
from pinbill.usecases.pin_guard import PinGuard
from pinbill.usecases.pin_request import PinRequest
from pinbill.usecases.ports.billing import Bookings, Queue, Runs, Stops
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.due import Bookmarks, Indexes, OpenOutcomes
from pinbill.usecases.ports.rails import Rails
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock, Ids
from pinbill.usecases.recurring_bill import RecurringBill
from pinbill.usecases.run_book import RunBook
from pinbill.usecases.settling import Settling
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.runs import InMemoryRuns
from tests.fakes.stops import InMemoryStops
from tests.fakes.tallies import InMemoryTallies

# The guards of PINs take no part in the protocol of the money: tests/attack is about them.
NEVER = Guards(**dict.fromkeys(FIGURES, 1_000_000))
INTERVAL = timedelta(seconds=10)  # from one run to the next: short, since a run looks through the call times until then


class Backend(Protocol):
    """Where a story's rows are: the ports over them with their faults, and a way to look at them without steps."""

    store: Store
    indexes: Indexes
    outcomes: OpenOutcomes
    catalog: Catalog
    rows: Store
    bookmarks: Bookmarks
    bookings: Bookings
    writer: InMemoryCatalog

    def new_processes(self) -> None: ...

    def subscriptions(self) -> Iterator[Subscription]: ...

    def journal(self, subscription: Subscription) -> Sequence[Entry]: ...

    def snapshot(self) -> object: ...

    def restore(self, snapshot: object) -> None: ...


class Control(Protocol):
    """What halts billing, and the rows that count it."""

    stops: Stops
    runs: Runs


class Uncontrolled(Control):
    """Nothing is ever stopped by an operator, and no count is kept from one start state to the next."""

    def __init__(self) -> None:
        self.stops, self.runs = InMemoryStops(), InMemoryRuns()


class NoTelemetry(Telemetry):
    @override
    def observe(
        self, what: Observation, value: int = 1, dimensions: Mapping[str, str] | None = None, **fields: str | int
    ) -> None:
        return

    @override
    def measure(self, what: Measure, value: float, dimensions: Mapping[str, str]) -> None:
        return


class UseCases:
    """The shipped use cases over the given ports, as bootstrap builds them."""

    def __init__(
        self,
        backend: Backend,
        rails: Rails,
        queue: Queue,
        clock: Clock,
        ids: Ids,
        pace: Pace,
        control: Control | None = None,
    ) -> None:
        store, catalog, telemetry = backend.store, backend.catalog, NoTelemetry()
        settling = Settling(store, clock, telemetry)
        control = control or Uncontrolled()
        stops, runs = control.stops, control.runs
        payments = Payments(store, rails, clock, ids, settling, stops)
        activities = Activities(store, rails.infomedia, clock, telemetry)
        follow_up = FollowUp(store, rails.signzy, settling, clock, telemetry)
        pins = PinGuard(InMemoryTallies(), NEVER, lambda partner: {}, clock, telemetry)
        self.pin_request = PinRequest(store, catalog, rails.infomedia, clock, ids, pins)
        self.pin_confirm = PinConfirm(store, catalog, rails.infomedia, payments, activities, clock, pins)
        self.charge_now = ChargeNow(store, catalog, payments)
        self.cancel = Cancel(store, catalog, activities, clock)
        self.pause = Pause(store, clock)
        self.notices = Notices(store, catalog, clock)
        self.run_book = RunBook(runs, telemetry)
        self.worker = BillWorker(store, catalog, payments, follow_up, activities, clock, telemetry, self.run_book)
        self.callback = Callback(store, catalog, settling, follow_up, activities, clock, telemetry)
        self.decide = Decide(store, catalog, backend.outcomes, settling, clock)
        call_times = CallTimes(backend.bookings, queue, clock, dict.fromkeys(RailName, pace))
        audit = Audit(backend.indexes, store, clock, telemetry)
        guard = Guard(stops, runs, backend.indexes.slots, catalog, clock, telemetry)
        self.recurring = RecurringBill(backend.indexes, audit, call_times, guard, clock, telemetry, INTERVAL)

    def new_processes(self) -> None:
        """What a process has counted and not written dies with it."""
        self.run_book._tried.clear()
