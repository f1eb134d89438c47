"""A confirm that is repeated with its Idempotency-Key: no second try of the PIN, no second bill."""

from __future__ import annotations

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.rails import LEASE
from pinbill.domain.repeats import Outcome
from pinbill.domain.states import State
from pinbill.domain.stops import Scope, Stop
from pinbill.errors import (
    BillingStopped,
    IdempotencyKeyReused,
    OutOfTime,
    PinbillError,
    PinWrong,
    ProviderUnclear,
    RequestInProgress,
    StoreUnavailable,
)
from pinbill.usecases.confirmations import Confirmed
from tests.unit.domain.samples import BANK, NOT_SENT, PAID, PHONE, UNKNOWN, declined
from tests.unit.usecases.confirming import UNCLEAR, pending, pin_refused
from tests.unit.usecases.repeating import ANOTHER_BODY, K1, K2, WRONG, confirm, tries
from tests.unit.usecases.world import World

# --- what has become of it


@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_a_repeated_confirm_bills_nothing_and_counts_no_try(rail: RailName) -> None:
    world = World(rail)
    world.subscribe()
    first = confirm(world)

    again = confirm(world)

    assert again.attempt == first.attempt
    assert again.subscription == world.subscription
    assert world.debits == ["period 1"]
    world.check()


def test_a_confirm_of_a_free_period_is_repeated_without_a_check_of_the_pin() -> None:
    world = pending(trial_days=7)
    confirm(world)

    again = confirm(world)

    assert again == Confirmed(world.subscription, None)
    assert world.phone.called("check_pin") == 1


def test_a_confirm_is_answered_with_its_own_attempt_years_later() -> None:
    world = World()
    world.subscribe()
    first = confirm(world)
    for at in range(120):
        world.charge(f"charge-{at}")

    assert confirm(world).attempt == first.attempt


def test_an_unknown_first_bill_is_answered_as_it_is_known_by_then() -> None:
    world = World()
    world.subscribe()
    world.bills.will_bill(UNKNOWN)
    open_attempt = confirm(world).attempt
    assert open_attempt is not None
    assert open_attempt.is_open

    assert confirm(world).attempt == open_attempt
    world.settling(world.subscription, open_attempt, PAID, world.plan)
    found = confirm(world).attempt

    assert found is not None
    assert found.state is AttemptState.PAID
    assert len(world.bills.orders) == 1


def test_a_declined_first_bill_stays_declined_for_its_key_and_another_key_bills_anew() -> None:
    world = World()
    world.subscribe()
    world.bills.will_bill(declined(FailureClass.SOFT))
    confirm(world)

    again = confirm(world)

    assert again.attempt is not None
    assert again.attempt.state is AttemptState.DECLINED
    assert (len(world.bills.orders), tries(world)) == (1, 1)
    paid = confirm(world, K2).attempt
    assert paid is not None
    assert paid.state is AttemptState.PAID
    assert confirm(world, K1).attempt == again.attempt


@pytest.mark.parametrize("trial_days", [0, 7])
def test_a_wrong_pin_stays_wrong_for_its_key(trial_days: int) -> None:
    world = pending(trial_days=trial_days)
    world.phone.will_answer("check_pin", WRONG)
    world.bills.will_bill(pin_refused)
    with pytest.raises(PinWrong):
        confirm(world)

    with pytest.raises(PinWrong, match="keeps this answer"):
        confirm(world)

    assert tries(world) == 1
    assert world.phone.called("check_pin") + len(world.bills.orders) == 1
    assert confirm(world, K2).subscription.is_live


def test_another_body_is_refused_before_a_try_is_counted() -> None:
    world = World()
    world.subscribe()
    world.bills.will_bill(declined(FailureClass.SOFT))
    confirm(world)

    with pytest.raises(IdempotencyKeyReused):
        confirm(world, ANOTHER_BODY)

    assert tries(world) == 1


# --- nothing came of it


