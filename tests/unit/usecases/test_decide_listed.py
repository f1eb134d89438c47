"""The operator's list: what is on it, in which order, and when the operators are told."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.attempts import AttemptState
from pinbill.domain.catalog import RailName
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import RULES
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer
from pinbill.usecases.decide import PAGE, OpenOutcome
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.outcomes import on_the_list
from tests.unit.domain.samples import BANK, NOW, PENDING, PHONE, UNKNOWN, claimed
from tests.unit.usecases.unknowns import NOT_CHARGED, counted, decide, look, open_attempt, opened, wait_to_decide
from tests.unit.usecases.world import World

RAILS = [PHONE, BANK]
TOLD = (Observation.ATTEMPT_NEEDS_DECISION, Observation.DECISION_OVERDUE)


def listed(world: World) -> list[OpenOutcome]:
    return list(world.decide.listed())


def several(count: int, rail: RailName = PHONE) -> World:
    """As many subscriptions with an open outcome, each found open a minute before the last one."""
    world = World(rail)
    for n in range(count):
        subscription = on_the_list(State.ACTIVE, rail, f"S{n:04}")
        attempt = subscription.open_attempt
        assert attempt is not None
        attempt = replace(attempt, open_since=NOW - timedelta(minutes=n))
        world.store.subscriptions[subscription.partner, subscription.id] = replace(subscription, open_attempt=attempt)
    return world


@pytest.mark.parametrize("rail", RAILS)
def test_an_unknown_outcome_is_listed_from_the_start_with_all_that_a_person_needs(rail: RailName) -> None:
    world = opened(UNKNOWN, rail)

    (outcome,) = listed(world)

    rules = RULES[rail]
    assert (outcome.subscription, outcome.attempt) == (world.subscription, open_attempt(world))
    assert outcome.decide_by == world.now + rules.decide_within
    assert outcome.next_look == world.subscription.timers[Timer.FOLLOW_UP]
    assert outcome.allowed == {AttemptState.PAID: world.now, NOT_CHARGED: world.now + rules.settle_window}


def test_a_pending_payment_is_listed_when_the_looks_of_its_ladder_were_all_in_vain() -> None:
    world = opened(PENDING, BANK)
    since = world.now
    seen = []
    for _ in RULES[BANK].ladder:
        seen += listed(world)
        look(world)

    assert seen == []
    (outcome,) = listed(world)
    assert outcome.decide_by == since + RULES[BANK].decide_within


def test_an_attempt_in_flight_is_not_listed() -> None:
    world = World()
    world.due()
    seen: list[OpenOutcome] = []
    world.bills.before_debit = lambda order: seen.extend(listed(world))

    world.wake()

    assert seen == []


def test_a_subscription_that_was_cancelled_stays_listed_until_its_outcome_is_decided() -> None:
    world = opened()
    world.cancel()

    assert [outcome.attempt.id for outcome in listed(world)] == [open_attempt(world).id]
    wait_to_decide(world)
    decide(world)
    assert listed(world) == []


@pytest.mark.parametrize("count", [1, PAGE, PAGE + 1, 2 * PAGE + 5])
def test_all_are_listed_the_earliest_deadline_first(count: int) -> None:
    world = several(count)

    outcomes = listed(world)

    assert [outcome.subscription.id for outcome in outcomes] == [f"S{n:04}" for n in reversed(range(count))]
    assert [outcome.decide_by for outcome in outcomes] == sorted(outcome.decide_by for outcome in outcomes)


@pytest.mark.parametrize("is_asked_for_again", [False, True])
def test_what_was_closed_since_the_list_was_read_is_left_out(is_asked_for_again: bool) -> None:
    world = several(2)
    listing = world.decide.listed()
    first = next(listing)
    (other,) = (place for place in world.store.subscriptions if place[1] != first.subscription.id)
    newer = claimed(State.ACTIVE, id=other[1]).open_attempt if is_asked_for_again else None
    world.store.subscriptions[other] = replace(world.store.subscriptions[other], open_attempt=newer)

    assert list(listing) == []


# --- what the operators are told


@pytest.mark.parametrize("rail", RAILS)
def test_a_person_is_asked_for_once_and_reminded_at_every_look_beyond_the_deadline(rail: RailName) -> None:
    world = opened(UNKNOWN, rail)
    deadline = world.subscription.decide_by
    assert deadline is not None
    told = []
    for _ in range(len(RULES[rail].ladder) + 6):
        look(world)
        told.append((world.now >= deadline, counted(world, *TOLD)))

    assert world.kinds.count(EntryKind.ATTEMPT_NEEDS_DECISION) == 1
    assert told[-1][1][0] == 1
    assert [overdue for _, (_, overdue) in told] == [sum(late for late, _ in told[: at + 1]) for at in range(len(told))]
    assert told[-1][1][1] >= 3


@pytest.mark.parametrize("rail", RAILS)
def test_beyond_the_ladder_it_is_looked_at_every_day_without_end(rail: RailName) -> None:
    world = opened(UNKNOWN, rail)
    for _ in RULES[rail].ladder:
        look(world)
    looks = []
    for _ in range(90):
        look(world)
        looks.append(world.now)

    assert {later - earlier for earlier, later in itertools.pairwise(looks)} == {timedelta(days=1)}
    assert open_attempt(world).state is AttemptState.UNKNOWN
    assert len(world.bank.queries) == (len(RULES[rail].ladder) + 90 if rail is BANK else 0)


@pytest.mark.parametrize("rail", RAILS)
def test_two_workers_that_make_the_last_look_at_once_ask_for_a_person_once(rail: RailName) -> None:
    world = opened(UNKNOWN, rail)
    for _ in RULES[rail].ladder[1:]:
        look(world)
    world.store.before_commit = world.wake

    look(world)

    assert world.kinds.count(EntryKind.ATTEMPT_NEEDS_DECISION) == 1
    assert counted(world, *TOLD) == [1, 0]
