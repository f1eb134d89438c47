"""Caps: what was spent in a month, by every way that an amount is taken or comes back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count as counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.caps import Caps
from pinbill.domain.catalog import Terms
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_charge, claim_period, reclaim_charge
from pinbill.domain.money import Money
from pinbill.domain.refunds import refund
from pinbill.domain.settlement import settle, settle_late
from pinbill.domain.spending import month_ends, spent
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from pinbill.errors import CapReached, PinbillError
from tests.unit.domain.samples import (
    DUNNING,
    NOT_CHARGED,
    NOT_SENT,
    NOW,
    PAID,
    PENDING,
    UNKNOWN,
    declined,
    kind_for,
    standing,
)

CAPPED = Terms(Caps(per_charge=Money(500, "GBP"), per_month=Money(1_000, "GBP")))
TAKEN = (PAID, PENDING, UNKNOWN)
UNTAKEN = (NOT_SENT, NOT_CHARGED, declined(), declined(FailureClass.REFUSED))


def charge(subscription: Subscription, minor: int, at: datetime = NOW, terms: Terms = CAPPED) -> Change:
    return claim_charge(subscription, f"k{subscription.attempts}", "b", Money(minor, "GBP"), "x", "me", at, terms)


def after(claimed: Change, result: BillResult, at: datetime = NOW) -> Subscription:
    attempt = claimed.after.open_attempt
    assert attempt is not None
    change = settle(claimed.after, attempt.id, result, at, DUNNING)
    assert change is not None
    return change.after


@pytest.mark.parametrize("state", [State.PENDING, State.ACTIVE, State.PAST_DUE])
def test_a_bill_above_the_cap_of_a_charge_is_not_claimed(state: State) -> None:
    low = Terms(Caps(per_charge=Money(449, "GBP")))

    with pytest.raises(CapReached) as refused:
        claim_period(standing(state), kind_for(state), "me", NOW, low)

    assert (refused.value.per, refused.value.minor, refused.value.ends_at) == ("charge", 449, None)


def test_a_charge_that_would_pass_the_months_cap_is_refused_until_the_month_ends_in_the_plans_zone() -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    kolkata = replace(standing(State.ACTIVE, now=late), zone="Asia/Kolkata")
    near = after(charge(kolkata, 500, late), PAID)
    nearer = after(charge(near, 500, late), PAID)

    with pytest.raises(CapReached) as refused:
        charge(nearer, 1, late)

    # In India it is December since 18:30 UTC.
    assert refused.value.ends_at == datetime(2026, 12, 31, 18, 30, tzinfo=UTC)
    assert charge(nearer, 500, datetime(2026, 12, 31, 18, 30, tzinfo=UTC)).after.spent is not None


@pytest.mark.parametrize("result", TAKEN, ids=lambda result: result.state)
def test_what_was_taken_or_may_have_been_counts(result: BillResult) -> None:
    assert spent(after(charge(standing(State.ACTIVE), 400), result), NOW) == 400


@pytest.mark.parametrize("result", UNTAKEN, ids=lambda result: f"{result.state} {result.failure}")
def test_what_was_proved_not_to_be_taken_gives_its_amount_back(result: BillResult) -> None:
    assert spent(after(charge(standing(State.ACTIVE), 400), result), NOW) == 0


def test_what_was_denied_and_found_paid_after_all_counts_again() -> None:
    claimed = charge(standing(State.ACTIVE), 400)
    denied = claimed.after.open_attempt
    assert denied is not None
    settled = after(claimed, NOT_CHARGED)

    late = settle_late(settled, denied.with_result(NOT_CHARGED, NOW), PAID, NOW, claimed.charge)

    assert spent(late.after, NOW) == 400


def test_a_refund_gives_back_what_it_says_and_never_more_than_was_taken() -> None:
    claimed = charge(standing(State.ACTIVE), 400)
    taken = claimed.after.open_attempt
    assert taken is not None
    paid = after(claimed, PAID)
    entry = settle(claimed.after, taken.id, PAID, NOW, DUNNING)
    assert entry is not None

    back = refund(paid, entry.entries, taken.with_result(PAID, NOW), Money(150, "GBP"), "t1", NOW)

    assert back is not None
    assert spent(back.after, NOW) == 250


def test_a_decline_of_last_months_charge_gives_nothing_back_to_this_month() -> None:
    november, december = NOW, NOW + timedelta(days=30)
    claimed = charge(standing(State.ACTIVE), 400, november)
    unknown = after(claimed, UNKNOWN, november)
    assert unknown.open_attempt is not None
    closed = settle(unknown, unknown.open_attempt.id, NOT_CHARGED, december, DUNNING)
    assert closed is not None
    assert spent(closed.after, december) == 0
    again = after(charge(closed.after, 300, december), PAID, december)
    assert spent(again, december) == 300


def test_a_clock_that_leaps_back_a_month_opens_no_new_month() -> None:
    subscription = after(charge(standing(State.ACTIVE), 500), PAID)
    subscription = after(charge(subscription, 500), PAID)

    with pytest.raises(CapReached):
        charge(subscription, 1, NOW - timedelta(days=30))


def test_a_cap_in_another_currency_lets_nothing_pass() -> None:
    with pytest.raises(CapReached):
        charge(standing(State.ACTIVE), 1, terms=Terms(Caps(per_month=Money(10_000, "EUR"))))


def test_a_repeat_that_may_be_tried_again_is_held_against_the_cap_anew() -> None:
    claimed = charge(standing(State.ACTIVE), 500)
    assert claimed.charge is not None
    subscription = after(claimed, NOT_SENT)
    subscription = after(charge(after(charge(subscription, 500), PAID), 500), PAID)

    with pytest.raises(CapReached):
        reclaim_charge(subscription, claimed.charge, "me", NOW, CAPPED)


def test_without_a_cap_for_a_month_nothing_is_counted_and_an_old_count_is_forgotten() -> None:
    uncapped = charge(standing(State.ACTIVE), 400, terms=Terms())
    assert uncapped.after.spent is None
    counted = after(charge(standing(State.ACTIVE), 400), PAID)
    assert charge(counted, 400, terms=Terms()).after.spent is None


def test_a_month_ends_when_it_does_on_the_wall_of_the_zone() -> None:
    assert month_ends("Europe/London", datetime(2027, 3, 5, tzinfo=UTC)) == datetime(2027, 3, 31, 23, tzinfo=UTC)


steps = st.lists(
    st.tuples(st.integers(1, 600), st.sampled_from((*TAKEN, *UNTAKEN)), st.booleans(), st.integers(0, 20)), max_size=30
)


@settings(deadline=None)
@given(steps)
def test_whatever_happens_no_month_takes_more_than_its_cap(
    happens: list[tuple[int, BillResult, bool, int]],
) -> None:
    """The test's own books: what a provider may have taken, by the month in which it was claimed."""
    subscription, now, taken = standing(State.ACTIVE), NOW, {}
    for number, (minor, result, found_paid, days) in zip(counter(), happens, strict=False):
        now += timedelta(days=days)
        try:
            claimed = charge(subscription, minor, now)
        except PinbillError:
            continue
        attempt = claimed.after.open_attempt
        assert attempt is not None
        month = f"{now:%Y-%m}"
        subscription = after(claimed, result, now)
        open_attempt = subscription.open_attempt
        if open_attempt is not None:  # it is told later, one way or the other
            final = settle(subscription, open_attempt.id, PAID if found_paid else NOT_CHARGED, now, DUNNING)
            assert final is not None
            subscription = final.after
        if result.state is AttemptState.PAID or (open_attempt is not None and found_paid):
            taken[month, number] = minor
    for month in {month for month, _ in taken}:
        assert sum(minor for (of, _), minor in taken.items() if of == month) <= 1_000
