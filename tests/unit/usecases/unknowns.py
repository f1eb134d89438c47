"""Worlds with an outcome that nobody knows, and what people and the provider say of it."""

from collections import Counter
from collections.abc import Callable

from pinbill.domain.attempts import Attempt, AttemptState, BillResult, Decision
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.domain.rails import RULES
from pinbill.domain.refunds import DEBITED
from pinbill.domain.subscription import Timer
from pinbill.usecases.callback import BillReported
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.settling import Settled
from tests.unit.domain import invariants
from tests.unit.domain.samples import PAID, PHONE, UNKNOWN
from tests.unit.usecases.world import World

NOT_CHARGED = AttemptState.NOT_CHARGED


def opened(result: BillResult = UNKNOWN, rail: RailName = PHONE, *, debits: bool = True) -> World:
    """The second period was billed, by default debited, and came to `result`."""
    world = World(rail)
    world.due()
    world.bills.will_bill(result, debits=debits)
    world.wake()
    return world


def opened_first_bill(rail: RailName = PHONE, *, debits: bool = True) -> World:
    """The user has confirmed, and the answer of the first bill was lost."""
    world = World(rail)
    world.subscribe()
    world.bills.will_bill(UNKNOWN, debits=debits)
    world.confirm()
    return world


def opened_charge(rail: RailName = PHONE, *, debits: bool = True) -> World:
    """An on-demand charge whose answer was lost."""
    world = World(rail)
    world.active()
    world.bills.will_bill(UNKNOWN, debits=debits)
    world.charge()
    return world


def last(world: World) -> str:
    """The reference that was last asked under."""
    return world.bills.orders[-1].reference


def open_attempt(world: World) -> Attempt:
    attempt = world.subscription.open_attempt
    assert attempt is not None
    return attempt


def wait_to_decide(world: World) -> None:
    """Until nothing can land late any more."""
    world.clock.advance(RULES[world.rail].settle_window)


def look(world: World) -> None:
    """Wake at the time of the next look."""
    world.clock.set(world.subscription.timers[Timer.FOLLOW_UP])
    world.wake()


def decide(
    world: World, verdict: AttemptState = NOT_CHARGED, reference: str | None = None, seen: int | None = None
) -> Settled:
    """A person decides, by default with all evidence before them."""
    attempt = world.subscription.open_attempt
    known = len(attempt.evidence) if attempt else 0
    decision = Decision("ann", "not in the report", known if seen is None else seen)
    return world.decide(world.plan.partner, world.id, reference or last(world), verdict, decision)


def wrongly_denied(world: World) -> str:
    """A person says of a debit that it was none; the reference that it was made under."""
    reference = last(world)
    wait_to_decide(world)
    decide(world)
    return reference


def prove(world: World, reference: str, amount: Money | None = None) -> None:
    """The provider reports the debit."""
    world.report(BillReported(reference, amount, PAID))


def during_the_next_bill(world: World, happens: Callable[[], object]) -> None:
    def once(order: BillOrder) -> None:
        world.bills.before_debit = lambda order: None
        happens()

    world.bills.before_debit = once


def booked(world: World) -> list[str]:
    """The references under which our ledger says that money was taken, one for each time."""
    return [e.attempt.id for e in world.entries if e.attempt and e.kind in DEBITED]


def check_books(world: World) -> None:
    """Each debit of the provider is in our ledger once, and nothing else is."""
    invariants.check(world.subscription)
    assert Counter(booked(world)) == Counter(debit.reference for debit in world.bills.ledger)


def counted(world: World, *what: Observation) -> list[int]:
    return [world.telemetry.count(each) for each in what]
