"""What became of a charge: read by its id, or found as the one payment that can be ours; else nothing is said."""

from datetime import timedelta
from typing import Any

import pytest

from local.simulators.settlement import settle
from local.simulators.signzy_operations import finish
from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.money import Money
from pinbill.providers.signzy.client import CLOCK_SKEW, MOST_PAGES, PAGE_SIZE
from tests.integration.providers.rig import RUPEES, Rig

# What is learnt when nothing certain is: the code says what was seen.
NOT_LISTED = (AttemptState.UNKNOWN, "payment_not_listed")
ALIKE = (AttemptState.UNKNOWN, "payments_alike")
NOT_READ = (AttemptState.UNKNOWN, "payments_not_read")


def seen(result: BillResult) -> tuple[AttemptState, str | None]:
    assert result.state is not AttemptState.UNKNOWN or result.provider_reference is None
    return result.state, result.code


@pytest.mark.parametrize(
    ("status", "reason", "state", "failure"),
    [
        ("SUCCESS", "", AttemptState.PAID, None),
        ("FAILED", "Insufficient balance", AttemptState.DECLINED, FailureClass.SOFT),
        ("FAILED", "Account closed", AttemptState.DECLINED, FailureClass.HARD),
        ("CANCELLED", "", AttemptState.DECLINED, FailureClass.UNLISTED),
    ],
)
def test_a_final_payment_is_found_by_its_id(
    rig: Rig, status: str, reason: str, state: AttemptState, failure: FailureClass | None
) -> None:
    mandate = rig.mandate()
    taken = rig.signzy.bill(rig.charge_order(mandate)).provider_reference
    assert taken is not None
    before = rig.signzy.find_payment(rig.query(mandate, taken))
    finish(rig.simulator.world, int(taken), status, reason, rig.simulator.world.clock.stamp())

    after = rig.signzy.find_payment(rig.query(mandate, taken))

    assert before.state is AttemptState.PENDING
    assert (after.state, after.failure, after.provider_reference) == (state, failure, taken)
    assert len(rig.debits()) == (state is AttemptState.PAID)


def test_a_payment_becomes_final_in_its_own_time(rig: Rig) -> None:
    mandate = rig.mandate()
    taken = rig.signzy.bill(rig.charge_order(mandate)).provider_reference
    rig.simulator.world.clock.set_offset(86_500)
    settle(rig.simulator.world)

    found = rig.signzy.find_payment(rig.query(mandate, taken))

    assert found.state is AttemptState.PAID
    assert len(rig.debits()) == 1


def lost_charge(rig: Rig, mandate: str, amount: Money = RUPEES) -> None:
    rig.fault("drop_after_debit", "Charge", times=1)
    assert rig.signzy.bill(rig.charge_order(mandate, amount)).state is AttemptState.UNKNOWN


def test_a_charge_whose_answer_was_lost_is_found(rig: Rig) -> None:
    mandate, claimed_at = rig.mandate(), rig.now()
    lost_charge(rig, mandate)

    found = rig.signzy.find_payment(rig.query(mandate, claimed_at=claimed_at))

    assert (found.state, found.provider_reference) == (AttemptState.PENDING, rig.accepted()[0]["transaction"])
    assert len(rig.calls("Charge")) == 1


def test_a_charge_that_never_arrived_is_not_found(rig: Rig) -> None:
    mandate = rig.mandate()
    rig.fault("drop_before_debit", "Charge")
    rig.signzy.bill(rig.charge_order(mandate))

    assert seen(rig.signzy.find_payment(rig.query(mandate))) == NOT_LISTED


def test_a_charge_that_lands_late_is_found_once_it_has(rig: Rig) -> None:
    mandate, claimed_at = rig.mandate(), rig.now()
    rig.fault("land_late", "Charge", seconds=600)
    rig.signzy.bill(rig.charge_order(mandate))
    before = rig.signzy.find_payment(rig.query(mandate, claimed_at=claimed_at))
    rig.simulator.world.clock.set_offset(601)
    settle(rig.simulator.world)

    after = rig.signzy.find_payment(rig.query(mandate, claimed_at=claimed_at))

    assert seen(before) == NOT_LISTED
    assert after.state is AttemptState.PENDING


def test_payments_of_other_attempts_are_left_out(rig: Rig) -> None:
    mandate, claimed_at = rig.mandate(), rig.now()
    known = rig.signzy.bill(rig.charge_order(mandate)).provider_reference
    assert known is not None
    query = rig.query(mandate, claimed_at=claimed_at, known=frozenset({known}))
    assert seen(rig.signzy.find_payment(query)) == NOT_LISTED

    lost_charge(rig, mandate)

    found = rig.signzy.find_payment(query)
    assert found.provider_reference not in (None, known)


def test_another_amount_is_not_ours(rig: Rig) -> None:
    mandate, claimed_at = rig.mandate(), rig.now()
    lost_charge(rig, mandate, Money(19_901, "INR"))

    assert seen(rig.signzy.find_payment(rig.query(mandate, claimed_at=claimed_at))) == NOT_LISTED


