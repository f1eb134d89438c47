"""The world of a story: the shipped use cases, built once over simulated ports, and everything that they act upon."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, override

from pinbill.domain.caps import NO_CAPS, Caps
from pinbill.domain.catalog import Limits, Plan, RailName, Service, Terms
from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeRules
from pinbill.domain.pacing import Pace
from pinbill.domain.stops import Stop
from pinbill.domain.subscription import Subscription
from pinbill.usecases.ports.billing import Stops, Turn
from pinbill.usecases.ports.rails import Rails
from pinbill.usecases.ports.time_and_ids import Ids
from tests.simulation.bank_provider import BankProvider
from tests.simulation.client import Client
from tests.simulation.clock import VirtualClock
from tests.simulation.dynamodb_store import DynamoBackend
from tests.simulation.faults import Port
from tests.simulation.judge import Judge
from tests.simulation.memory_store import MemoryBackend
from tests.simulation.message_queue import FaultyQueue
from tests.simulation.phone_provider import PhoneProvider
from tests.simulation.provider import Provider
from tests.simulation.scheduler import Scheduler
from tests.simulation.story import Configuration
from tests.simulation.use_cases import Backend, Control, UseCases

PARTNER, SERVICE, PLAN = "acme", "news", "news-plan"
PRICES = {RailName.INFOMEDIA: Money(450, "GBP"), RailName.SIGNZY: Money(19_900, "INR")}
# A bill and one small charge fit into a month.
CAPS = {rail: Caps(per_month=Money(price.minor + 150, price.currency)) for rail, price in PRICES.items()}
USERS = (1, 2, 3)
FAST, SLOW = Pace(10), Pace(0.1)  # slow is one call a run


class StoryBackend(Backend, Control, Protocol):
    """With what operators do, from a process of their own."""

    operator: Stops

    def stopped(self) -> Sequence[Stop]: ...


class CountedIds(Ids):
    """S1, S2, S3 … and o1, o2, o3 …: the same in every run of the same story."""

    def __init__(self) -> None:
        self.subscriptions = 0
        self.owners = 0

    @override
    def subscription(self) -> str:
        self.subscriptions += 1
        return f"S{self.subscriptions}"

    @override
    def owner(self) -> str:
        self.owners += 1
        return f"o{self.owners}"


class SimulatedTurns(Turn):
    """The turns of one wake: before its claim and after it there may be no time left."""

    def __init__(self, world: "World") -> None:
        self._world = world

    @override
    def is_open(self) -> bool:
        return self._world.may_call()

    @override
    def wait(self) -> bool:
        return self._world.may_call()


class World:
    """One partner with one plan on one rail, up to three users, the providers, and the judge."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.clock = VirtualClock(configuration.start)
        self.scheduler = Scheduler(self.clock.jump, lambda: self.clock.asked)
        self.judge = Judge(
            self.clock,
            lambda: self.scheduler.ticks,
            self.scheduler.running,
            lambda: self.scheduler.is_late,
            lambda: self.queue.taken,
            configuration.catch_up,
            sender=lambda: self.scheduler.sender,
            notices_are_owed=configuration.is_noticed,
            cap=CAPS[configuration.rail].per_month if configuration.is_capped else None,
        )
        self.backend: StoryBackend = self._backend()
        self.ids = CountedIds()
        self.queue = FaultyQueue(self.scheduler)
        self.phone = PhoneProvider(self.scheduler, self.clock, self.judge)
        self.bank = BankProvider(self.scheduler, self.clock, self.judge)
        rails = Rails(self.phone, self.bank)
        self.use_cases = self._use_cases(rails)
        self.plan, self.service = self._catalog()
        self.clients = {user: Client(user) for user in USERS}

    def _backend(self) -> StoryBackend:
        if self.configuration.store == "dynamodb":
            return DynamoBackend(self.scheduler, self.judge, self.clock)
        return MemoryBackend(self.scheduler, self.judge)

    def _use_cases(self, rails: Rails) -> UseCases:
        pace = SLOW if self.configuration.is_slow else FAST
        return UseCases(self.backend, rails, self.queue, self.clock, self.ids, pace, self.backend)

    @property
    def provider(self) -> Provider:
        """The provider of the story's rail."""
        return self.phone if self.configuration.rail is RailName.INFOMEDIA else self.bank

    def _catalog(self) -> tuple[Plan, Service]:
        chosen = self.configuration
        service = Service(
            PARTNER,
            SERVICE,
            chosen.rail,
            "Acme News",
            product_id=92,
            billing_product_id=91,
            activity_order=chosen.activity_order,
        )
        plan = Plan(
            PARTNER,
            PLAN,
            SERVICE,
            "Acme News",
            PRICES[chosen.rail],
            chosen.recurrence,
            chosen.plan_zone,
            chosen.trial_days,
            chosen.catch_up,
            limits=Limits(most_bills_a_day=1) if chosen.is_limited else Limits(),
            terms=Terms(
                CAPS[chosen.rail] if chosen.is_capped else NO_CAPS, NoticeRules() if chosen.is_noticed else None
            ),
        )
        self.backend.writer.put_service(service)
        self.backend.writer.put_plan(plan)
        return plan, service

    def subscription(self, user: int) -> Subscription | None:
        """What the user subscribed to last, as it is stored."""
        id = self.clients[user].subscription
        return self.backend.rows.subscription(PARTNER, id) if id else None

    def may_call(self) -> bool:
        """Whether a function lives long enough to hear another answer."""
        may = self.scheduler.step(Port.DEADLINE, "time left?") is None
        self.scheduler.running().out_of_time = not may
        return may

    @property
    def turns(self) -> Turn:
        """Of a wake."""
        return SimulatedTurns(self)

    def new_processes(self) -> None:
        """Every act has processes of its own."""
        self.backend.new_processes()
        self.use_cases.new_processes()

    def pass_time(self, by: timedelta) -> None:
        """Time goes on, and the providers with it; our clock is right again."""
        self.clock.repair()
        self.clock.move(by)
        self.provider.catch_up()

    def snapshot(self) -> tuple[object, ...]:
        """All that changes, for `restore` into any world of the same configuration."""
        return (
            self.backend.snapshot(),
            self.clock.snapshot(),
            self.judge.snapshot(),
            self.queue.snapshot(),
            self.provider.snapshot(),
            self.ids.subscriptions,
            self.ids.owners,
            self.scheduler.ticks,
            tuple(client.snapshot() for client in self.clients.values()),
        )

    def restore(self, snapshot: tuple[object, ...]) -> None:
        backend, clock, judge, queue, provider, subscriptions, owners, ticks, clients = snapshot
        assert isinstance(provider, tuple)
        assert isinstance(clients, tuple)
        assert isinstance(subscriptions, int)
        assert isinstance(owners, int)
        assert isinstance(ticks, int)
        self.backend.restore(backend)
        self.clock.restore(clock)
        self.judge.restore(judge)
        self.queue.restore(queue)
        self.provider.restore(provider)
        self.ids.subscriptions, self.ids.owners, self.scheduler.ticks = subscriptions, owners, ticks
        for client, kept in zip(self.clients.values(), clients, strict=True):
            client.restore(kept)
