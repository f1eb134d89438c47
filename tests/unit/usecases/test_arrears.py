"""Figures of what waits: due and unpaid, owed, of unknown outcome; each within its bound."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.states import State
from pinbill.domain.stops import Scope, Stop
from pinbill.domain.subscription import Timer
from pinbill.errors import StoreUnavailable
from pinbill.usecases import arrears
from pinbill.usecases.arrears import Arrears
from pinbill.usecases.measures import Measure
from tests.fakes.open_outcomes import InMemoryOpenOutcomes
from tests.unit.domain.samples import BANK, PHONE, UNKNOWN, claimed, settled
from tests.unit.domain.samples import standing as subscription_in
from tests.unit.usecases.dispatching import ID, MINUTE, Dispatcher

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Watched(Dispatcher):
    """A dispatcher whose arrears are looked at."""

    def look(self) -> dict[Measure, float]:
        """What was measured of the phone's rail."""
        world = self.world
        world.telemetry.measured.clear()
        Arrears(self.indexes, InMemoryOpenOutcomes(world.store), world.stops, world.clock, world.telemetry)()
        assert {each.dimensions["rail"] for each in world.telemetry.measured} == {PHONE, BANK}
        return {each.what: each.value for each in world.telemetry.measured if each.dimensions == {"rail": PHONE}}

    def wait_for(self, timer: Timer, at: datetime, n: int = 1) -> None:
        state = State.PAST_DUE if timer is Timer.DUNNING else State.ACTIVE
        self.put(replace(subscription_in(state), id=ID.format(n), schedule=None, timers={timer: at}))


def due(found: dict[Measure, float]) -> tuple[float, float]:
    """How many, and the seconds for which the oldest has waited."""
    return found[Measure.DUE_UNPAID], found[Measure.OLDEST_DUE_SECONDS]


def test_where_nothing_waits_everything_is_zero() -> None:
    watched = Watched()
    watched.put_renewing([1], watched.world.now + DAY)

    assert watched.look() == dict.fromkeys(
        [
            Measure.DUE_UNPAID,
            Measure.OLDEST_DUE_SECONDS,
            Measure.OWED,
            Measure.UNKNOWN_OPEN,
            Measure.UNKNOWN_OVERDUE,
        ],
        0,
    )


def test_a_renewal_that_no_run_has_come_to_is_due_since_its_slot() -> None:
    watched = Watched()
    watched.put_renewing([1], watched.world.now - 2 * HOUR)
    watched.put_renewing([2], watched.world.now - HOUR)

    assert due(watched.look()) == (2, 7_200)


def test_a_renewal_that_was_handed_out_is_left_to_the_audit() -> None:
    watched = Watched()
    watched.put_renewing([1], watched.world.now - HOUR)
    watched.dispatcher.run()

    assert due(watched.look()) == (0, 0)


def test_a_bill_that_is_asked_again_is_due_and_owed_until_it_is_paid() -> None:
    watched = Watched()
    watched.put_due([1], ago=HOUR)
    watched.put_due([2], ago=2 * HOUR)
    watched.dispatcher.run()  # handing it out changes nothing

    found = watched.look()
    assert (*due(found), found[Measure.OWED]) == (2, 7_200, 2)

    watched.billed(2)
    found = watched.look()
    assert (*due(found), found[Measure.OWED]) == (1, 3_600, 1)


@pytest.mark.parametrize("timer", [Timer.BILL, Timer.DUNNING])
def test_what_waits_for_its_next_try_or_for_the_end_of_grace_is_owed_and_not_due(timer: Timer) -> None:
    watched = Watched()
    watched.wait_for(timer, watched.world.now + 3 * DAY)

    found = watched.look()
    assert (*due(found), found[Measure.OWED]) == (0, 0, 1)


@pytest.mark.parametrize("timer", [Timer.ACTIVITY, Timer.END, Timer.EXPIRY, Timer.RESUME])
def test_what_else_is_due_is_no_bill(timer: Timer) -> None:
    watched = Watched()
    watched.wait_for(timer, watched.world.now - HOUR)

    found = watched.look()
    assert (*due(found), found[Measure.OWED]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("stopped", "left"),
    [(Scope(), 0), (Scope(rail=PHONE), 0), (Scope(partner="acme"), 0), (Scope(rail=BANK), 2)],
)
def test_what_was_stopped_does_not_wait(stopped: Scope, left: int) -> None:
    watched = Watched()
    watched.put_due([1], ago=HOUR)
    watched.put_renewing([2], watched.world.now - HOUR)
    watched.world.stops.put(Stop(stopped, "ann", "a wrong price", watched.world.now))

    assert watched.look()[Measure.DUE_UNPAID] == left


def test_an_unknown_outcome_is_open_and_overdue_from_its_deadline_on() -> None:
    watched = Watched()
    opened = settled(claimed(State.ACTIVE), UNKNOWN).after
    watched.put(opened)
    assert opened.decide_by is not None

    found = watched.look()
    assert (found[Measure.UNKNOWN_OPEN], found[Measure.UNKNOWN_OVERDUE]) == (1, 0)
    watched.world.clock.set(opened.decide_by)
    found = watched.look()
    assert (found[Measure.UNKNOWN_OPEN], found[Measure.UNKNOWN_OVERDUE]) == (1, 1)


def test_a_figure_beyond_its_bound_says_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrears, "MOST", 3)
    watched = Watched()
    watched.put_renewing([9], watched.world.now - DAY)
    watched.dispatcher.run()
    watched.billed(9)
    watched.world.after(hours=2)
    watched.put_due(range(10, 15), ago=MINUTE)
    watched.put_renewing(range(20, 25), watched.world.now - HOUR)

    found = watched.look()
    assert (*due(found), found[Measure.OWED]) == (3 + 3, 3_600, 3)


def test_a_rail_that_cannot_be_read_does_not_hide_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    watched.put_due([1], ago=HOUR)
    watched.put_due([2], ago=HOUR, rail=BANK)
    read = watched.indexes.slots.cohorts

    def cohorts(rail: RailName) -> object:
        if rail is PHONE:
            raise StoreUnavailable
        return read(rail)

    monkeypatch.setattr(watched.indexes.slots, "cohorts", cohorts)
    with pytest.raises(StoreUnavailable):
        watched.look()

    assert watched.world.telemetry.values(Measure.DUE_UNPAID, rail="signzy") == [1]
    assert watched.world.telemetry.values(Measure.DUE_UNPAID, rail="infomedia") == []
