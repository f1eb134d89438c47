"""The mandate rail against the simulated Signzy: our reading, and the bank's own ledger."""

from typing import Any

import pytest

from pinbill.domain.attempts import AttemptState, FailureClass
from pinbill.domain.money import Money
from tests.integration.providers.lost_answers import LOST, name
from tests.integration.providers.rig import RUPEES, Rig, signzy_client

CHARGE = "Charge"


def test_a_charge_is_taken_once_and_pending(rig: Rig) -> None:
    mandate = rig.mandate()

    result = rig.signzy.bill(rig.charge_order(mandate, Money(19_950, "INR")))

    assert (result.state, result.code) == (AttemptState.PENDING, "PENDING")
    [accepted] = rig.accepted()
    assert (str(accepted["mandate"]), accepted["amount_minor"]) == (mandate, 19_950)
    assert result.provider_reference == accepted["transaction"]
    assert len(rig.calls(CHARGE)) == 1


@pytest.mark.parametrize(
    ("fault", "args", "state", "failure", "code"),
    [
        (None, {}, AttemptState.PENDING, None, "PENDING"),
        ("signzy_success_now", {}, AttemptState.PAID, None, "SUCCESS"),
        ("decline", {"reason": "Insufficient balance"}, AttemptState.DECLINED, FailureClass.SOFT, "FAILED"),
        ("decline", {"reason": "Daily limit exceeded"}, AttemptState.DECLINED, FailureClass.LIMIT, "FAILED"),
        ("decline", {"reason": "Something new"}, AttemptState.DECLINED, FailureClass.SOFT, "FAILED"),
        ("bar", {}, AttemptState.DECLINED, FailureClass.HARD, "FAILED"),
        ("unknown_status", {"status": "ON_THE_WAY"}, AttemptState.PENDING, None, "STATUS_UNLISTED"),
        ("unwrapped", {}, AttemptState.PENDING, None, "PENDING"),
        ("string_types", {}, AttemptState.PENDING, None, "PENDING"),
    ],
)
def test_the_payments_status_decides_what_a_charge_came_to(
    rig: Rig,
    fault: str | None,
    args: dict[str, Any],
    state: AttemptState,
    failure: FailureClass | None,
    code: str,
) -> None:
    if fault:
        rig.fault(fault, CHARGE, **args)

    result = rig.signzy.bill(rig.charge_order(rig.mandate()))

    assert (result.state, result.failure, result.code) == (state, failure, code)
    assert result.provider_reference is not None
    assert len(rig.debits()) == (state is AttemptState.PAID)
    assert len(rig.accepted()) == (state is AttemptState.PENDING)


def test_the_first_status_may_be_initialized(rig: Rig) -> None:
    rig.simulator.world.knobs.set({"first_payment_status": "INITIALIZED"})

    result = rig.signzy.bill(rig.charge_order(rig.mandate()))

    assert (result.state, result.code) == (AttemptState.PENDING, "INITIALIZED")


@pytest.mark.parametrize(
    ("fault", "args", "code", "taken"),
    [*LOST, ("missing_txid", {}, "answer_unexpected", True)],
    ids=name,
)
def test_a_lost_answer_is_unknown_whether_the_bank_took_the_charge_or_not(
    rig: Rig, fault: str, args: dict[str, Any], code: str, taken: bool
) -> None:
    mandate = rig.mandate()
    rig.fault(fault, CHARGE, **args)

    result = rig.awaiting(fault).signzy.bill(rig.charge_order(mandate))

    assert (result.state, result.code, result.failure) == (AttemptState.UNKNOWN, code, None)
    assert len(rig.arrived()) == 1
    assert len(rig.accepted()) == taken


@pytest.mark.parametrize(
    "mandate",
    [
        {"status": "ON_HOLD"},
        {"status": "CANCELLED"},
        {"status": "BANK_APPROVAL_PENDING"},
        {"kind": "PERIODIC"},
        {"mode": "UPI"},
        {"largest": 19_899},
    ],
    ids=str,
)
def test_a_mandate_that_does_not_allow_the_charge_is_a_hard_decline(rig: Rig, mandate: dict[str, Any]) -> None:
    result = rig.signzy.bill(rig.charge_order(rig.mandate(**mandate)))

    assert (result.state, result.failure) == (AttemptState.DECLINED, FailureClass.HARD)
    assert rig.accepted() == rig.debits() == []


