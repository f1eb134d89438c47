"""How long a failing endpoint waits, and when it is given up."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.deliveries import (
    FIRST_WAIT,
    LONGEST_WAIT,
    PATIENCE,
    STRIKES,
    Answer,
    Backlog,
    Behind,
    Health,
    wait,
)
from tests.fakes.clock import START

fractions = st.floats(0, 1)


@given(st.integers(1, 1000), fractions)
def test_a_wait_doubles_up_to_its_cap_with_jitter_from_half_to_all(tries: int, fraction: float) -> None:
    full = min(FIRST_WAIT * 2 ** min(tries - 1, 30), LONGEST_WAIT)

    assert full / 2 <= wait(tries, fraction) <= full


@given(st.lists(fractions, min_size=200, max_size=200))
def test_a_ladder_reaches_over_three_days_in_some_hundred_probes_at_most(drawn: list[float]) -> None:
    """However the jitter falls: never rarer than hourly, never a flood."""
    health, at, probes = Health().after_failures(1, START, drawn[0], for_all=True), START, 0
    while not health.is_given_up(at):
        assert health.next_at is not None
        assert timedelta(0) < health.next_at - at <= LONGEST_WAIT
        at, probes = health.next_at, probes + 1
        health = health.after_probe(at, drawn[probes % 200], None)

    assert PATIENCE <= at - START <= PATIENCE + LONGEST_WAIT
    assert 72 <= probes <= 160


@pytest.mark.parametrize(
    ("code", "delivered", "for_all"),
    [("200", True, False), ("299", True, False), ("500", False, False), ("503", False, True), ("timeout", False, True)],
)
def test_an_answer_says_whether_it_was_taken_and_whether_others_would_be(
    code: str, *, delivered: bool, for_all: bool
) -> None:
    answer = Answer(code, 3)

    assert (answer.is_delivered, answer.speaks_for_all) == (delivered, for_all)


def test_an_endpoint_is_held_after_so_many_strikes() -> None:
    health = Health()
    for _ in range(STRIKES - 1):
        health = health.after_failures(1, START, 0.5)
        assert not health.is_held
    assert health.after_failures(1, START, 0.5).is_held


def test_it_fails_since_its_first_failure() -> None:
    health = Health().after_failures(1, START, 0.5).after_failures(1, START + PATIENCE, 0.5)

    assert health.failing_since == START
    assert health.is_given_up(START + PATIENCE)
    assert not health.is_given_up(START + PATIENCE - timedelta.resolution)


def test_one_that_is_only_slow_is_never_given_up() -> None:
    assert not Health().slowed(START, 0.5).is_given_up(START + 10 * PATIENCE)


def test_nobody_works_on_what_is_leased_until_the_lease_ends() -> None:
    leased = Behind(Health(), START)

    assert not leased.is_due(START - timedelta.resolution)
    assert leased.is_due(START)


def test_what_was_delivered_is_not_owed_again_and_what_was_not_keeps_its_tries() -> None:
    tried = Backlog("SUB1", 3, 7, START).failed(START, 0.5)

    assert tried.delivered_before(3) == tried
    assert (tried.delivered_before(5).first, tried.delivered_before(5).tries) == (5, 0)
    assert tried.reaching(5).last == 7
    assert tried.reaching(9).last == 9
