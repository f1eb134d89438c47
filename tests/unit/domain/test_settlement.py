"""Settling: what every outcome makes of every state."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.claims import claim_period
from pinbill.domain.dunning import NOT_SENT_DELAY, OURS
from pinbill.domain.ending import When, cancel
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import RULES
from pinbill.domain.settlement import settle
from pinbill.domain.slots import found_at
from pinbill.domain.states import LIVE, State
from pinbill.domain.subscription import Activity, Timer
from tests.unit.domain.invariants import check_change
from tests.unit.domain.outcomes import CHARGED, CLOSING, HOWS, LATER, RAILS, RENEWED, RESULTS, moved, name
from tests.unit.domain.samples import (
    BANK,
    BILLED,
    DAY,
    DUNNING,
    HOUR,
    MINUTE,
    NOT_CHARGED,
    NOT_SENT,
    NOW,
    PAID,
    PENDING,
    PHONE,
    UNKNOWN,
    charging,
    claimed,
    declined,
    settled,
)


@pytest.mark.parametrize("at", [NOW, LATER, NOW + 90 * DAY])
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("result", RESULTS, ids=name)
@pytest.mark.parametrize("state", RENEWED)
def test_every_outcome_in_every_state_leaves_a_sound_subscription(
    state: State, result: BillResult, rail: RailName, how: str, at: datetime
) -> None:
    subscription = moved(state, rail, how)
    assert subscription.open_attempt is not None

    change = settle(subscription, subscription.open_attempt.id, result, at, DUNNING)

    if change is None:  # what says no more than is known changes nothing
        assert result.state in (AttemptState.UNKNOWN, AttemptState.PENDING)
        assert subscription.open_attempt.state is not AttemptState.IN_FLIGHT
        return
    check_change(change)
    advanced = change.after.next_period - subscription.next_period
    assert advanced == (1 if result.state is AttemptState.PAID else 0)
    if result in CLOSING:
        assert change.after.open_attempt is None
        assert Timer.FOLLOW_UP not in change.after.timers
    if change.before.state not in LIVE:
        assert change.after.state is change.before.state
        assert not {Timer.BILL, Timer.DUNNING, Timer.EXPIRY, Timer.END} & set(change.after.timers)
    assert [entry.attempt for entry in change.entries if entry.attempt], "every outcome is a row of the ledger"


@pytest.mark.parametrize("at", [NOW, LATER])
@pytest.mark.parametrize("when", [None, When.NOW, When.PERIOD_END])
@pytest.mark.parametrize("result", RESULTS, ids=name)
@pytest.mark.parametrize("state", CHARGED)
def test_the_outcome_of_a_charge_changes_neither_state_nor_periods(
    state: State, result: BillResult, when: When | None, at: datetime
) -> None:
    subscription, charge = charging(state)
    if when:
        stopped = cancel(subscription, when, "test", NOW)
        assert stopped is not None
        subscription = stopped.after

    change = settled(subscription, result, at, charge=charge)

    check_change(change)
    assert change.after.state is subscription.state
    assert (change.after.next_period, change.after.tries) == (subscription.next_period, subscription.tries)
    assert change.charge is not None
    assert change.charge.attempt.state is result.state
    kept = {timer: at for timer, at in subscription.timers.items() if timer is not Timer.FOLLOW_UP}
    assert kept.items() <= change.after.timers.items()


@pytest.mark.parametrize("result", RESULTS, ids=name)
def test_an_attempt_that_is_closed_or_another_one_is_not_settled(result: BillResult) -> None:
    subscription = claimed(State.ACTIVE)
    assert subscription.open_attempt is not None
    closed = settled(subscription, declined()).after

    assert settle(closed, subscription.open_attempt.id, result, NOW, DUNNING) is None
    assert settle(subscription, "S0001-99", result, NOW, DUNNING) is None


def test_a_renewal_that_is_paid_makes_the_next_period_due_at_its_start() -> None:
    after = settled(claimed(State.ACTIVE), PAID, LATER).after

    assert after.schedule is not None
    assert (after.state, after.next_period, after.tries) == (State.ACTIVE, 3, 0)
    assert after.timers == {Timer.BILL: after.schedule.start(3)}


@pytest.mark.parametrize("answered_after", [timedelta(), HOUR, 5 * DAY])
def test_a_first_bill_starts_period_one_when_it_was_asked_for(answered_after: timedelta) -> None:
    after = settled(claimed(State.PENDING), PAID, NOW + answered_after).after

    assert after.schedule is not None
    assert after.schedule.start(1) == NOW
    assert (after.state, after.next_period) == (State.ACTIVE, 2)
    assert after.timers[Timer.BILL] == after.schedule.start(2)
    assert Timer.EXPIRY not in after.timers


@pytest.mark.parametrize("state", [State.PAST_DUE, State.SUSPENDED])
def test_a_recovered_bill_ends_dunning(state: State) -> None:
    after = settled(claimed(state), PAID).after

    assert (after.state, after.tries) == (State.ACTIVE, 0)
    assert after.past_due_since is None
    assert Timer.DUNNING not in after.timers


@pytest.mark.parametrize("failure", [FailureClass.SOFT, FailureClass.LIMIT, FailureClass.TECHNICAL])
def test_want_of_funds_is_remembered_until_the_next_try_says_otherwise(failure: FailureClass) -> None:
    after = settled(claimed(State.ACTIVE), declined(failure)).after

    assert after.lacks_funds == (failure is FailureClass.SOFT)
    again = claim_period(after, AttemptKind.RENEWAL, "owner-2", after.timers[Timer.BILL]).after
    assert not settled(again, PAID).after.lacks_funds
    assert not settled(again, declined(FailureClass.TECHNICAL)).after.lacks_funds


@pytest.mark.parametrize("state", BILLED)
@pytest.mark.parametrize("failure", [FailureClass.UNLISTED, FailureClass.PIN, None])
def test_a_decline_without_a_ladder_is_not_tried_again_before_the_next_period(
    state: State, failure: FailureClass | None
) -> None:
    """A PIN refusal has no meaning for a renewal: it must neither loop nor put the bill to sleep."""
    for subscription in (claimed(state), moved(state, PHONE, "unknown")):
        after = settled(subscription, declined(failure)).after

        assert after.schedule is not None
        assert after.timers[Timer.BILL] == after.schedule.start(after.next_period + 1)


def test_a_pin_that_was_not_accepted_leaves_the_budget_of_the_first_bill_alone() -> None:
    change = settled(claimed(State.PENDING), declined(FailureClass.PIN))

    assert (change.after.state, change.after.tries) == (State.PENDING, 0)
    assert [entry.kind for entry in change.entries] == [EntryKind.ATTEMPT_DECLINED]


@pytest.mark.parametrize("state", RENEWED)
def test_a_hard_decline_ends_the_subscription_and_owes_the_close(state: State) -> None:
    change = settled(claimed(state, activity=Activity.LOGGED), declined(FailureClass.HARD))

    assert change.after.state is State.ENDED
    assert change.after.activity is Activity.CLOSE_DUE
    assert [entry.kind for entry in change.entries] == [EntryKind.ATTEMPT_DECLINED, EntryKind.ENDED]


@pytest.mark.parametrize("state", BILLED)
def test_a_failure_of_ours_costs_the_subscriber_neither_a_try_nor_the_state(state: State) -> None:
    for result, delay in (
        (NOT_SENT, NOT_SENT_DELAY),
        (declined(FailureClass.REFUSED), OURS[FailureClass.REFUSED]),
        (NOT_CHARGED, timedelta()),
    ):
        subscription = claimed(state)
        after = settled(subscription, result).after

        assert (after.state, after.tries) == (subscription.state, subscription.tries)
        assert after.next_bill_at == NOW + delay
        assert after.due_row == (found_at(NOW + delay, NOW), Timer.BILL)


@pytest.mark.parametrize(
    ("asked", "waits"), [(None, 300), (0, 300), (-60, 300), (60, 300), (900, 900), (10**7, 86400), (10**18, 86400)]
)
def test_a_provider_may_slow_us_down_but_not_put_a_bill_to_sleep(asked: int | None, waits: int) -> None:
    after = settled(claimed(State.ACTIVE), replace(NOT_SENT, retry_after=asked)).after

    assert after.timers[Timer.BILL] == NOW + timedelta(seconds=waits)


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("state", RENEWED)
@pytest.mark.parametrize("result", [PENDING, UNKNOWN], ids=name)
def test_an_open_outcome_stops_all_billing_until_it_is_known(state: State, result: BillResult, rail: RailName) -> None:
    after = settled(claimed(state, rail), result).after

    assert after.open_attempt is not None
    assert after.open_attempt.state is result.state
    assert Timer.BILL not in after.timers
    assert after.timers[Timer.FOLLOW_UP] > NOW
    if result is UNKNOWN:
        assert after.timers[Timer.FOLLOW_UP] >= NOW + RULES[rail].settle_window


def test_an_unknown_outcome_never_replaces_what_the_provider_said() -> None:
    """The process that was believed dead had settled in the meantime."""
    subscription = settled(claimed(State.ACTIVE, BANK), PENDING).after

    assert settle(subscription, "S0001-1", UNKNOWN, NOW + MINUTE, DUNNING) is None


@pytest.mark.parametrize("result", [PENDING, UNKNOWN], ids=name)
def test_the_same_open_outcome_twice_does_not_postpone_the_look_at_it(result: BillResult) -> None:
    subscription = settled(claimed(State.ACTIVE, BANK), result).after

    assert settle(subscription, "S0001-1", result, NOW + MINUTE, DUNNING) is None


def test_a_pending_result_that_brings_the_providers_reference_is_kept() -> None:
    subscription = settled(claimed(State.ACTIVE, BANK), replace(PENDING, provider_reference=None)).after

    after = settled(subscription, PENDING, NOW + MINUTE).after

    assert after.open_attempt is not None
    assert after.open_attempt.provider_reference == "p-1"


def test_the_providers_reference_survives_a_later_answer_without_one() -> None:
    subscription = settled(claimed(State.ACTIVE, BANK), PENDING).after

    change = settled(subscription, PAID, LATER)

    assert change.entries[-1].attempt is not None
    assert change.entries[-1].attempt.provider_reference == "p-1"


def test_a_number_that_was_ported_is_billed_on_its_new_network() -> None:
    after = settled(claimed(State.ACTIVE), replace(declined(), network=("234", "30"))).after

    assert after.network == ("234", "30")
