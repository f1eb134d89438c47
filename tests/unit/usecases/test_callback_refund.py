"""Reported refunds: held against our own debits, recorded once, and nothing else."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, Source
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.states import State
from pinbill.usecases.callback import Refunded
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import NOT_SENT, PENDING, PRICE, UNKNOWN, declined
from tests.unit.usecases.unknowns import (
    counted,
    decide,
    last,
    open_attempt,
    opened,
    opened_charge,
    prove,
    wrongly_denied,
)
from tests.unit.usecases.world import World

MATCHED = (Observation.CALLBACK_RECEIVED, Observation.CALLBACK_UNMATCHED)


def paid() -> World:
    """Two periods are paid."""
    world = World()
    world.due()
    world.wake()
    return world


def refund(world: World, minor: int | None = None, transaction: str | None = "r-1", reference: str = "") -> None:
    amount = Money(minor, "GBP") if minor else None
    world.report(Refunded(reference or last(world), amount, transaction))


def refunds(world: World) -> list[Entry]:
    return [entry for entry in world.entries if entry.kind is EntryKind.REFUNDED]


def given_back(world: World) -> list[tuple[str, int]]:
    """(reference, minor units) of every recorded refund."""
    return [(entry.attempt.id, int(entry.detail["minor"])) for entry in refunds(world) if entry.attempt]


@pytest.mark.parametrize("minor", [None, PRICE.minor])
def test_a_refund_is_recorded_beside_its_debit_and_changes_nothing_else(minor: int | None) -> None:
    world = paid()
    before = world.subscription

    refund(world, minor)

    (row,) = refunds(world)
    assert (row.state, row.detail) == (before.state, {"refund": "r-1", "minor": PRICE.minor, "currency": "GBP"})
    assert given_back(world) == [(last(world), PRICE.minor)]
    assert replace(world.subscription, version=before.version, seq=before.seq) == before
    assert counted(world, *MATCHED) == [1, 0]
    world.check()


@pytest.mark.parametrize("transaction", ["r-1", None])
@pytest.mark.parametrize("minor", [None, 100])
def test_a_refund_that_is_reported_again_is_recorded_once(transaction: str | None, minor: int | None) -> None:
    world = paid()

    for _ in range(4):
        refund(world, minor, transaction)

    assert len(refunds(world)) == 1
    assert counted(world, *MATCHED) == [4, 0]


def test_two_reports_of_one_refund_at_once_record_it_once() -> None:
    world = paid()
    world.store.before_commit = lambda: refund(world, 100)

    refund(world, 100)

    assert given_back(world) == [(last(world), 100)]


def test_two_parts_at_once_do_not_give_back_more_than_was_taken() -> None:
    world = paid()
    world.store.before_commit = lambda: refund(world, 300, "r-1")

    refund(world, 300, "r-2")

    assert given_back(world) == [(last(world), 300)]


def test_a_refund_that_meets_another_write_is_recorded_after_it() -> None:
    world = paid()
    world.store.before_commit = world.cancel

    refund(world, 100)

    assert world.subscription.state is State.CANCELLED
    assert given_back(world) == [(last(world), 100)]


def test_a_refund_whose_writing_is_uncertain_is_recorded_once() -> None:
    world = paid()
    world.store.faults.append("own")

    refund(world, 100)
    refund(world, 100)

    assert given_back(world) == [(last(world), 100)]


def test_a_refund_while_the_next_period_is_billed_is_recorded_and_disturbs_nothing() -> None:
    world = paid()
    first = last(world)
    assert world.subscription.schedule is not None
    world.clock.set(world.subscription.schedule.start(3))

    def during(order: BillOrder) -> None:
        world.bills.before_debit = lambda order: None
        refund(world, 100, reference=first)

    world.bills.before_debit = during
    world.wake()

    assert given_back(world) == [(first, 100)]
    assert world.subscription.next_period == 4
    world.check()


def test_a_refund_of_an_earlier_bill_and_of_an_ended_subscription_is_recorded() -> None:
    world = paid()
    earlier = world.bills.orders[0].reference
    world.cancel()

    refund(world, reference=earlier)
    refund(world)

    assert given_back(world) == [(earlier, PRICE.minor), (last(world), PRICE.minor)]


def test_an_on_demand_charge_is_given_back_by_its_own_amount() -> None:
    world = World()
    world.active()
    world.charge(minor=99)

    refund(world)

    assert given_back(world) == [(last(world), 99)]


def test_both_debits_of_one_period_can_be_given_back() -> None:
    world = opened()
    reference = wrongly_denied(world)
    world.wake()
    prove(world, reference)

    refund(world)
    refund(world, reference=reference)

    assert [minor for _, minor in given_back(world)] == [PRICE.minor, PRICE.minor]


def test_what_a_person_called_paid_can_be_given_back() -> None:
    world = opened()
    decide(world, AttemptState.PAID)

    refund(world)

    assert len(refunds(world)) == 1


# --- what is not recorded


@pytest.mark.parametrize("result", [UNKNOWN, PENDING])
def test_a_refund_of_an_open_attempt_is_evidence_and_settles_nothing(result: BillResult) -> None:
    world = opened(result)
    before = world.subscription

    for _ in range(3):
        refund(world)

    (evidence,) = open_attempt(world).evidence
    assert (evidence.source, evidence.says, evidence.code) == (Source.CALLBACK, "refunded", "r-1")
    assert open_attempt(world).state is result.state
    assert world.subscription.timers == before.timers
    assert refunds(world) == []


def test_a_refund_of_an_open_charge_is_evidence_too() -> None:
    world = opened_charge()

    refund(world, 99)

    assert [evidence.says for evidence in open_attempt(world).evidence] == ["refunded"]


@pytest.mark.parametrize("result", [declined(), NOT_SENT])
def test_a_refund_of_what_was_not_debited_changes_nothing_and_is_counted(result: BillResult) -> None:
    world = opened(result)
    before = world.subscription

    refund(world)

    assert world.subscription == before
    assert counted(world, *MATCHED) == [0, 1]


@pytest.mark.parametrize("reference", ["-", "-1", "no-such-1", "x" * 500, "S0001", "../../etc", "é-1"])
def test_a_refund_under_no_reference_of_ours_changes_nothing(reference: str) -> None:
    world = paid()
    before = world.subscription

    refund(world, reference=reference)
    world.callback(replace(world.service, id="games"), lambda: Refunded(last(world), None, None))
    world.callback(replace(world.service, partner="other"), lambda: Refunded(last(world), None, None))

    assert world.subscription == before
    assert counted(world, *MATCHED) == [0, 3]


def test_a_refund_of_another_currency_is_not_of_our_debit() -> None:
    world = paid()

    world.report(Refunded(last(world), Money(450, "EUR"), "r-1"))

    assert refunds(world) == []
    assert counted(world, *MATCHED) == [0, 1]


@pytest.mark.parametrize("minor", [PRICE.minor + 1, 45_000])
def test_a_refund_of_more_than_was_taken_is_not_recorded(minor: int) -> None:
    world = paid()
    refund(world, 1, "r-0")

    refund(world, minor)
    refund(world, PRICE.minor, "r-2")

    assert given_back(world) == [(last(world), 1)]
