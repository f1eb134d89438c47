"""All use cases over fakes, with places where a test can fail a write or let somebody else act in between."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, override

from pinbill.domain.attempts import FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.ending import When
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.pin_guards import Guards
from pinbill.domain.repeats import Remembered
from pinbill.domain.states import State
from pinbill.domain.subscription import Mandate, Subscription, Timer
from pinbill.errors import PinbillError, StoreUnavailable
from pinbill.usecases.activities import Activities
from pinbill.usecases.bill_worker import BillWorker
from pinbill.usecases.callback import Callback, Report
from pinbill.usecases.calls import CallResult, Identity, PinCheck, PinOrder, Subscriber
from pinbill.usecases.cancel import Cancel
from pinbill.usecases.changing import always
from pinbill.usecases.charge import ChargeCommand, Charged, ChargeNow
from pinbill.usecases.confirmations import Confirmed
from pinbill.usecases.decide import Decide
from pinbill.usecases.follow_up import FollowUp
from pinbill.usecases.pause import Pause
from pinbill.usecases.payments import Payments
from pinbill.usecases.pin_confirm import PinConfirm
from pinbill.usecases.pin_guard import PinGuard
from pinbill.usecases.pin_request import PinRequest, Subscribe
from pinbill.usecases.ports.billing import Turn
from pinbill.usecases.ports.rails import Rails
from pinbill.usecases.ports.store import StaleVersion
from pinbill.usecases.run_book import RunBook
from pinbill.usecases.settling import Settling
from pinbill.usecases.turns import AT_ONCE
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.ids import SeededIds
from tests.fakes.open_outcomes import InMemoryOpenOutcomes
from tests.fakes.rails import FakeBills, FakeMandateRail, FakePhoneRail
from tests.fakes.runs import InMemoryRuns
from tests.fakes.stops import InMemoryStops
from tests.fakes.store import InMemoryStore
from tests.fakes.tallies import InMemoryTallies
from tests.fakes.telemetry import RecordingTelemetry
from tests.unit.domain import invariants
from tests.unit.domain.samples import BANK, NUMBER, PHONE, declined, plan, service

PIN = "1234"
Fault = Literal["", "lost", "applied", "own"]
CLOSED = {
    EntryKind.ATTEMPT_PAID,
    EntryKind.ATTEMPT_DECLINED,
    EntryKind.ATTEMPT_NOT_SENT,
    EntryKind.ATTEMPT_NOT_CHARGED,
}


class FaultyStore(InMemoryStore):
    """`faults` are those of the next commits: lost, applied but failed, or applied and reported as somebody's write.

    `after_read` happens once, after the next reading and before its use; `after_own` once, between a write that was
    applied and the news that somebody else's was. What is `unreadable` fails as an item does that no mapping knows."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: deque[Fault] = deque()
        self.after_read: Callable[[], object] | None = None
        self.before_commit: Callable[[], object] | None = None
        self.before_create: Callable[[], object] | None = None
        self.after_own: Callable[[], object] | None = None
        self.changes: list[Change] = []
        self.unreadable: set[str] = set()
        self.without_keys: PinbillError | None = None  # what whoever asks for an identity is told

    @override
    def identity(self, subscription: Subscription) -> Identity:
        if self.without_keys:
            raise self.without_keys
        return super().identity(subscription)

    @override
    def subscription(self, partner: str, id: str) -> Subscription:
        if id in self.unreadable:
            raise KeyError(id)
        found = super().subscription(partner, id)
        happens, self.after_read = self.after_read, None
        if happens:
            happens()
        return found

    @override
    def create(self, subscription: Subscription, entry: Entry, remembered: Remembered | None = None) -> Subscription:
        happens, self.before_create = self.before_create, None
        if happens:
            happens()
        return super().create(subscription, entry, remembered)

    @override
    def commit(self, change: Change) -> None:
        happens, self.before_commit = self.before_commit, None
        if happens:
            happens()
        fault = self.faults.popleft() if self.faults else ""
        if fault == "lost":
            raise StoreUnavailable
        super().commit(change)
        self.changes.append(change)
        invariants.check_change(change)
        if fault == "applied":
            raise StoreUnavailable
        if fault == "own":
            happens, self.after_own = self.after_own, None
            if happens:
                happens()
            raise StaleVersion(super().subscription(change.after.partner, change.after.id))


