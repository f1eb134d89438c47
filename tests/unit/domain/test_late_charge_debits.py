"""A debit that comes to light for an on-demand charge whose try was closed without one."""

import pytest

from pinbill.domain.attempts import Attempt, AttemptState, BillResult, Obligation
from pinbill.domain.charges import Charge
from pinbill.domain.claims import claim_period, reclaim_charge
from pinbill.domain.journal import EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from tests.unit.domain.invariants import check_change
from tests.unit.domain.late import LATE, WITHOUT_DEBIT, closing, kinds, late, unmoved
from tests.unit.domain.outcomes import RESULTS, attempt_of, name
from tests.unit.domain.samples import HOUR, NOT_CHARGED, NOW, PAID, charging, kind_for, settled


def closed_charge(result: BillResult = NOT_CHARGED) -> tuple[Subscription, Attempt, Charge]:
    subscription, charge = charging(State.ACTIVE)
    change = settled(subscription, result, charge=charge)
    assert change.charge is not None
    return *closing(change), change.charge


def tried_again(subscription: Subscription, charge: Charge) -> tuple[Subscription, Charge]:
    change = reclaim_charge(subscription, charge, "owner-2", NOW + HOUR)
    assert change.charge is not None
    return change.after, change.charge


@pytest.mark.parametrize("result", WITHOUT_DEBIT, ids=name)
def test_a_charge_that_was_debited_after_all_is_paid(result: BillResult) -> None:
    subscription, attempt, charge = closed_charge(result)

    change = late(subscription, attempt, charge)

    assert kinds(change) == [EntryKind.ATTEMPT_PAID]
    assert change.charge is not None
    assert (change.charge.attempt.state, change.charge.attempt.id) == (AttemptState.PAID, attempt.id)
    assert unmoved(change)


def test_a_debit_of_an_earlier_try_covers_the_one_that_is_open_and_the_charge_is_paid_at_once() -> None:
    subscription, attempt, charge = closed_charge()
    again, newer = tried_again(subscription, charge)

    change = late(again, attempt, newer)

    assert kinds(change) == [EntryKind.ATTEMPT_PAID]
    assert attempt_of(change.after).covered_by == attempt.id
    assert change.charge is not None
    assert (change.charge.attempt.id, change.charge.tries, change.charge_revision) == (attempt.id, 2, newer.revision)


@pytest.mark.parametrize("result", RESULTS, ids=name)
def test_the_record_of_a_paid_charge_is_not_written_over_by_its_covered_try(result: BillResult) -> None:
    subscription, attempt, charge = closed_charge()
    again, newer = tried_again(subscription, charge)
    covered = late(again, attempt, newer)

    change = settled(covered.after, result, LATE, charge=newer)

    check_change(change)
    assert change.charge is None
    excess = result.state is AttemptState.PAID
    assert kinds(change) == [EntryKind.EXCESS_DEBIT if excess else EntryKind(f"attempt_{result.state}")]
    assert change.after.next_period == subscription.next_period


def test_a_second_debit_of_a_paid_charge_is_excess_and_leaves_its_record() -> None:
    subscription, attempt, charge = closed_charge()
    again, newer = tried_again(subscription, charge)
    paid = settled(again, PAID, charge=newer)

    change = late(paid.after, attempt, paid.charge)

    assert kinds(change) == [EntryKind.EXCESS_DEBIT]
    assert change.charge is None
    assert unmoved(change)


def test_a_charge_is_paid_late_while_something_else_is_asked_for() -> None:
    subscription, attempt, charge = closed_charge()
    renewal = claim_period(subscription, kind_for(State.ACTIVE), "owner-2", NOW).after

    change = late(renewal, attempt, charge)

    assert kinds(change) == [EntryKind.ATTEMPT_PAID]
    assert attempt_of(change.after).covered_by is None
    assert change.charge is not None
    assert change.charge.attempt.state is AttemptState.PAID


def test_a_charge_is_no_period() -> None:
    subscription, attempt, charge = closed_charge()

    assert attempt.obligation == Obligation(charge=charge.key)
    assert late(subscription, attempt, charge).after.next_period == subscription.next_period
