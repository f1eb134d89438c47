"""The claim: who may ask for money, and who finds the question again after a crash."""

import itertools
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.attempts import AttemptKind, AttemptState, Obligation
from pinbill.domain.change import Change
from pinbill.domain.claims import CLAIMABLE, claim_charge, claim_period, reclaim_charge
from pinbill.domain.ending import When, cancel
from pinbill.domain.money import Money
from pinbill.domain.rails import LEASE
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import AlreadySettled, AttemptOpen, WrongState
from tests.unit.domain.invariants import check_change
from tests.unit.domain.samples import (
    BANK,
    BILLED,
    DAY,
    HOUR,
    NOT_SENT,
    NOW,
    PAID,
    PHONE,
    PRICE,
    charging,
    claimed,
    declined,
    kind_for,
    settled,
    standing,
)

KINDS = list(itertools.product(State, AttemptKind))
RAILS = [PHONE, BANK]


def claim(subscription: Subscription, kind: AttemptKind, owner: str = "owner-1") -> Change:
    if kind is AttemptKind.CHARGE:
        return claim_charge(subscription, "key", "body", Money(99, "GBP"), "extra", owner, NOW)
    return claim_period(subscription, kind, owner, NOW)


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize(("state", "kind"), KINDS)
def test_a_claim_is_stored_where_the_state_allows_it_and_refused_elsewhere(
    state: State, kind: AttemptKind, rail: str
) -> None:
    subscription = standing(state, BANK if rail == BANK else PHONE)

    if state not in CLAIMABLE[kind]:
        with pytest.raises(WrongState):
            claim(subscription, kind)
        return
    change = claim(subscription, kind)

    check_change(change)
    attempt = change.after.open_attempt
    assert attempt is not None
    assert (attempt.state, attempt.kind, attempt.owner, attempt.claimed_at) == (
        AttemptState.IN_FLIGHT,
        kind,
        "owner-1",
        NOW,
    )
    assert change.after.state is state
    assert change.entries == ()


@pytest.mark.parametrize(("state", "kind"), [(s, k) for s, k in KINDS if s in CLAIMABLE[k]])
def test_nothing_is_claimed_while_an_attempt_is_open(state: State, kind: AttemptKind) -> None:
    subscription = claim(standing(state), kind).after

    for other in AttemptKind:
        if state in CLAIMABLE[other]:
            with pytest.raises(AttemptOpen):
                claim(subscription, other, "owner-2")


@pytest.mark.parametrize("kind", list(AttemptKind))
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("when", list(When))
def test_nothing_is_claimed_after_a_cancel_in_either_form(state: State, kind: AttemptKind, when: When) -> None:
    subscription = standing(state)
    change = cancel(subscription, when, "test", NOW)
    cancelled = change.after if change else subscription

    with pytest.raises(WrongState):
        claim(cancelled, kind)


@pytest.mark.parametrize("state", BILLED)
def test_a_renewal_that_is_not_due_is_not_claimed(state: State) -> None:
    """Whoever decided to bill on an older reading must not bill the next period in its place."""
    early = standing(state)
    waiting = replace(early, timers={**early.timers, Timer.BILL: NOW + timedelta(seconds=1)})

    with pytest.raises(AlreadySettled):
        claim_period(waiting, AttemptKind.RENEWAL, "owner-2", NOW)


@pytest.mark.parametrize("state", BILLED)
@pytest.mark.parametrize("result", [PAID, declined(), NOT_SENT])
def test_a_renewal_that_somebody_else_has_just_settled_is_not_claimed_again(state: State, result: object) -> None:
    after = settled(claimed(state), result).after  # type: ignore[arg-type]

    with pytest.raises(AlreadySettled):
        claim_period(after, AttemptKind.RENEWAL, "owner-2", NOW)


def test_a_renewal_without_a_bill_timer_is_not_claimed() -> None:
    with pytest.raises(AlreadySettled):
        claim_period(standing(State.ACTIVE, timers={}), AttemptKind.RENEWAL, "owner-1", NOW)


@pytest.mark.parametrize("state", sorted(CLAIMABLE[AttemptKind.CHARGE]))
@pytest.mark.parametrize("bill_in", [-DAY, timedelta(), timedelta(seconds=1), DAY])
def test_a_charge_is_found_after_a_crash_whether_a_bill_is_due_or_not(state: State, bill_in: timedelta) -> None:
    subscription = standing(state)
    change = claim(replace(subscription, timers={**subscription.timers, Timer.BILL: NOW + bill_in}), AttemptKind.CHARGE)

    check_change(change)
    due = change.after.due
    assert due is not None
    assert due[0] <= NOW + LEASE


@pytest.mark.parametrize("state", [*BILLED, State.PENDING])
def test_a_claimed_period_is_found_after_a_crash(state: State) -> None:
    after = claimed(state)

    assert after.due is not None
    assert after.due[0] <= NOW + LEASE


def test_a_claim_bills_the_price_that_was_agreed_to() -> None:
    attempt = claimed(State.ACTIVE).open_attempt

    assert attempt is not None
    assert attempt.amount == PRICE
    assert attempt.obligation == Obligation(period=2)


def test_references_are_never_used_twice_and_fit_into_the_providers_field() -> None:
    subscription = standing(State.ACTIVE, id="S" + "0" * 25)
    seen: list[str] = []
    for n in range(120):
        change = claim_charge(subscription, f"key-{n}", "body", PRICE, "extra", "owner", NOW)
        assert change.after.open_attempt is not None
        seen.append(change.after.open_attempt.id)
        subscription = settled(change.after, declined(), NOW, charge=change.charge).after

    assert len(set(seen)) == len(seen)
    assert all(re.fullmatch(r"[A-Za-z0-9-]{1,50}", reference) for reference in seen)


def test_a_charge_that_was_not_sent_is_claimed_again_as_its_second_try() -> None:
    subscription, charge = charging(State.ACTIVE)
    lost = settled(subscription, NOT_SENT, charge=charge)
    assert lost.charge is not None

    change = reclaim_charge(lost.after, lost.charge, "owner-2", NOW + HOUR)

    check_change(change)
    assert change.charge is not None
    assert change.charge_revision == 2
    assert change.charge.tries == change.charge.attempt.number == 2
    assert change.charge.amount == charge.amount
    assert change.after.open_attempt == change.charge.attempt
    assert change.charge.attempt.id != charge.attempt.id


def test_the_first_claim_of_a_charge_says_that_its_key_must_be_new() -> None:
    change = claim(standing(State.ACTIVE), AttemptKind.CHARGE)

    assert change.charge_revision == 0
    assert change.charge is not None
    assert change.charge.attempt == change.after.open_attempt


@pytest.mark.parametrize("state", [*BILLED, State.PENDING])
def test_every_claim_of_a_period_carries_the_next_number_of_its_tries(state: State) -> None:
    first = claimed(state, tries=0)
    assert first.open_attempt is not None
    again = settled(first, declined()).after
    again = replace(again, timers={**again.timers, Timer.BILL: NOW} if state is not State.PENDING else again.timers)

    second = claim_period(again, kind_for(state), "owner-2", NOW).after.open_attempt

    assert second is not None
    assert (first.open_attempt.number, second.number) == (1, 2)
