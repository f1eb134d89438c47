"""A small run of the attacks: what holds whatever the size."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from pinbill.domain.pin_guards import PREFIX_DAYS, Guards
from tests.attack.crowds import Crowd, day_of_users
from tests.attack.guessing import SIX_DIGITS, STRICT, crowd, lockout
from tests.attack.pumping import INCIDENTS, OWN_NUMBERS, Incident, pump
from tests.attack.report import CHANCE, Line, Section
from tests.attack.stage import PARTNERS, UNGUARDED, Stage
from tests.attack.timing import ask_for_pin, compare, ks, refused_elsewhere

GUARDS = Guards()


def test_a_crowd_of_guessers_gets_the_few_tries_of_a_number() -> None:
    found = crowd(GUARDS, guessers=40, victims=2, hours=26, seed=1)

    assert 0 < found.comparisons <= GUARDS.tries_a_number
    assert found.chance(SIX_DIGITS) <= CHANCE


def test_an_operator_can_make_it_fewer() -> None:
    found = crowd(GUARDS.with_own(STRICT), guessers=20, victims=2, hours=25, seed=1)

    assert 0 < found.comparisons <= STRICT["tries_a_number"]


def test_without_the_guards_the_same_crowd_gets_many() -> None:
    found = crowd(UNGUARDED, guessers=10, victims=1, hours=3, seed=1)

    assert found.comparisons > 3 * GUARDS.tries_a_number


def test_one_partners_page_locks_nobody_out_of_another() -> None:
    assert lockout(GUARDS, hostile=1, users=2, seed=1).longest < 1.5


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)
def test_pumpers_get_no_more_than_the_figures(incident: Incident) -> None:
    incident = replace(incident, days=min(incident.days, 2))

    found = pump(incident, GUARDS, wanted=1_500, users_a_day=40, seed=1)

    # Twice each figure, since a figure may have been saved up; for the days, and the one that a run reaches into.
    partner = 2 * GUARDS.unconfirmed * (incident.days + 1)
    assert 0 < found.sent < min(partner, found.asked)


def test_a_range_is_stopped_at_its_figure() -> None:
    one_range, side_by_side = INCIDENTS[1], INCIDENTS[2]

    assert pump(one_range, GUARDS, wanted=900, users_a_day=0, seed=1).sent <= 2 * GUARDS.unconfirmed_a_block
    assert pump(side_by_side, GUARDS, wanted=900, users_a_day=0, seed=1).sent <= 2 * GUARDS.unconfirmed_a_prefix
    assert side_by_side.days < PREFIX_DAYS


def test_who_confirms_is_stopped_by_the_spending_alone() -> None:
    guards = replace(GUARDS, spend_a_day=4)

    found = pump(OWN_NUMBERS, guards, wanted=900, users_a_day=0, seed=1)

    assert found.sent == 2 * guards.sms_a_day  # a run reaches into a second day
    assert set(found.guards) == {"spending"}


def test_honest_users_are_served() -> None:
    stage = Stage(1, GUARDS)
    people = Crowd(stage, stage.random)
    day_of_users(people, 150, PARTNERS[0], 0)

    people.act(timedelta(days=2).total_seconds())

    assert people.hindered.total() == 0
    assert people.served > people.users / 2


def test_the_same_seed_gives_the_same_figures() -> None:
    def run() -> object:
        return crowd(GUARDS, guessers=12, victims=2, hours=4, seed=5)

    assert run() == run()


@pytest.mark.parametrize(
    ("other", "alike"),
    [(lambda random: random.gauss(0, 1), True), (lambda random: random.gauss(0.2, 1), False)],
    ids=["alike", "apart"],
)
def test_samples_that_are_apart_are_told_from_those_that_are_not(other: Callable[[Random], float], alike: bool) -> None:
    random = Random(1)
    first = [random.gauss(0, 1) for _ in range(2_000)]

    _, probability = ks(first, [other(random) for _ in range(2_000)])

    assert (probability > 0.01) is alike


def test_refusals_have_the_same_answers_and_calls_whoever_has_used_up_the_number() -> None:
    """Without a look at the clock: a test of timing would fail one run in a hundred."""
    found = compare("refused", refused_elsewhere, ask_for_pin, pairs=20, seed=1)

    assert found.same_answers


def test_what_is_missed_is_said() -> None:
    section = Section("Title", ["a"], [Line(["1"], True), Line(["2"], False), Line(["3"])])

    assert list(section.text())[3:6] == ["| 1 (met) |", "| 2 (MISSED) |", "| 3 |"]
