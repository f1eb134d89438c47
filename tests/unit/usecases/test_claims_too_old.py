"""A claim that has grown old before it was sent is given back: others may already take it for abandoned."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

import pytest

from pinbill.domain.attempts import AttemptKind, AttemptState
from pinbill.domain.catalog import RailName
from pinbill.domain.claims import claim_period
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import LEASE, SEND_WITHIN
from pinbill.domain.states import State
from pinbill.errors import OutOfTime, StoreUnavailable
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.ports.time_and_ids import Clock
from tests.unit.domain.samples import BANK, PHONE
from tests.unit.usecases.unknowns import counted, decide, open_attempt, wait_to_decide
from tests.unit.usecases.waking import due
from tests.unit.usecases.world import World

RAILS = [PHONE, BANK]
MICROSECOND = timedelta(microseconds=1)


def asked(world: World) -> int:
    """Bills that the provider was asked for beyond the first."""
    return len(world.bills.orders) - 1


def slow_write(world: World, by: timedelta) -> None:
    """The next write takes so long, or the clock leaps so far in it."""
    world.store.before_commit = lambda: world.clock.advance(by)


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("by", [SEND_WITHIN, SEND_WITHIN + MICROSECOND, LEASE, timedelta(days=3)])
def test_a_claim_that_is_a_minute_old_is_given_back_unasked_and_billed_later(rail: RailName, by: timedelta) -> None:
    world = due(rail)
    slow_write(world, by)

    world.wake()

    assert asked(world) == 0
    assert world.kinds[-1] is EntryKind.ATTEMPT_NOT_SENT
    attempt = world.entries[-1].attempt
    assert attempt is not None
    assert (attempt.state, attempt.code) == (AttemptState.NOT_SENT, "claim_too_old")
    world.after(minutes=5)
    world.wake()
    assert world.debits == ["period 1", "period 2"]
    world.check()


@pytest.mark.parametrize("by", [timedelta(), SEND_WITHIN - MICROSECOND, -timedelta(days=3)])
def test_a_younger_claim_is_sent(by: timedelta) -> None:
    world = due()
    slow_write(world, by)

    world.wake()

    assert asked(world) == 1


def test_a_charge_and_a_first_bill_that_were_given_back_are_errors_and_may_be_repeated() -> None:
    world = World(BANK)
    world.subscribe()
    slow_write(world, LEASE)
    with pytest.raises(OutOfTime):
        world.confirm()
    assert world.subscription.state is State.PENDING
    world.confirm()
    slow_write(world, LEASE)
    with pytest.raises(OutOfTime):
        world.charge()
    charged = world.charge()

    assert (charged.charge.attempt.state, charged.charge.tries) == (AttemptState.PAID, 2)
    assert len(world.debits) == 2
    world.check()


def given_up(world: World) -> None:
    """The claim was taken for abandoned before its own process has sent it."""
    world.clock.advance(LEASE)
    world.wake()


@pytest.mark.parametrize("back", [timedelta(), LEASE], ids=["", "and the clock leapt back"])
@pytest.mark.parametrize("rail", RAILS)
def test_a_claim_that_was_given_up_as_unknown_is_not_sent_any_more(rail: RailName, back: timedelta) -> None:
    world = due(rail)
    world.store.faults.append("own")

    def happens() -> None:
        given_up(world)
        world.clock.advance(-back)

    world.store.after_own = happens
    world.wake()

    assert asked(world) == 0
    assert world.kinds[-2:] == [EntryKind.ATTEMPT_UNKNOWN, EntryKind.ATTEMPT_NOT_SENT]
    assert world.subscription.open_attempt is None
    world.check()


def test_a_claim_that_was_given_up_and_decided_upon_is_not_sent_any_more() -> None:
    world = due()
    world.store.faults.append("own")

    def decided() -> None:
        given_up(world)
        wait_to_decide(world)
        decide(world, reference=open_attempt(world).id)

    world.store.after_own = decided
    world.wake()

    assert asked(world) == 0
    world.wake()
    assert world.debits == ["period 1", "period 2"]
    world.check()


class FailingClock(Clock):
    """Tells the time once, and then cannot be read."""

    def __init__(self, now: datetime) -> None:
        self._times = [now]

    @override
    def now(self) -> datetime:
        if not self._times:
            raise StoreUnavailable
        return self._times.pop()


def test_a_claim_whose_age_cannot_be_told_is_not_sent() -> None:
    world = due()
    payments = replace(world.payments, clock=FailingClock(world.now))

    taken = payments.take(
        world.subscription,
        lambda current, owner, now: claim_period(current, AttemptKind.RENEWAL, owner, now),
        world.plan,
        world.service,
        "Acme News",
    )

    assert (taken.attempt.state, taken.attempt.code) == (AttemptState.NOT_SENT, "claim_too_old")
    assert asked(world) == 0
    world.check()


def test_a_claim_given_back_that_cannot_be_written_is_followed_up_and_never_sent() -> None:
    world = due()
    world.store.faults.extend(["", "lost"])
    slow_write(world, SEND_WITHIN)

    world.wake()

    assert asked(world) == 0
    assert open_attempt(world).state is AttemptState.IN_FLIGHT
    assert counted(world, Observation.OUTCOME_NOT_WRITTEN) == [1]
    world.clock.advance(LEASE)
    world.wake()
    assert open_attempt(world).state is AttemptState.UNKNOWN
    assert asked(world) == 0