def test_two_that_could_be_ours_are_none(rig: Rig) -> None:
    mandate, claimed_at = rig.mandate(), rig.now()
    for _ in range(2):
        lost_charge(rig, mandate)

    assert seen(rig.signzy.find_payment(rig.query(mandate, claimed_at=claimed_at))) == ALIKE


@pytest.mark.parametrize(("later", "is_found"), [(CLOCK_SKEW / 2, True), (CLOCK_SKEW * 2, False)])
def test_only_payments_since_the_claim_count_with_a_little_for_the_clocks(
    rig: Rig, later: timedelta, is_found: bool
) -> None:
    mandate = rig.mandate()
    lost_charge(rig, mandate)

    found = rig.signzy.find_payment(rig.query(mandate, claimed_at=rig.now() + later))

    assert seen(found) == ((AttemptState.PENDING, "PENDING") if is_found else NOT_LISTED)


def test_the_payment_is_found_among_several_pages(rig: Rig) -> None:
    mandate = rig.mandate()
    lost_charge(rig, mandate)
    claimed_at = rig.now()
    for _ in range(2 * PAGE_SIZE):
        rig.signzy.bill(rig.charge_order(mandate, Money(100, "INR")))

    found = rig.signzy.find_payment(rig.query(mandate, claimed_at=claimed_at))

    assert seen(found) == (AttemptState.PENDING, "PENDING")
    assert len(rig.calls("ListPayments")) == 4  # three pages and the empty one after them


def test_a_listing_without_end_is_given_up(rig: Rig) -> None:
    mandate, claimed_at = rig.mandate(), rig.now()
    world, added, due = rig.simulator.world, claimed_at.isoformat(), (claimed_at + timedelta(days=1)).isoformat()
    with world.database.transaction():
        for number in range(MOST_PAGES * PAGE_SIZE + 1):
            world.database.insert(
                "payments",
                id=9_000_000 + number,
                mandate=int(mandate),
                amount_minor=RUPEES.minor if number == MOST_PAGES * PAGE_SIZE else 100,
                cycle=number,
                status="PENDING",
                added_at=added,
                due_at=due,
                planned_status="SUCCESS",
                planned_reason="",
                callback_fault=None,
            )

    assert seen(rig.signzy.find_payment(rig.query(mandate, claimed_at=claimed_at))) == NOT_READ
    assert len(rig.calls("ListPayments")) == MOST_PAGES


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("http_500", {}),
    ("http_502", {}),
    ("throttle", {}),
    ("garbage", {}),
    ("truncated", {"how": "body"}),
    ("truncated", {"how": "connection"}),
    ("wrong_json", {}),
    ("redirect", {}),
    ("hang", {}),
    ("refuse", {"status": 404}),
    ("missing_txid", {}),
]


@pytest.mark.parametrize(("fault", "args"), FAULTS, ids=[f"{name}{args or ''}" for name, args in FAULTS])
@pytest.mark.parametrize("method", ["GetPayment", "ListPayments"])
def test_a_reading_that_fails_says_nothing(rig: Rig, method: str, fault: str, args: dict[str, Any]) -> None:
    mandate, claimed_at = rig.mandate(), rig.now()
    taken = rig.signzy.bill(rig.charge_order(mandate)).provider_reference
    reference = taken if method == "GetPayment" else None
    query = rig.query(mandate, reference, claimed_at=claimed_at)
    _strike(rig, fault, method, args)

    failed = rig.awaiting(fault).signzy.find_payment(query)
    rig.simulator.world.faults.remove()
    repaired = rig.signzy.find_payment(query)

    assert seen(failed) == NOT_READ
    assert repaired.provider_reference == taken


def _strike(rig: Rig, fault: str, method: str, args: dict[str, Any]) -> None:
    rig.simulator.world.faults.add(fault, {"provider": "signzy", "methods": [method]}, None, 0, args)


@pytest.mark.parametrize("fault", ["unwrapped", "string_types"])
@pytest.mark.parametrize("method", ["GetPayment", "ListPayments"])
def test_a_payment_is_read_in_every_form_of_the_answer(rig: Rig, method: str, fault: str) -> None:
    mandate, claimed_at = rig.mandate(), rig.now()
    taken = rig.signzy.bill(rig.charge_order(mandate)).provider_reference
    rig.fault(fault, method)

    found = rig.signzy.find_payment(
        rig.query(mandate, taken if method == "GetPayment" else None, claimed_at=claimed_at)
    )

    assert (found.state, found.provider_reference) == (AttemptState.PENDING, taken)


def test_a_payment_of_another_amount_under_our_id_is_not_believed(rig: Rig) -> None:
    mandate = rig.mandate()
    taken = rig.signzy.bill(rig.charge_order(mandate)).provider_reference

    assert seen(rig.signzy.find_payment(rig.query(mandate, taken, amount=Money(100, "INR")))) == NOT_READ


@pytest.mark.parametrize("payment", ["999999999", "x/../1", ""])
def test_a_payment_that_signzy_does_not_have_says_nothing(rig: Rig, payment: str) -> None:
    assert seen(rig.signzy.find_payment(rig.query(rig.mandate(), payment))) == NOT_READ
