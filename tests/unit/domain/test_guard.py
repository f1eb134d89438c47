"""The guard of a billing day: what it holds back, and when it halts a plan."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.attempts import AttemptState, FailureClass
from pinbill.domain.catalog import Limits, Plan
from pinbill.domain.guard import (
    CANARY_FROM,
    CANARY_SHARE,
    FEWEST,
    MOST_CANARIES,
    PATIENCE,
    GoOn,
    Halt,
    beyond,
    judge,
    left,
)
from pinbill.domain.money import Money
from pinbill.domain.progress import Outcome, Place, Progress, Tried
from pinbill.domain.states import State
from tests.unit.domain.outcomes import attempt_of
from tests.unit.domain.samples import NOW, PHONE, claimed, plan

PLACE = Place(PHONE, NOW.date(), "acme", "monthly-infomedia")
PLAN = plan()
PRICE = PLAN.price.minor
LATER = NOW + PATIENCE


def tried(price: int = PRICE, **outcomes: int) -> Tried:
    count = sum(outcomes.values())
    return Tried({Outcome(name): n for name, n in outcomes.items()}, price * count, price * outcomes.get("paid", 0))


def day(expected: int = 100, handed: int = 0, first: Tried | None = None, **changes: Any) -> Progress:
    since = NOW if handed else None
    return replace(Progress(PLACE, expected, handed, since, since, first or Tried()), **changes)


def with_limits(**limits: Any) -> Plan:
    return replace(PLAN, limits=Limits(**limits))


def test_a_small_day_is_handed_out_as_a_whole() -> None:
    assert judge(day(CANARY_FROM - 1), PLAN, NOW) == GoOn()


@pytest.mark.parametrize(
    ("expected", "canaries"), [(CANARY_FROM, FEWEST), (5_000, 50), (5_001, 51), (1_000_000, MOST_CANARIES)]
)
def test_of_a_large_day_one_in_a_hundred_goes_first_and_alone(expected: int, canaries: int) -> None:
    assert judge(day(expected), PLAN, NOW) == GoOn(canaries)
    assert judge(day(expected, canaries - 3), PLAN, NOW) == GoOn(3)
    assert judge(day(expected, canaries), PLAN, NOW) == GoOn(0)
    assert judge(day(expected, canaries, tried(paid=canaries // 2)), PLAN, NOW) == GoOn(0)
    assert judge(day(expected, canaries, tried(paid=canaries)), PLAN, NOW) == GoOn()


def test_who_was_cancelled_after_being_handed_out_is_not_waited_for() -> None:
    assert judge(day(5_000, 50, tried(paid=45)), PLAN, NOW) == GoOn()


def test_canaries_of_which_nothing_is_heard_halt_the_plan_after_a_while() -> None:
    silent = day(5_000, 50, tried(paid=20))

    assert judge(silent, PLAN, LATER - timedelta(seconds=1)) == GoOn(0)
    verdict = judge(silent, PLAN, LATER)
    assert isinstance(verdict, Halt)
    assert "nothing was heard of 30 of the first 50" in verdict.because
    assert judge(day(5_000, 50, tried(paid=30)), PLAN, LATER) == GoOn()
    assert judge(day(5_000, 550, tried(paid=30)), PLAN, LATER) == GoOn()  # of the others nothing can be known yet


@pytest.mark.parametrize("outcome", ["failed", "unknown", "not_sent"])
@pytest.mark.parametrize("expected", [100, 5_000])
def test_too_many_failures_that_are_not_the_subscribers_halt_the_plan(outcome: str, expected: int) -> None:
    ten_more = {"paid": 10}
    at_the_limit = day(expected, 50, tried(**ten_more, **{outcome: 10}))
    above_it = day(expected, 50, tried(**ten_more, **{outcome: 11}))

    assert isinstance(judge(at_the_limit, PLAN, NOW), GoOn)
    verdict = judge(above_it, PLAN, NOW)
    assert isinstance(verdict, Halt)
    assert verdict.because == "52% of 21 first tries failed; the plan allows 50%"


def test_a_few_failures_say_nothing() -> None:
    assert judge(day(100, FEWEST - 1, tried(failed=FEWEST - 1)), PLAN, NOW) == GoOn()


def test_want_of_money_is_no_failure_of_the_run_unless_the_plan_expects_more() -> None:
    declined = day(100, 50, tried(declined=40, paid=5, pending=5))

    assert judge(declined, PLAN, NOW) == GoOn()
    assert judge(declined, with_limits(least_paid=0.2), NOW) == GoOn()
    verdict = judge(declined, with_limits(least_paid=0.3), NOW)
    assert isinstance(verdict, Halt)
    assert verdict.because == "20% of 50 first tries were paid; the plan expects 30%"


def test_bills_of_more_than_the_plans_price_halt_it() -> None:
    assert judge(day(100, 20, tried(PRICE * 3 // 2, paid=20)), PLAN, NOW) == GoOn()
    verdict = judge(day(100, 20, tried(PRICE * 10, paid=20)), PLAN, NOW)
    assert isinstance(verdict, Halt)
    assert str(PLAN.price) in verdict.because


def test_retries_are_no_canaries() -> None:
    assert judge(day(100, 0, again=tried(failed=200)), PLAN, NOW) == GoOn()


def test_a_day_that_was_accepted_goes_on_whatever_comes() -> None:
    bounded = with_limits(most_bills_a_day=1)
    accepted = day(5_000, 50, tried(failed=50), accepted=True)

    assert judge(accepted, bounded, LATER) == GoOn()
    assert beyond(accepted, bounded, LATER) is None


def test_a_bound_of_bills_holds_renewals_and_retries_together() -> None:
    bounded = with_limits(most_bills_a_day=60)

    assert judge(day(100, 30, tried(paid=20), again=tried(paid=10)), bounded, NOW) == GoOn(20)
    full = day(100, 50, tried(paid=50), again=tried(paid=10))
    assert judge(full, bounded, NOW) == GoOn(0)
    halt = beyond(full, bounded, NOW)
    assert halt is not None
    assert "the plan allows 60 bills" in halt.because
    assert beyond(day(100, 49, tried(paid=49), again=tried(paid=10)), bounded, LATER) is None


def test_what_was_handed_out_within_the_bounds_is_billed_before_the_halt_or_given_up_after_a_while() -> None:
    bounded = with_limits(most_bills_a_day=50)
    half = day(100, 50, tried(paid=25))

    assert judge(half, bounded, NOW) == GoOn(0)
    assert beyond(half, bounded, NOW) is None
    assert beyond(half, bounded, LATER) is not None
    assert beyond(day(100, 50, tried(paid=45)), bounded, NOW) is not None


def test_a_bound_of_money_counts_what_is_still_under_way() -> None:
    bounded = with_limits(most_amount_a_day=Money(PRICE * 30 + 1, PLAN.price.currency))

    assert left(day(100, 20, tried(paid=10)), bounded) == 10
    assert left(day(100, 30, tried(paid=10)), bounded) == 0
    halt = beyond(day(100, 30, tried(paid=10)), bounded, LATER)
    assert halt is not None
    assert str(bounded.limits.most_amount_a_day) in halt.because


@given(
    expected=st.none() | st.integers(0, 10**7),
    handed=st.integers(0, 10**7),
    outcomes=st.dictionaries(st.sampled_from(Outcome), st.integers(0, 10**6)),
    most=st.none() | st.integers(1, 10**7),
)
def test_no_more_is_ever_handed_out_than_the_canary_and_the_bounds_allow(
    expected: int | None, handed: int, outcomes: dict[Outcome, int], most: int | None
) -> None:
    progress = replace(day(handed=handed, first=Tried(outcomes)), expected=expected)

    verdict = judge(progress, with_limits(most_bills_a_day=most), NOW)

    if isinstance(verdict, Halt):
        return
    if most is not None:
        assert verdict.most is not None
        assert handed + verdict.most <= max(most, handed)
    if expected and expected >= CANARY_FROM and not outcomes:
        assert verdict.most is not None
        assert handed + verdict.most <= max(handed, FEWEST, CANARY_SHARE * expected + 1)


@pytest.mark.parametrize(
    ("state", "failure", "outcome"),
    [
        (AttemptState.PAID, None, Outcome.PAID),
        (AttemptState.PENDING, None, Outcome.PENDING),
        (AttemptState.UNKNOWN, None, Outcome.UNKNOWN),
        (AttemptState.IN_FLIGHT, None, Outcome.UNKNOWN),
        (AttemptState.NOT_SENT, None, Outcome.NOT_SENT),
        (AttemptState.DECLINED, FailureClass.SOFT, Outcome.DECLINED),
        (AttemptState.DECLINED, FailureClass.LIMIT, Outcome.DECLINED),
        (AttemptState.DECLINED, FailureClass.HARD, Outcome.DECLINED),
        (AttemptState.DECLINED, FailureClass.TECHNICAL, Outcome.FAILED),
        (AttemptState.DECLINED, FailureClass.REFUSED, Outcome.FAILED),
        (AttemptState.DECLINED, FailureClass.UNLISTED, Outcome.FAILED),
    ],
)
def test_each_answer_says_something_of_the_run(
    state: AttemptState, failure: FailureClass | None, outcome: Outcome
) -> None:
    attempt = replace(attempt_of(claimed(State.ACTIVE)), state=state, failure=failure)

    once = Tried.once(attempt)

    assert once.outcomes == {outcome: 1}
    assert (once.asked, once.paid) == (attempt.amount.minor, attempt.amount.minor if outcome is Outcome.PAID else 0)
    assert (once + once).outcomes == {outcome: 2}
