"""What is learnt of an open attempt without settling it, and its place on the operator's list."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptState, Evidence, Source
from pinbill.domain.catalog import RailName
from pinbill.domain.rails import RULES
from pinbill.domain.settlement import add_evidence, look_again
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.unit.domain.invariants import check_change
from tests.unit.domain.outcomes import RAILS, attempt_of, looked_at, on_the_list, with_evidence
from tests.unit.domain.samples import (
    DAY,
    HOUR,
    MINUTE,
    NOT_CHARGED,
    NOW,
    PAID,
    PENDING,
    PHONE,
    UNKNOWN,
    claimed,
    settled,
    standing,
)

OPEN_SINCE = NOW + 3 * MINUTE
LONG_AFTER = NOW + 40 * DAY


def opened(rail: RailName = PHONE) -> Subscription:
    return settled(claimed(State.ACTIVE, rail), UNKNOWN, OPEN_SINCE).after


# --- the list


@pytest.mark.parametrize("rail", RAILS)
def test_the_deadline_counts_from_when_the_outcome_was_found_open_whatever_is_learnt_later(rail: RailName) -> None:
    by = OPEN_SINCE + RULES[rail].decide_within
    subscription = opened(rail)
    assert subscription.decide_by == by

    noted = with_evidence(subscription, "suspended")
    taken = settled(noted, PENDING, OPEN_SINCE + HOUR).after

    assert noted.decide_by == by
    assert taken.decide_by is None
    assert looked_at(taken).decide_by == by


def test_only_what_is_open_is_on_the_list() -> None:
    flying, unknown = claimed(State.ACTIVE), opened()

    assert flying.decide_by is None
    assert settled(unknown, PAID, LONG_AFTER).after.decide_by is None
    assert settled(unknown, NOT_CHARGED, LONG_AFTER).after.decide_by is None


@pytest.mark.parametrize("rail", RAILS)
def test_nothing_is_closed_by_time_alone(rail: RailName) -> None:
    subscription = on_the_list(State.ACTIVE, rail)
    for _ in range(60):
        change = look_again(subscription, None, subscription.timers[Timer.FOLLOW_UP])
        assert change is not None
        check_change(change)
        assert change.entries == ()
        subscription = change.after

    assert attempt_of(subscription).state is AttemptState.UNKNOWN
    assert subscription.timers[Timer.FOLLOW_UP] > NOW + 60 * DAY


# --- evidence


def test_evidence_changes_neither_timers_nor_money() -> None:
    before = opened()

    after = with_evidence(before, "declined", "suspended")

    assert [each.says for each in attempt_of(after).evidence] == ["declined", "suspended"]
    forgotten = replace(attempt_of(after), evidence=())
    assert replace(after, open_attempt=forgotten, version=before.version) == before


@pytest.mark.parametrize(
    ("change", "is_new"),
    [
        ({}, False),
        ({"at": OPEN_SINCE + DAY}, False),
        ({"source": Source.INQUIRY}, True),
        ({"says": "suspended"}, True),
        ({"code": "A5"}, True),
    ],
)
def test_the_same_words_from_the_same_source_are_evidence_once(change: dict[str, object], is_new: bool) -> None:
    subscription = with_evidence(opened(), "declined")
    evidence = replace(attempt_of(subscription).evidence[0], **change)  # type: ignore[arg-type]

    assert (add_evidence(subscription, attempt_of(subscription).id, evidence) is not None) is is_new


def test_twenty_pieces_of_evidence_are_kept_and_no_more() -> None:
    subscription = with_evidence(opened(), *(f"word {n}" for n in range(20)))

    more = Evidence(LONG_AFTER, Source.CALLBACK, "one more")

    assert add_evidence(subscription, attempt_of(subscription).id, more) is None
    change = look_again(subscription, more, subscription.timers[Timer.FOLLOW_UP])
    assert change is not None
    assert attempt_of(change.after).evidence == attempt_of(subscription).evidence
    assert attempt_of(change.after).follow_ups == 1


def test_evidence_of_another_attempt_or_of_none_is_not_kept() -> None:
    evidence = Evidence(LONG_AFTER, Source.CALLBACK, "declined")

    assert add_evidence(opened(), "S0001-9", evidence) is None
    assert add_evidence(standing(State.ACTIVE), "S0001-1", evidence) is None


def test_evidence_of_an_attempt_in_flight_stays_with_it_when_its_answer_comes() -> None:
    flying = with_evidence(claimed(State.ACTIVE), "declined")

    (row,) = settled(flying, PAID, LONG_AFTER).entries

    assert row.attempt is not None
    assert [each.says for each in row.attempt.evidence] == ["declined"]
    assert row.attempt.settled_by is Source.ANSWER
