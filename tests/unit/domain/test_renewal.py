"""Missed periods, used-up tries, grace and hold."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.attempts import AttemptKind, FailureClass
from pinbill.domain.catalog import CatchUp
from pinbill.domain.claims import claim_period
from pinbill.domain.ending import When, cancel
from pinbill.domain.journal import EntryKind
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.renewal import WriteOff, end_grace_or_hold, write_off, written_off
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import WrongState
from tests.unit.domain.invariants import check_change
from tests.unit.domain.samples import BILLED, DAY, DUNNING, NOW, claimed, declined, plan, settled, standing

EACH, LATEST, FORGIVE = CatchUp.BILL_EACH, CatchUp.BILL_LATEST, CatchUp.FORGIVE


def in_period(subscription: Subscription, period: int) -> datetime:
    """A moment a day after the start of `period`."""
    assert subscription.schedule is not None
    return subscription.schedule.start(period) + DAY


@pytest.mark.parametrize("catch_up", list(CatchUp))
@pytest.mark.parametrize("state", BILLED)
def test_a_bill_that_is_due_in_its_own_period_is_never_written_off(state: State, catch_up: CatchUp) -> None:
    subscription = standing(state)
    assert subscription.schedule is not None
    last_second = subscription.schedule.end(subscription.next_period) - timedelta(seconds=1)

    for at in (NOW, NOW + 3 * DAY, last_second):
        assert written_off(subscription, plan(catch_up=catch_up), at) is None


@pytest.mark.parametrize(
    ("catch_up", "cap", "current", "expected"),
    [
        (LATEST, 3, 3, WriteOff(2, 2, "catch_up_bill_latest")),
        (LATEST, 3, 14, WriteOff(2, 13, "catch_up_bill_latest")),
        (FORGIVE, 3, 3, WriteOff(2, 3, "catch_up_forgive")),
        (FORGIVE, 3, 14, WriteOff(2, 14, "catch_up_forgive")),
        (EACH, 3, 3, None),
        (EACH, 3, 4, None),
        (EACH, 3, 5, WriteOff(2, 2, "catch_up_cap")),
        (EACH, 3, 14, WriteOff(2, 11, "catch_up_cap")),
        (EACH, 1, 14, WriteOff(2, 13, "catch_up_cap")),
    ],
)
def test_an_outage_is_caught_up_by_the_plans_policy(
    catch_up: CatchUp, cap: int, current: int, expected: WriteOff | None
) -> None:
    subscription = standing(State.ACTIVE)

    found = written_off(subscription, plan(catch_up=catch_up, catch_up_cap=cap), in_period(subscription, current))

    assert found == expected


@pytest.mark.parametrize("catch_up", list(CatchUp))
def test_used_up_tries_cost_their_own_period_and_the_next_one_is_billed_on_time(catch_up: CatchUp) -> None:
    """No policy for outages may take the period that begins today for one that was missed."""
    subscription = standing(State.PAST_DUE)

    found = written_off(subscription, plan(catch_up=catch_up), in_period(subscription, 3))

    assert found == WriteOff(2, 2, "tries_used_up")


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        (LATEST, WriteOff(2, 8, "catch_up_bill_latest")),
        (FORGIVE, WriteOff(2, 9, "catch_up_forgive")),
        (EACH, WriteOff(2, 6, "catch_up_cap")),
    ],
)
def test_an_outage_after_a_decline_is_written_off_in_one_step(catch_up: CatchUp, expected: WriteOff) -> None:
    subscription = standing(State.SUSPENDED)

    assert written_off(subscription, plan(catch_up=catch_up), in_period(subscription, 9)) == expected


@given(
    catch_up=st.sampled_from(CatchUp),
    cap=st.integers(1, 6),
    tries=st.integers(0, 3),
    behind=st.integers(0, 40),
)
def test_after_one_write_off_what_is_left_is_billed(catch_up: CatchUp, cap: int, tries: int, behind: int) -> None:
    subscription = standing(State.PAST_DUE, tries=tries)
    terms, at = plan(catch_up=catch_up, catch_up_cap=cap), in_period(subscription, 2 + behind)

    periods = written_off(subscription, terms, at)
    if periods is not None:
        change = write_off(subscription, periods, at)
        assert change is not None
        check_change(change)
        subscription = change.after

    assert written_off(subscription, terms, at) is None
    left = 2 + behind - subscription.next_period + 1
    most = {LATEST: 1, FORGIVE: 1, EACH: cap}[catch_up]
    assert 0 <= left <= (most if behind else 1)
    assert (periods is None) <= (subscription.next_period == 2)


def test_a_write_off_is_one_entry_that_names_its_periods_and_its_rule() -> None:
    change = write_off(standing(State.ACTIVE), WriteOff(2, 5, "catch_up_bill_latest"), NOW)

    assert change is not None
    check_change(change)
    assert change.after.schedule is not None
    assert (change.after.next_period, change.after.tries) == (6, 0)
    assert change.after.timers[Timer.BILL] == change.after.schedule.start(6)
    (entry,) = change.entries
    assert entry.kind is EntryKind.PERIODS_WRITTEN_OFF
    assert entry.detail == {"first": 2, "last": 5, "rule": "catch_up_bill_latest"}


PERIODS = WriteOff(2, 5, "catch_up_bill_latest")


@pytest.mark.parametrize("state", [State.ACTIVE, State.PAST_DUE, State.SUSPENDED])
def test_a_period_that_somebody_else_has_claimed_is_not_written_off(state: State) -> None:
    """Its outcome would else be booked on the period after it, which would then never be billed."""
    assert write_off(claimed(state), PERIODS, NOW) is None


@pytest.mark.parametrize("when", list(When))
def test_a_cancelled_subscription_gets_no_bill_timer_back(when: When) -> None:
    change = cancel(standing(State.ACTIVE), when, "test", NOW)
    assert change is not None

    assert write_off(change.after, PERIODS, NOW) is None


def test_periods_that_were_settled_meanwhile_are_not_written_off() -> None:
    assert write_off(standing(State.ACTIVE, next_period=3), PERIODS, NOW) is None
    assert write_off(standing(State.ACTIVE, timers={Timer.BILL: NOW + DAY}), PERIODS, NOW) is None


def test_a_subscription_that_has_not_begun_has_nothing_to_write_off() -> None:
    assert written_off(standing(State.PENDING), plan(), NOW + 400 * DAY) is None


# --- dunning to its end, in virtual time


def run(subscription: Subscription, failure: FailureClass, until: datetime) -> list[tuple[datetime, str]]:
    """Decline every bill with `failure` and do what the timers ask for; what happened, and when."""
    terms, story, now = plan(), list[tuple[datetime, str]](), NOW
    while subscription.is_live and now <= until:
        assert subscription.due is not None, "asleep for ever"
        now = max(now, subscription.due[0])
        if subscription.is_due(Timer.DUNNING, now):
            change = end_grace_or_hold(subscription, terms, now)
            story.append((now, change.after.state))
        else:
            periods = written_off(subscription, terms, now)
            off = write_off(subscription, periods, now) if periods else None
            if off:
                subscription = off.after
            from_claim = claimed_again(subscription, now)
            change = settled(from_claim, declined(failure), now)
            story.append((now, f"try {change.after.tries}"))
        check_change(change)
        subscription = change.after
    return story


def claimed_again(subscription: Subscription, now: datetime) -> Subscription:
    return claim_period(subscription, AttemptKind.RENEWAL, "owner", now).after


def test_a_bill_that_is_never_funded_goes_through_grace_and_hold_to_the_end() -> None:
    story = run(standing(State.ACTIVE), FailureClass.SOFT, NOW + 60 * DAY)

    assert story == [
        (NOW, "try 1"),
        (NOW + DAY, "try 2"),
        (NOW + 3 * DAY, State.SUSPENDED),
        (NOW + 3 * DAY, "try 3"),
        (NOW + 6 * DAY, "try 4"),
        (NOW + 3 * DAY + DUNNING.hold, State.ENDED),
    ]


@pytest.mark.parametrize("failure", [FailureClass.SOFT, FailureClass.LIMIT, FailureClass.TECHNICAL])
def test_one_obligation_is_never_asked_for_more_often_than_its_ladder_allows(failure: FailureClass) -> None:
    story = run(standing(State.ACTIVE), failure, NOW + 60 * DAY)

    tries = [what for _, what in story if what.startswith("try")]
    assert len(tries) == 1 + len(DUNNING.ladders[failure])
    assert story[-1][1] == State.ENDED


@pytest.mark.parametrize("failure", [FailureClass.UNLISTED, FailureClass.PIN])
def test_what_has_no_ladder_is_asked_for_once_and_ends_with_the_hold(failure: FailureClass) -> None:
    story = run(standing(State.ACTIVE), failure, NOW + 60 * DAY)

    assert [what for _, what in story] == ["try 1", State.SUSPENDED, State.ENDED]


def test_a_daily_plan_that_is_never_funded_is_billed_once_a_day_and_ends() -> None:
    daily = standing(State.ACTIVE)
    assert daily.schedule is not None
    schedule = replace(daily.schedule, recurrence=Recurrence(Unit.DAY, 1))
    daily = replace(daily, schedule=schedule, next_period=schedule.period_at(NOW), timers={Timer.BILL: NOW})

    story = run(daily, FailureClass.SOFT, NOW + 60 * DAY)

    days = [at.date() for at, what in story if what.startswith("try")]
    assert len(set(days)) == len(days)
    assert story[-1] == (NOW + DUNNING.grace + DUNNING.hold, State.ENDED)


@pytest.mark.parametrize("state", [state for state in State if state not in (State.PAST_DUE, State.SUSPENDED)])
def test_grace_ends_only_for_what_is_past_due(state: State) -> None:
    with pytest.raises(WrongState):
        end_grace_or_hold(standing(state), plan(), NOW)
