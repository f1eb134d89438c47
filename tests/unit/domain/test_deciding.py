"""A person's decision on an open attempt: from when on it may be given, what it records, and when it is refused."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, Decision, Source
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.claims import claim_period, reclaim_charge
from pinbill.domain.deciding import VERDICTS, allowed, decide
from pinbill.domain.ending import When, cancel
from pinbill.domain.journal import EntryKind
from pinbill.domain.rails import RULES
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import AttemptNotOpen, DecisionTooEarly, EvidenceCameIn
from tests.unit.domain.invariants import check_change
from tests.unit.domain.outcomes import RAILS, RENEWED, attempt_of, looked_at, with_evidence
from tests.unit.domain.samples import (
    BANK,
    BILLED,
    DAY,
    DUNNING,
    HOUR,
    MINUTE,
    NOW,
    PENDING,
    PHONE,
    UNKNOWN,
    charging,
    claimed,
    kind_for,
    settled,
    standing,
)

MICROSECOND = timedelta(microseconds=1)
LONG_AFTER = NOW + 40 * DAY
NOT_CHARGED = AttemptState.NOT_CHARGED
KINDS = {AttemptState.PAID: EntryKind.ATTEMPT_PAID, NOT_CHARGED: EntryKind.ATTEMPT_NOT_CHARGED}
OPEN_SINCE = NOW + 3 * MINUTE


def opened(result: BillResult = UNKNOWN, rail: RailName = PHONE, state: State = State.ACTIVE) -> Subscription:
    """A bill whose outcome was found open a while after its claim."""
    return settled(claimed(state, rail), result, OPEN_SINCE).after


def decided(
    subscription: Subscription,
    verdict: AttemptState = NOT_CHARGED,
    now: datetime = LONG_AFTER,
    seen: int = 0,
    charge: Charge | None = None,
) -> Change:
    decision = Decision("ann", "not in the report", seen)
    change = decide(subscription, attempt_of(subscription).id, verdict, decision, now, DUNNING, charge)
    check_change(change)
    return change


# --- from when on


@pytest.mark.parametrize("rail", RAILS)
def test_an_unknown_bill_may_be_called_not_charged_once_nothing_can_land_late(rail: RailName) -> None:
    subscription = opened(UNKNOWN, rail)
    possible_from = OPEN_SINCE + RULES[rail].settle_window

    assert allowed(rail, attempt_of(subscription)) == {AttemptState.PAID: OPEN_SINCE, NOT_CHARGED: possible_from}
    with pytest.raises(DecisionTooEarly, match=f"{possible_from:%Y-%m-%dT%H:%M}"):
        decided(subscription, now=possible_from - MICROSECOND)
    assert decided(subscription, now=possible_from).after.open_attempt is None


@pytest.mark.parametrize("rail", RAILS)
def test_a_pending_bill_may_be_called_not_charged_after_the_last_look_of_its_ladder(rail: RailName) -> None:
    subscription = opened(PENDING, rail)
    end = OPEN_SINCE + sum(RULES[rail].ladder, start=timedelta())

    with pytest.raises(DecisionTooEarly):
        decided(subscription, now=end - MICROSECOND)
    assert decided(looked_at(subscription), now=end + MINUTE).after.open_attempt is None


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("result", [UNKNOWN, PENDING])
def test_paid_may_be_decided_at_once(rail: RailName, result: BillResult) -> None:
    """Whoever was debited is not harmed by it."""
    assert decided(opened(result, rail), AttemptState.PAID, OPEN_SINCE).after.open_attempt is None


def test_a_pending_bill_that_nobody_has_asked_about_cannot_be_called_not_charged() -> None:
    """After a long outage the ladder's time is over, but none of its looks was made."""
    with pytest.raises(DecisionTooEarly):
        decided(opened(PENDING, BANK), now=LONG_AFTER)


def test_a_payment_that_shows_at_the_provider_after_the_person_looked_is_not_decided_away() -> None:
    """It was unknown for days; then the provider lists it as taken, and the person still has the older list."""
    subscription = looked_at(opened(UNKNOWN, BANK))
    shows = subscription.timers[Timer.FOLLOW_UP]
    subscription = settled(subscription, PENDING, shows).after

    with pytest.raises((DecisionTooEarly, EvidenceCameIn)):
        decided(subscription, now=shows + MINUTE)


def test_that_it_shows_is_evidence_and_begins_its_ladder_anew() -> None:
    subscription = looked_at(opened(UNKNOWN, BANK))
    shows = subscription.timers[Timer.FOLLOW_UP]
    subscription = settled(subscription, replace(PENDING, source=Source.INQUIRY), shows).after

    (evidence,) = attempt_of(subscription).evidence
    assert (evidence.at, evidence.source, evidence.says) == (shows, Source.INQUIRY, "pending")
    with pytest.raises(EvidenceCameIn):
        decided(subscription, AttemptState.PAID, LONG_AFTER, seen=0)
    with pytest.raises(DecisionTooEarly):
        decided(subscription, now=LONG_AFTER, seen=1)
    assert decided(looked_at(subscription), now=LONG_AFTER, seen=1).after.open_attempt is None


