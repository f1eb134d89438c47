"""The PIN session and the free period."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.attempts import AttemptKind, FailureClass
from pinbill.domain.catalog import ActivityOrder, PinRules
from pinbill.domain.claims import claim_period
from pinbill.domain.journal import EntryKind
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.starting import new_pin, pin_delivered, start_trial, subscribe, try_pin
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Delivery, Subscription, Timer
from pinbill.errors import (
    AttemptOpen,
    PinExhausted,
    PinExpired,
    PinResendTooSoon,
    PinSendsExhausted,
    WrongState,
)
from tests.unit.domain.invariants import check, check_change
from tests.unit.domain.samples import (
    BANK,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    NUMBER,
    PHONE,
    claimed,
    declined,
    pending,
    plan,
    service,
    settled,
    standing,
)

RULES = PinRules()
SECOND = timedelta(seconds=1)


def tried(subscription: Subscription, times: int) -> Subscription:
    for _ in range(times):
        subscription = try_pin(subscription, RULES, NOW).after
    return subscription


def test_a_new_subscription_waits_for_its_confirm_and_counts_its_first_pin() -> None:
    subscription, entry = subscribe("S1", plan(), service(), Msisdn(NUMBER), ("234", "02"), None, NOW)

    check(subscription)
    assert subscription.pin is not None
    assert (subscription.pin.sends, subscription.pin.tries) == (1, 0)
    assert subscription.pin.delivery is Delivery.UNKNOWN
    assert subscription.timers == {Timer.EXPIRY: NOW + RULES.confirm_within}
    assert (entry.seq, entry.kind, subscription.seq, subscription.version) == (1, EntryKind.SUBSCRIBED, 1, 1)
    assert not subscription.access


def test_a_subscription_by_mandate_has_no_pin() -> None:
    assert pending(BANK).pin is None


def test_price_recurrence_and_zone_are_those_that_were_agreed_to() -> None:
    terms = plan()

    subscription = pending()

    assert (subscription.price, subscription.recurrence, subscription.zone) == (
        terms.price,
        terms.recurrence,
        terms.zone,
    )


@pytest.mark.parametrize("after", [timedelta(), SECOND, RULES.life - SECOND])
def test_a_pin_may_be_tried_while_it_lives(after: timedelta) -> None:
    change = try_pin(pending(), RULES, NOW + after)

    check_change(change)
    assert change.after.pin is not None
    assert change.after.pin.tries == 1


@pytest.mark.parametrize("after", [RULES.life, RULES.life + SECOND, DAY])
def test_a_pin_that_is_too_old_is_not_tried(after: timedelta) -> None:
    with pytest.raises(PinExpired):
        try_pin(pending(), RULES, NOW + after)


def test_a_pin_is_tried_as_often_as_the_rules_say_and_no_more() -> None:
    subscription = tried(pending(), RULES.tries)

    with pytest.raises(PinExhausted):
        try_pin(subscription, RULES, NOW)


def test_a_try_is_not_given_back_by_a_pin_that_was_wrong() -> None:
    subscription = tried(pending(), 1)

    asked = claim_period(subscription, AttemptKind.FIRST_BILL, "owner", NOW).after
    after = settled(asked, declined(FailureClass.PIN)).after

    assert after.pin is not None
    assert after.pin.tries == 1


@pytest.mark.parametrize("wait", [timedelta(), SECOND, RULES.resend_after - SECOND])
def test_a_new_pin_too_soon_is_refused_with_the_seconds_to_wait(wait: timedelta) -> None:
    with pytest.raises(PinResendTooSoon) as refusal:
        new_pin(pending(), RULES, NOW + wait)

    assert timedelta(seconds=refusal.value.retry_after) >= RULES.resend_after - wait
    allowed = new_pin(pending(), RULES, NOW + wait + timedelta(seconds=refusal.value.retry_after))
    check_change(allowed)


def test_the_wait_for_a_new_pin_doubles_twice() -> None:
    assert [RULES.wait_after(sends).total_seconds() for sends in range(1, 6)] == [30, 60, 120, 120, 120]

    second = new_pin(pending(), RULES, NOW + RULES.resend_after).after
    with pytest.raises(PinResendTooSoon) as refusal:
        new_pin(second, RULES, NOW + 2 * RULES.resend_after)

    assert refusal.value.retry_after == 31


def test_a_new_pin_gives_new_tries_a_new_life_and_more_time_to_confirm() -> None:
    at = NOW + 9 * MINUTE

    change = new_pin(tried(pending(), RULES.tries), RULES, at)

    check_change(change)
    assert change.after.pin is not None
    assert (change.after.pin.sends, change.after.pin.tries) == (2, 0)
    assert change.after.pin.expires_at == at + RULES.life
    assert change.after.timers[Timer.EXPIRY] == at + RULES.confirm_within


def test_only_so_many_pins_are_sent() -> None:
    subscription, at = pending(), NOW
    for sends in range(1, RULES.sends):
        at += RULES.wait_after(sends)
        subscription = new_pin(subscription, RULES, at).after

    with pytest.raises(PinSendsExhausted):
        new_pin(subscription, RULES, at + DAY)


@pytest.mark.parametrize("state", [state for state in State if state is not State.PENDING])
def test_only_a_pending_subscription_takes_a_pin(state: State) -> None:
    with pytest.raises(WrongState):
        try_pin(standing(state), RULES, NOW)
    with pytest.raises(WrongState):
        new_pin(standing(state), RULES, NOW + DAY)
    with pytest.raises(WrongState):
        pin_delivered(standing(state), Delivery.SENT)


def test_a_mandate_takes_no_pin() -> None:
    with pytest.raises(WrongState):
        try_pin(pending(BANK), RULES, NOW)


def test_no_pin_is_tried_or_sent_while_a_first_bill_is_open() -> None:
    subscription = claimed(State.PENDING)

    with pytest.raises(AttemptOpen):
        try_pin(subscription, RULES, NOW)
    with pytest.raises(AttemptOpen):
        new_pin(subscription, RULES, NOW + HOUR)


def test_the_answer_of_the_provider_to_a_pin_is_kept() -> None:
    change = pin_delivered(pending(), Delivery.SENT)

    assert change.after.pin is not None
    assert change.after.pin.delivery is Delivery.SENT


@pytest.mark.parametrize("days", [1, 7, 30])
def test_a_free_period_ends_with_the_start_of_period_one(days: int) -> None:
    change = start_trial(replace(pending(), trial_days=days), NOW)

    check_change(change)
    after = change.after
    assert after.schedule is not None
    assert (after.state, after.next_period) == (State.TRIALING, 1)
    assert after.schedule.start(1) == NOW + timedelta(days=days) == after.timers[Timer.BILL]
    assert Timer.EXPIRY not in after.timers
    assert after.access


def test_a_free_period_over_a_change_of_clocks_ends_at_the_same_time_of_day() -> None:
    at = NOW.replace(month=3, day=20)

    after = start_trial(replace(pending(), created_at=at, trial_days=14), at).after

    assert after.schedule is not None
    assert after.schedule.start(1) == at + timedelta(days=14) - HOUR


@pytest.mark.parametrize("state", [state for state in State if state is not State.PENDING])
def test_a_free_period_starts_only_once_and_only_from_pending(state: State) -> None:
    with pytest.raises(WrongState):
        start_trial(replace(standing(state), trial_days=7), NOW)


@pytest.mark.parametrize("activity", [Activity.NONE, Activity.LOG_DUE])
def test_a_started_free_period_owes_the_log(activity: Activity) -> None:
    assert start_trial(pending(activity=activity), NOW).after.activity is Activity.LOG_DUE


def test_a_started_free_period_that_was_logged_before_owes_nothing() -> None:
    after = start_trial(pending(activity=Activity.LOGGED), NOW).after

    assert after.activity is Activity.LOGGED
    assert Timer.ACTIVITY not in after.timers
    assert pending(PHONE).activity is Activity.NONE
    assert service().activity_order is ActivityOrder.BEFORE_BILL
