"""One shard of the time machine: some thousand subscriptions, the shipped use cases, and time, tick by tick."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from pinbill.domain.attempts import AttemptState, Decision
from pinbill.domain.ending import When
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.pacing import Pace
from pinbill.domain.subscription import Mandate, Subscription
from pinbill.errors import PinbillError
from pinbill.usecases.callback import MandateMoved, Report, Stopped
from pinbill.usecases.charge import ChargeCommand
from pinbill.usecases.decide import OpenOutcome
from pinbill.usecases.pause import Pause
from pinbill.usecases.pin_request import Subscribe
from pinbill.usecases.ports.rails import Rails
from tests.fakes.clock import FakeClock
from tests.fakes.identities import in_the_clear
from tests.fakes.ids import SeededIds
from tests.fakes.queue import FakeQueue
from tests.simulation.time_machine.agenda import Agenda
from tests.simulation.time_machine.backend import SortedBackend
from tests.simulation.time_machine.catalog import BANK, PARTNER, SERVICES, filled
from tests.simulation.time_machine.lives import DAY, Act, Do, life, offers
from tests.simulation.time_machine.provider import Died, Provider, rail_of
from tests.simulation.time_machine.rows import SortedStore
from tests.simulation.use_cases import UseCases

START = datetime(2027, 1, 1, tzinfo=UTC)  # two years from here hold a February of 29 days
SWEEP_EVERY = 3  # ticks
LOST_MESSAGES, DOUBLED_MESSAGES = 0.01, 0.01
CALM = 24 * DAY  # behind the last month, in which nothing goes wrong and everything is told
FAST = Pace(25)  # of a shard, and more than is ever due in an hour but after an outage
OFF = (START + 200 * DAY, START + 203 * DAY)
OFF_FOR_LONG, LONG_IN_EACH = (START + 430 * DAY, START + 472 * DAY), 5
PIN = "1234"
EXTRAS = {"GBP": Money(120, "GBP"), "INR": Money(3_500, "INR")}


@dataclass(frozen=True, slots=True)
class Spec:
    """What one shard plays. `tick` is from one run to the next; the shipped schedule comes every few minutes."""

    seed: int
    subscriptions: int
    months: int
    tick: timedelta = timedelta(hours=1)

    @property
    def ends(self) -> datetime:
        """The end of the last month."""
        years, month = divmod(START.month - 1 + self.months, 12)
        return START.replace(year=START.year + years, month=month + 1)

    @property
    def outages(self) -> Sequence[tuple[datetime, datetime]]:
        """When the schedule is off: three days, and in each fifth shard long enough to miss a month's period."""
        return (OFF, OFF_FOR_LONG) if self.seed % LONG_IN_EACH == 0 else (OFF,)


