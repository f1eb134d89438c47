"""Who may make a request now: counted first, then held against the scope; and what a store in trouble does to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pinbill.domain.allowances import Allowance, Use
from pinbill.domain.partners import ALL_SCOPES, SCOPES_OF_SUSPENDED, ApiScope
from pinbill.errors import AllowanceSpent, PartnerSuspended, ScopeMissing, SlowDown, StoreUnavailable
from pinbill.usecases.admit import Admit
from pinbill.usecases.authorize import Caller
from pinbill.usecases.ports.counting import CountersBusy
from pinbill.usecases.ports.telemetry import Observation
from tests.fakes.clock import FakeClock
from tests.fakes.counters import InMemoryCounters
from tests.fakes.telemetry import RecordingTelemetry

CALLER = Caller("acme", "aaaaaaaaaa", ALL_SCOPES, suspended=False, allowance=Allowance(5, 9, 2, 3))
WRITE, CANCEL, READ = ApiScope.SUBSCRIPTIONS_WRITE, ApiScope.SUBSCRIPTIONS_CANCEL, ApiScope.SUBSCRIPTIONS_READ


class Door:
    def __init__(self, at: datetime) -> None:
        self.counters, self.clock, self.telemetry = InMemoryCounters(), FakeClock(at), RecordingTelemetry()
        self.admit = Admit(self.counters, self.clock, self.telemetry)

    def write(self, caller: Caller = CALLER) -> None:
        self.admit(caller, WRITE, Use.WRITES)

    def refused(self, caller: Caller = CALLER) -> AllowanceSpent:
        with pytest.raises(AllowanceSpent) as caught:
            self.write(caller)
        return caught.value


@pytest.fixture
def door() -> Door:
    return Door(datetime(2026, 11, 5, 12, 0, 42, 500_000, tzinfo=UTC))


def test_the_wait_is_until_the_minute_ends_and_what_comes_then_is_let_in(door: Door) -> None:
    door.write()
    door.write()

    spent = door.refused()

    assert (spent.retry_after, spent.detail) == (18, "Your allowance of 2 writes a minute is spent.")
    door.clock.advance(timedelta(seconds=spent.retry_after))
    door.write()


def test_the_wait_is_until_midnight_when_the_day_is_spent(door: Door) -> None:
    for _ in range(3):
        door.write()
        door.clock.advance(timedelta(minutes=1))

    spent = door.refused()

    assert spent.detail == "Your allowance of 3 writes a day is spent."
    assert spent.retry_after == 12 * 3600 - 3 * 60 - 42
    door.clock.advance(timedelta(seconds=spent.retry_after))
    door.write()


def test_no_wait_is_shorter_than_a_second(door: Door) -> None:
    door.clock.set(datetime(2026, 11, 5, 12, 0, 59, 999_999, tzinfo=UTC))
    door.write()
    door.write()

    assert door.refused().retry_after == 1


def test_who_goes_on_asking_costs_no_further_count_until_the_wait_is_over(door: Door) -> None:
    for _ in range(2):
        door.write()
    for _ in range(50):
        door.refused()

    assert door.counters.asked == 3
    assert door.telemetry.count(Observation.ALLOWANCE_SPENT) == 50


def test_another_partner_and_another_use_are_not_held_up(door: Door) -> None:
    door.write()
    door.write()
    door.refused()

    door.write(replace(CALLER, partner="bravo"))
    door.admit(CALLER, READ, Use.READS)
    door.admit(CALLER, CANCEL, Use.CANCELS)


def test_a_higher_allowance_holds_as_soon_as_it_is_heard_of(door: Door) -> None:
    door.write()
    door.write()
    door.refused()

    door.write(replace(CALLER, allowance=replace(CALLER.allowance, writes_a_minute=3)))


def test_a_day_without_writes_left_cancels_all_the_same(door: Door) -> None:
    for _ in range(3):
        door.write()
        door.clock.advance(timedelta(minutes=1))
    door.refused()

    for _ in range(10):
        door.admit(CALLER, CANCEL, Use.CANCELS)
        door.clock.advance(timedelta(seconds=30))


def test_a_key_without_the_scope_is_refused_with_its_name_and_counted(door: Door) -> None:
    reading = replace(CALLER, scopes=frozenset({READ}))

    with pytest.raises(ScopeMissing, match="subscriptions:write") as caught:
        door.write(reading)

    assert (caught.value.scope, door.counters.asked) == ("subscriptions:write", 1)


def test_a_suspended_partner_is_told_so(door: Door) -> None:
    suspended = replace(CALLER, scopes=SCOPES_OF_SUSPENDED, suspended=True)

    with pytest.raises(PartnerSuspended):
        door.write(suspended)

    door.admit(suspended, CANCEL, Use.CANCELS)


def test_so_many_at_once_that_they_cannot_be_counted_are_asked_to_slow_down(door: Door) -> None:
    door.counters.failure = CountersBusy()

    with pytest.raises(SlowDown) as caught:
        door.write()

    assert caught.value.retry_after == 1
    door.counters.failure = None
    door.write()


def test_a_counter_that_does_not_answer_holds_nobody_up_and_is_seen(door: Door) -> None:
    door.counters.failure = StoreUnavailable()

    for _ in range(5):
        door.write()

    assert door.telemetry.count(Observation.ALLOWANCE_NOT_COUNTED) == 5
    with pytest.raises(ScopeMissing):
        door.write(replace(CALLER, scopes=frozenset()))