class InterruptedPhoneRail(FakePhoneRail):
    """`during` happens once, while a call of that kind is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.during: dict[str, Callable[[], object]] = {}

    @override
    def _answer(self, kind: str, asked: PinOrder | PinCheck | tuple[Subscriber, str]) -> CallResult:
        happens = self.during.pop(kind, None)
        if happens:
            happens()
        return super()._answer(kind, asked)


class World:
    """One partner, one plan, one user; `clock` stands still until it is moved."""

    def __init__(
        self, rail: RailName = PHONE, *, service_changes: dict[str, Any] | None = None, **changes: Any
    ) -> None:
        self.store, self.catalog, self.clock = FaultyStore(), InMemoryCatalog(), FakeClock()
        self.telemetry, self.ids = RecordingTelemetry(), SeededIds()
        self.phone, self.bank = InterruptedPhoneRail(), FakeMandateRail()
        self.rail, self.stops = rail, InMemoryStops()
        self.plan, self.service = plan(rail, **changes), service(rail, **(service_changes or {}))
        self.catalog.put_plan(self.plan)
        self.catalog.put_service(self.service)
        self.settling = Settling(self.store, self.clock, self.telemetry)
        self.payments = Payments(
            self.store, Rails(self.phone, self.bank), self.clock, self.ids, self.settling, self.stops
        )
        self.activities = Activities(self.store, self.phone, self.clock, self.telemetry)
        self.follow_up = FollowUp(self.store, self.bank, self.settling, self.clock, self.telemetry)
        self.tallies, self.own_guards = InMemoryTallies(), dict[str, int]()
        self.guard = PinGuard(self.tallies, Guards(), lambda partner: self.own_guards, self.clock, self.telemetry)
        self.pin_request = PinRequest(self.store, self.catalog, self.phone, self.clock, self.ids, self.guard)
        self.pin_confirm = PinConfirm(
            self.store, self.catalog, self.phone, self.payments, self.activities, self.clock, self.guard
        )
        self.charge_now = ChargeNow(self.store, self.catalog, self.payments)
        self.canceller = Cancel(self.store, self.catalog, self.activities, self.clock)
        self.pauser = Pause(self.store, self.clock)
        self.runs = InMemoryRuns()
        self.run_book = RunBook(self.runs, self.telemetry)
        self.worker = BillWorker(
            self.store,
            self.catalog,
            self.payments,
            self.follow_up,
            self.activities,
            self.clock,
            self.telemetry,
            self.run_book,
        )
        self.callback = Callback(
            self.store, self.catalog, self.settling, self.follow_up, self.activities, self.clock, self.telemetry
        )
        self.decide = Decide(self.store, self.catalog, InMemoryOpenOutcomes(self.store), self.settling, self.clock)
        self.id = ""

    # --- what a partner, the schedule and a provider do

    def subscribe(self, msisdn: str = NUMBER, **changes: Any) -> Subscription:
        mandate = Mandate("mandate-1", Money(10_000, "GBP")) if self.rail is BANK else None
        network = ("234", "02") if self.rail is PHONE else None
        command = Subscribe(self.plan.partner, self.plan.id, Msisdn(msisdn), network, mandate)
        subscription = self.pin_request.subscribe(replace(command, **changes))
        self.id = subscription.id
        return subscription

    def resend(self) -> Subscription:
        return self.pin_request.resend(self.plan.partner, self.id)

    def confirm(self, may_call: Callable[[], bool] = always) -> Confirmed:
        return self.pin_confirm(self.plan.partner, self.id, PIN if self.rail is PHONE else None, may_call)

    def charge(self, key: str | None = "key-1", minor: int = 99, currency: str = "GBP", text: str = "extra") -> Charged:
        return self.charge_now(ChargeCommand(self.plan.partner, self.id, key, Money(minor, currency), text))

    def cancel(self, when: When = When.NOW) -> Subscription:
        return self.canceller(self.plan.partner, self.id, when, "test")

    def pause(self, resume_at: datetime | None = None) -> Subscription:
        return self.pauser.pause(self.plan.partner, self.id, resume_at)

    def resume(self) -> Subscription:
        return self.pauser.resume(self.plan.partner, self.id)

    def wake(self, turns: Turn = AT_ONCE) -> Subscription:
        return self.worker.wake(self.plan.partner, self.id, turns)

    def report(self, report: Report) -> None:
        self.callback(self.service, lambda: report)

    # --- where a test starts

    def active(self) -> Subscription:
        """Subscribed, confirmed and paid for its first period."""
        self.subscribe()
        return self.confirm().subscription

    def due(self) -> Subscription:
        """Active, with its second period due now."""
        subscription = self.active()
        assert subscription.schedule is not None
        self.clock.set(subscription.schedule.start(2))
        return subscription

    def in_state(self, state: State) -> Subscription:
        """A subscription that came into `state`, with a bill that is due now where it has one."""
        match state:
            case State.PENDING:
                return self.subscribe()
            case State.EXPIRED:
                self.subscribe()
                self.after(hours=1)
                return self.wake()
            case State.TRIALING:
                self.catalog.put_plan(replace(self.plan, trial_days=7))
                self.active()
            case State.CANCELLED:
                self.active()
                return self.cancel()
            case State.PAUSED:
                self.due()
                return self.pause()
            case _:
                self.due()
        self._decline_until(state)
        bill = self.subscription.timers.get(Timer.BILL, self.now)
        self.clock.set(max(self.now, bill))
        return self.subscription

    def _decline_until(self, state: State) -> None:
        while self.subscription.state is not state:
            assert self.subscription.is_live, f"it did not come into {state}"
            self.bills.will_bill(declined(FailureClass.HARD if state is State.ENDED else FailureClass.SOFT))
            due = self.subscription.due
            assert due is not None
            self.clock.set(max(self.now, due[0]))
            self.wake()

    # --- what a test looks at

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def subscription(self) -> Subscription:
        return self.store.subscriptions[self.plan.partner, self.id]

    @property
    def bills(self) -> FakeBills:
        return self.phone if self.rail is PHONE else self.bank

    @property
    def entries(self) -> list[Entry]:
        return self.store.entries[self.plan.partner, self.id]

    @property
    def kinds(self) -> list[EntryKind]:
        return [entry.kind for entry in self.entries]

    @property
    def debits(self) -> list[str]:
        """What the provider has taken, as obligations: judged by its ledger, named by our claims."""
        return [self.obligations[debit.reference] for debit in self.bills.ledger]

    @property
    def obligations(self) -> dict[str, str]:
        """Which obligation every reference stands for, by the claims that were written."""
        attempts = [change.after.open_attempt for change in self.store.changes]
        return {attempt.id: str(attempt.obligation) for attempt in attempts if attempt}

    def after(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def check(self) -> None:
        """No obligation was debited twice, nothing sleeps, and both ledgers agree on what is settled."""
        invariants.check(self.subscription)
        assert all(times == 1 for times in Counter(self.debits).values()), f"debited twice: {self.debits}"
        paid = {e.attempt.id for e in self.entries if e.attempt and e.kind is EntryKind.ATTEMPT_PAID}
        closed = {e.attempt.id for e in self.entries if e.attempt and e.kind in CLOSED}
        taken = {debit.reference for debit in self.bills.ledger}
        assert paid <= taken
        assert taken & closed <= paid, "a debit that our ledger denies"
        open_attempt = self.subscription.open_attempt
        assert taken - closed <= ({open_attempt.id} if open_attempt else set()), "a debit that nobody follows"
