"""The retry policy as data."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.attempts import FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.dunning import DAY, HOUR, LADDERS, OURS, Dunning
from pinbill.domain.rails import RULES

POLICY = Dunning()


@pytest.mark.parametrize("failure", list(LADDERS))
def test_the_ladder_gives_one_delay_for_each_try_and_then_none(failure: FailureClass) -> None:
    delays = [POLICY.retry_after(failure, attempt) for attempt in range(1, len(LADDERS[failure]) + 3)]

    assert delays == [*LADDERS[failure], None, None]


@pytest.mark.parametrize("failure", [*sorted(set(FailureClass) - set(LADDERS)), None])
def test_a_class_without_a_ladder_is_never_tried_again(failure: FailureClass | None) -> None:
    assert POLICY.retry_after(failure, 1) is None


def test_the_budget_is_one_for_all_classes_of_an_obligation() -> None:
    assert POLICY.retry_after(FailureClass.TECHNICAL, 1) == 6 * HOUR
    assert POLICY.retry_after(FailureClass.SOFT, 2) == 2 * DAY
    assert POLICY.retry_after(FailureClass.LIMIT, 3) == 7 * DAY


@given(failure=st.sampled_from(FailureClass), attempt=st.integers(1, 100))
def test_no_retry_comes_at_once_and_every_budget_is_finite(failure: FailureClass, attempt: int) -> None:
    delay = POLICY.retry_after(failure, attempt)

    assert delay is None or delay >= HOUR
    if attempt > 3:
        assert delay is None


def test_a_spending_limit_is_not_asked_again_the_same_day() -> None:
    assert all(delay >= timedelta(days=1) for delay in LADDERS[FailureClass.LIMIT])


def test_only_a_hard_decline_is_final_and_only_a_refusal_is_ours() -> None:
    assert {failure for failure in FailureClass if POLICY.is_final(failure)} == {FailureClass.HARD}
    assert set(OURS) == {FailureClass.REFUSED}
    assert not POLICY.is_final(None)


@pytest.mark.parametrize("rail", list(RailName))
def test_a_rails_own_ladders_stay_within_its_budget_of_tries(rail: RailName) -> None:
    rules = RULES[rail]

    assert all(1 + len(ladder) <= rules.most_tries for ladder in rules.retries.values())
    assert set(rules.retries) == {FailureClass.SOFT, FailureClass.LIMIT, FailureClass.TECHNICAL}


def test_a_mandate_is_executed_once_and_three_times_more() -> None:
    """NPCI's rule for UPI; the answers do not tell which mandates are of UPI."""
    assert RULES[RailName.SIGNZY].most_tries == 1 + 3