@pytest.mark.parametrize("result", [NOT_SENT, declined(FailureClass.REFUSED)])
def test_a_first_bill_that_nobody_was_asked_for_is_asked_for_by_the_repeat(result: BillResult) -> None:
    world = World()
    world.subscribe()
    world.bills.will_bill(result)
    with pytest.raises(PinbillError):
        confirm(world)

    again = confirm(world).attempt

    assert again is not None
    assert again.state is AttemptState.PAID
    assert confirm(world).attempt == again
    assert world.debits == ["period 1"]


def test_a_confirm_before_which_the_provider_was_not_told_is_done_by_its_repeat() -> None:
    world = pending()
    world.phone.will_answer("log_activity", UNCLEAR)
    with pytest.raises(ProviderUnclear):
        confirm(world)

    assert confirm(world).subscription.state is State.ACTIVE
    assert world.debits == ["period 1"]


def test_a_confirm_that_ran_out_of_time_is_done_by_its_repeat() -> None:
    world = World(BANK)
    world.subscribe()
    with pytest.raises(OutOfTime):
        confirm(world, K1, lambda: False)

    assert confirm(world).subscription.state is State.ACTIVE


def test_a_confirm_that_was_refused_before_its_try_leaves_the_key_unused() -> None:
    world = World()
    world.subscribe()
    stop = Stop(Scope(), "ann", "drill", world.now)
    world.stops.put(stop)
    with pytest.raises(BillingStopped):
        confirm(world)
    world.stops.lift(stop.scope)

    assert confirm(world).subscription.state is State.ACTIVE


# --- two at once, and a process that died


def test_while_a_confirm_is_under_way_its_repeat_is_told_to_wait() -> None:
    world = pending()
    said: list[PinbillError] = []

    def repeat() -> None:
        try:
            confirm(world)
        except PinbillError as error:
            said.append(error)

    world.phone.during["log_activity"] = repeat

    confirmed = confirm(world)

    assert [type(error) for error in said] == [RequestInProgress]
    assert said[0].retryable
    assert confirmed.attempt is not None
    assert world.subscription.seq == confirmed.subscription.seq
    assert (world.debits, world.phone.called("log_activity")) == (["period 1"], 1)


def test_of_two_confirms_at_once_with_one_key_one_try_is_counted() -> None:
    world = World()
    world.subscribe()
    world.bills.will_bill(declined(FailureClass.SOFT))
    world.store.before_commit = lambda: confirm(world)

    again = confirm(world).attempt

    assert again is not None
    assert again.state is AttemptState.DECLINED
    assert (tries(world), len(world.bills.orders)) == (1, 1)


def test_a_confirm_whose_process_died_is_done_anew_after_a_while_and_not_before() -> None:
    world = World(BANK)
    world.subscribe()
    world.store.commit(Change.of(world.subscription).remember(K1.begun(world.now, outcome=Outcome.UNDER_WAY)))
    world.after(minutes=4)
    with pytest.raises(RequestInProgress):
        confirm(world)
    world.clock.advance(LEASE)

    assert confirm(world).subscription.state is State.ACTIVE
    assert world.debits == ["period 1"]


def test_a_process_that_stood_still_claims_nothing_once_another_one_has_its_key() -> None:
    """Its own bill was declined: without the key's revision both would ask for money."""
    world = pending()
    world.bills.will_bill(declined(FailureClass.SOFT))

    def five_minutes_pass() -> None:
        world.clock.advance(LEASE)
        assert confirm(world).attempt is not None

    world.phone.during["log_activity"] = five_minutes_pass

    answer = confirm(world).attempt

    assert answer is not None
    assert answer.state is AttemptState.DECLINED
    assert len(world.bills.orders) == 1


def test_a_free_period_whose_start_was_written_unheard_is_answered() -> None:
    world = pending(trial_days=7)
    world.store.faults.extend(["", "", "own"])

    assert confirm(world).subscription.state is State.TRIALING


def test_a_verdict_that_cannot_be_written_down_is_not_told_as_final() -> None:
    world = pending(trial_days=7)
    world.phone.will_answer("check_pin", WRONG)
    world.store.faults.extend(["", "", "lost"])
    with pytest.raises(StoreUnavailable):
        confirm(world)
    with pytest.raises(RequestInProgress):
        confirm(world)
    world.clock.advance(LEASE)

    assert confirm(world).subscription.state is State.TRIALING