class Shard:
    """`told` hears after each day how many bills were asked for so far."""

    def __init__(self, spec: Spec, store: SortedStore | None = None, told: Callable[[int], None] | None = None) -> None:
        self.spec = spec
        self.clock = FakeClock(START)
        self.store = store or SortedStore(shards=1)
        self.done: Counter[str] = Counter()
        self.seconds = 0.0
        self._told = told or (lambda asked: None)
        self._random = Random(spec.seed)
        self._acts: Agenda[Act] = Agenda()
        self._reports: Agenda[Report] = Agenda()
        self.provider = Provider(spec.seed, self._reports, self.clock.now)
        self._queue = FakeQueue()
        backend, ids = SortedBackend(self.store, filled()), SeededIds(spec.seed)
        self._catalog = backend.writer
        rails = Rails(self.provider, self.provider)
        self.cases = UseCases(backend, rails, self._queue, self.clock, ids, FAST)
        self.pauses = Pause(self.store, self.clock)
        self._offers = offers(spec.subscriptions)
        self._ids: dict[int, str] = {}

    def play(self) -> "Shard":
        """Live through all months, and the calm behind them."""
        began = time.process_time()
        for user in range(self.spec.subscriptions):
            for at, act in life(self._random, user, START, self.spec.months):
                if at < self.spec.ends:
                    self._acts.add(at, act)
        tick = self.spec.tick
        for number in range(1, (self.spec.ends + CALM - START) // tick + 1):
            at = START + number * tick
            self.provider.is_calm = at > self.spec.ends
            self._live_until(at)
            if not self._is_off(at):
                self._run(number)
            if at.hour == 0:
                self._told(self.provider.asked)
        self.seconds = time.process_time() - began
        return self

    def _is_off(self, at: datetime) -> bool:
        return any(begin <= at < end for begin, end in self.spec.outages)

    def _live_until(self, moment: datetime) -> None:
        for at, act in self._acts.until(moment):
            self.clock.set(max(at, self.clock.now()))
            self._try(act.do, partial(self._act, act))
        for at, report in self._reports.until(moment):
            self.clock.set(max(at, self.clock.now()))
            self._report(report)
        self.clock.set(moment)

    def _run(self, number: int) -> None:
        self.cases.recurring.run()
        if number % SWEEP_EVERY == 0:
            self._sweep()
        if self.clock.now().hour == 0:
            self._decide()
        for work in self._queue.take():
            draw = self._random.random()
            lost = draw < LOST_MESSAGES and not self.provider.is_calm
            times = 0 if lost else 2 if draw > 1 - DOUBLED_MESSAGES else 1
            self.done["messages lost"] += lost
            for _ in range(times):
                for partner, id in work.subscriptions:
                    self._wake(partner, id)
                self.cases.run_book.flush()

    def _sweep(self) -> None:
        self.cases.recurring.sweep()

    def _wake(self, partner: str, id: str) -> None:
        self.done["wakes"] += 1
        try:
            self.cases.worker.wake(partner, id)
        except Died:
            self.done["workers killed while they asked for money"] += 1

    def _try(self, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except PinbillError as error:
            self.done[f"{what} refused: {error.code}"] += 1
        except Died:
            self.done["requests killed while they asked for money"] += 1
        else:
            self.done[what] += 1

    def _act(self, act: Act) -> None:
        if act.do is Do.SUBSCRIBE:
            self._subscribe(act.user)
            return
        id = self._ids[act.user]
        match act.do:
            case Do.CONFIRM:
                bank = self._offers[act.user][0].rail is BANK
                self.cases.pin_confirm(PARTNER, id, None if bank else PIN)
            case Do.CANCEL | Do.CANCEL_AT_END:
                when = When.NOW if act.do is Do.CANCEL else When.PERIOD_END
                self.cases.cancel(PARTNER, id, when, "cancelled_by_user")
            case Do.STOP:
                self._report(self._stop(self.store.subscription(PARTNER, id)))
            case Do.PAUSE:
                self.pauses.pause(PARTNER, id, act.until)
            case Do.RESUME:
                self.pauses.resume(PARTNER, id)
            case Do.CHARGE:
                self._charge(self.store.subscription(PARTNER, id))

    def _subscribe(self, user: int) -> None:
        offer, number = self._offers[user]
        bank = offer.rail is BANK
        mandate = Mandate(f"{900_000_000 + user}", Money(1_000_000, "INR")) if bank else None
        msisdn = Msisdn.parse(f"+447700900{number:03}")
        command = Subscribe(PARTNER, offer.plan.id, msisdn, None if bank else ("234", "10"), mandate)
        self._ids[user] = self.cases.pin_request.subscribe(command).id

    def _stop(self, subscription: Subscription) -> Report:
        who = in_the_clear(subscription)
        return MandateMoved(who.mandate, revoked=True) if who.mandate else Stopped(who.msisdn, 92)

    def _charge(self, subscription: Subscription) -> None:
        amount = EXTRAS[subscription.price.currency]
        self.cases.charge_now(ChargeCommand(PARTNER, subscription.id, f"extra-{subscription.id}", amount, "An extra"))

    def _report(self, report: Report) -> None:
        service = self._catalog.service(PARTNER, SERVICES[rail_of(report)])
        self._try(f"callback {type(report).__name__}", lambda: self.cases.callback(service, lambda: report))

    def _decide(self) -> None:
        """A person looks once a day, by the provider's own books, at what no look will tell."""
        for outcome in list(self.cases.decide.listed()):
            verdict = AttemptState.PAID if outcome.attempt.id in self.provider.debits else AttemptState.NOT_CHARGED
            if outcome.allowed.get(verdict, datetime.max.replace(tzinfo=UTC)) <= self.clock.now():
                self._try("decided by a person", partial(self._close, outcome, verdict))

    def _close(self, outcome: OpenOutcome, verdict: AttemptState) -> None:
        decision = Decision("ann", "the provider's report", len(outcome.attempt.evidence))
        self.cases.decide(PARTNER, outcome.subscription.id, outcome.attempt.id, verdict, decision)