# --- refused


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("rail", RAILS)
def test_an_attempt_in_flight_is_still_its_owners(rail: RailName, verdict: AttemptState) -> None:
    subscription = claimed(State.ACTIVE, rail)

    with pytest.raises(AttemptNotOpen, match="in flight"):
        decided(subscription, verdict)
    assert allowed(rail, attempt_of(subscription)) == {}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_there_is_nothing_to_decide_without_that_very_attempt(verdict: AttemptState) -> None:
    subscription = opened()

    for current, id in ((standing(State.ACTIVE), "S0001-1"), (subscription, "S0001-2"), (subscription, "")):
        with pytest.raises(AttemptNotOpen):
            decide(current, id, verdict, Decision("ann", "report", 0), LONG_AFTER, DUNNING)


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("seen", [0, 1, 3, -1])
def test_a_decision_counts_the_evidence_it_is_based_on(verdict: AttemptState, seen: int) -> None:
    subscription = with_evidence(opened(), "declined", "suspended")

    with pytest.raises(EvidenceCameIn, match=rf"\b2\b.*{seen}"):
        decided(subscription, verdict, seen=seen)
    assert decided(subscription, verdict, seen=2).after.open_attempt is None


# --- what it records


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("state", RENEWED)
@pytest.mark.parametrize("result", [UNKNOWN, PENDING])
def test_the_row_that_closes_it_says_who_why_and_on_what_evidence(
    state: State, rail: RailName, result: BillResult, verdict: AttemptState
) -> None:
    subscription = with_evidence(looked_at(opened(result, rail, state)), "suspended")

    change = decided(subscription, verdict, seen=1)

    (row,) = change.entries
    assert row.kind is KINDS[verdict]
    assert row.attempt is not None
    assert row.attempt.decision == Decision("ann", "not in the report", 1)
    assert (row.attempt.settled_by, row.attempt.settled_at, row.attempt.state) == (Source.PERSON, LONG_AFTER, verdict)
    assert row.attempt.evidence == attempt_of(subscription).evidence
    assert (row.attempt.code, row.attempt.open_since) == ("decided", OPEN_SINCE)
    assert change.after.open_attempt is None
    assert change.after.decide_by is None
    assert Timer.FOLLOW_UP not in change.after.timers


@pytest.mark.parametrize("state", RENEWED)
def test_a_bill_decided_paid_settles_its_period(state: State) -> None:
    before = opened(UNKNOWN, state=state)

    after = decided(before, AttemptState.PAID).after

    assert (after.state, after.next_period) == (State.ACTIVE, before.next_period + 1)
    assert after.schedule is not None
    # That period has begun, so that its slot will not bring it up again: it is due by a row of its own.
    assert after.due == after.due_row == (after.schedule.start(after.next_period) - timedelta.resolution, Timer.BILL)


@pytest.mark.parametrize("state", BILLED)
def test_a_renewal_decided_not_charged_is_billed_again_at_once_and_costs_no_try(state: State) -> None:
    before = opened(UNKNOWN, state=state)

    soon = OPEN_SINCE + HOUR
    after = decided(before, now=soon).after

    assert (after.state, after.next_period, after.tries) == (before.state, before.next_period, before.tries)
    assert after.next_bill_at == soon
    again = claim_period(after, kind_for(state), "owner-2", soon).after
    assert attempt_of(again).obligation == attempt_of(before).obligation
    assert attempt_of(again).id != attempt_of(before).id


@pytest.mark.parametrize("rail", RAILS)
def test_a_first_bill_decided_not_charged_may_be_confirmed_again(rail: RailName) -> None:
    after = decided(looked_at(opened(UNKNOWN, rail, State.PENDING))).after

    assert after.state is State.PENDING
    assert claim_period(after, kind_for(State.PENDING), "owner-2", LONG_AFTER).after.open_attempt is not None


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_after_a_cancel_a_decision_bills_nothing_any_more(when: When, verdict: AttemptState) -> None:
    cancelling = cancel(opened(), when, "test", OPEN_SINCE + HOUR)
    assert cancelling is not None

    after = decided(cancelling.after, verdict).after

    assert Timer.BILL not in after.timers
    assert after.cancel_at is not None


def test_a_charge_decided_not_charged_may_be_tried_again_and_one_decided_paid_is_paid() -> None:
    subscription, charge = charging(State.ACTIVE)
    unknown = settled(subscription, UNKNOWN, OPEN_SINCE, charge=charge)
    assert unknown.charge is not None

    paid = decided(unknown.after, AttemptState.PAID, charge=unknown.charge).charge
    free = decided(unknown.after, charge=unknown.charge)

    assert paid is not None
    assert paid.attempt.state is AttemptState.PAID
    assert free.charge is not None
    again = reclaim_charge(free.after, free.charge, "owner-2", LONG_AFTER)
    check_change(again)
    assert again.charge is not None
    assert (again.charge.tries, again.charge_revision) == (2, free.charge.revision)