def test_the_mandates_maximum_itself_can_be_charged(rig: Rig) -> None:
    result = rig.signzy.bill(rig.charge_order(rig.mandate(RUPEES.minor)))

    assert result.state is AttemptState.PENDING


def test_a_mandate_that_signzy_does_not_know_is_a_hard_decline(rig: Rig) -> None:
    result = rig.signzy.bill(rig.charge_order("999999999"))

    assert (result.state, result.failure, result.code) == (AttemptState.DECLINED, FailureClass.HARD, "http_404")


def test_a_wrong_path_prefix_does_not_end_subscriptions(rig: Rig) -> None:
    misplaced = signzy_client(rig.simulator.url, prefix="/api/v4/subscriptions")

    result = misplaced.bill(rig.charge_order(rig.mandate()))

    assert (result.state, result.failure, result.code) == (AttemptState.DECLINED, FailureClass.REFUSED, "http_404")


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_request_that_signzy_refuses_is_ours_to_repair(rig: Rig, status: int) -> None:
    rig.fault("refuse", CHARGE, status=status)

    result = rig.signzy.bill(rig.charge_order(rig.mandate()))

    assert (result.state, result.failure, result.code) == (
        AttemptState.DECLINED,
        FailureClass.REFUSED,
        f"http_{status}",
    )
    assert rig.accepted() == []


def test_a_throttled_charge_was_not_taken(rig: Rig) -> None:
    rig.fault("throttle", CHARGE, retry_after=17)

    result = rig.signzy.bill(rig.charge_order(rig.mandate()))

    assert (result.state, result.failure, result.retry_after) == (AttemptState.DECLINED, FailureClass.REFUSED, 17)
    assert rig.accepted() == []
    assert len(rig.calls()) == 1


def test_an_access_key_that_is_not_accepted_is_read_anew(rig: Rig) -> None:
    mandate = rig.mandate()
    refused = rig.signzy.bill(rig.charge_order(mandate, account="old"))
    rig.source.text = rig.source.text.replace("revoked-access-key", "sandbox-access-key")
    taken = rig.signzy.bill(rig.charge_order(mandate, account="old"))

    assert (refused.failure, refused.code) == (FailureClass.REFUSED, "http_401")
    assert taken.state is AttemptState.PENDING
    assert rig.source.fresh_reads == 1
    assert len(rig.accepted()) == 1


@pytest.mark.parametrize("reference", ["", "mandate-1", "1/../2", "12 ", "१२३", "1" * 21, "1?x=1"])
def test_a_reference_that_signzy_cannot_have_given_is_not_sent(rig: Rig, reference: str) -> None:
    result = rig.signzy.bill(rig.charge_order(reference))

    assert (result.state, result.failure) == (AttemptState.DECLINED, FailureClass.REFUSED)
    assert result.code == "mandate_reference_invalid"
    found = rig.signzy.find_payment(rig.query(reference))
    assert (found.state, found.code) == (AttemptState.UNKNOWN, "payments_not_read")
    assert rig.calls() == []


def test_another_currency_is_not_sent(rig: Rig) -> None:
    result = rig.signzy.bill(rig.charge_order(rig.mandate(), Money(100, "USD")))

    assert (result.failure, result.code) == (FailureClass.REFUSED, "currency_not_billed")
    assert rig.calls() == []


def test_without_credentials_or_a_server_nothing_is_sent(rig: Rig) -> None:
    mandate = rig.mandate()

    without_key = rig.signzy.bill(rig.charge_order(mandate, account="nobody"))
    without_server = signzy_client("http://127.0.0.1:1").bill(rig.charge_order(mandate))

    assert (without_key.state, without_key.code) == (AttemptState.NOT_SENT, "secret_unreadable")
    assert (without_server.state, without_server.code) == (AttemptState.NOT_SENT, "connect_failed")
    found = rig.signzy.find_payment(rig.query(mandate, account="nobody"))
    assert (found.state, found.code) == (AttemptState.UNKNOWN, "payments_not_read")
    assert rig.calls() == []
