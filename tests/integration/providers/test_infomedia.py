"""The phone rail against the simulated Infomedia: our reading, and the operator's own ledger."""

from typing import Any

import pytest

from pinbill.domain.attempts import AttemptState, FailureClass, PinVerdict
from pinbill.domain.money import Money
from pinbill.domain.periods import Recurrence, Unit
from pinbill.providers.infomedia.codes import DECLINES
from pinbill.usecases.calls import Answer as Outcome
from pinbill.usecases.calls import PinOrder
from tests.integration.providers.rig import NUMBER, PRICE, Rig, infomedia_client

BILL, FIRST_BILL = "SendBill", "SendBillWithPIN"


def test_a_pin_is_sent_to_the_handset_with_what_it_is_for(rig: Rig) -> None:
    result = rig.infomedia.send_pin(rig.pin_order())

    assert (result.answer, result.code) == (Outcome.DONE, "00")
    [message] = rig.inbox()
    assert message["kind"] == "pin"
    assert "Acme News at 4.50 per month" in message["text"]


def test_a_pin_for_a_price_every_few_weeks_says_so(rig: Rig) -> None:
    order = rig.pin_order()
    order = PinOrder(order.subscriber, order.price, Recurrence(Unit.WEEK, 2), order.description, order.reference)

    assert rig.infomedia.send_pin(order).answer is Outcome.DONE
    assert "per 2 weeks" in rig.inbox()[0]["text"]


def test_a_pin_is_accepted_once_and_nothing_is_billed(rig: Rig) -> None:
    pin = rig.pin()

    assert rig.infomedia.check_pin(rig.pin_check(pin)).answer is Outcome.DONE
    again = rig.infomedia.check_pin(rig.pin_check(pin))
    assert (again.answer, again.pin) == (Outcome.REJECTED, PinVerdict.WRONG)
    assert rig.debits() == []


def test_the_first_bill_checks_the_pin_and_debits_once(rig: Rig) -> None:
    result = rig.infomedia.bill(rig.bill_order(rig.pin(), reference="SUB1-1"))

    assert (result.state, result.code) == (AttemptState.PAID, "00")
    [debit] = rig.debits()
    assert (debit["method"], debit["amount_minor"], debit["currency"]) == (FIRST_BILL, 450, "GBP")
    assert (debit["reference"], debit["product"], debit["msisdn"]) == ("SUB1-1", "91000000", NUMBER[1:])
    assert result.provider_reference == debit["transaction"]


def test_a_renewal_debits_once_under_its_reference(rig: Rig) -> None:
    result = rig.infomedia.bill(rig.bill_order(reference="SUB1-2", price=Money(1, "GBP")))

    assert result.state is AttemptState.PAID
    [debit] = rig.debits(reference="SUB1-2")
    assert (debit["method"], debit["amount_minor"]) == (BILL, 1)


def test_activities_are_told_and_may_be_repeated(rig: Rig) -> None:
    results = [rig.infomedia.log_activity(rig.subscriber(), "SUB1") for _ in range(2)]
    results += [rig.infomedia.close_activity(rig.subscriber(), "SUB1") for _ in range(2)]

    assert [result.answer for result in results] == [Outcome.DONE] * 4
    told = rig.simulator.world.subscribers.activities(NUMBER[1:])
    assert [each["method"] for each in told] == ["LogActivity"] * 2 + ["UpdateActivity"] * 2
    assert {each["reference"] for each in told} == {"SUB1"}


def test_overridden_names_reach_the_wire(rig: Rig) -> None:
    moved = {"SendBill.path": "sendbill", "SendBill.amount.type": "string", "SendBill.mnc.type": "number"}

    assert rig.infomedia.bill(rig.bill_order(wire=moved)).state is AttemptState.PAID
    unknown = rig.infomedia.bill(rig.bill_order(wire={"SendBill.product": "somethingElse"}))
    assert (unknown.state, unknown.failure) == (AttemptState.DECLINED, FailureClass.UNLISTED)
    assert len(rig.debits()) == 1


@pytest.mark.parametrize("code", DECLINES)
@pytest.mark.parametrize("method", [BILL, FIRST_BILL])
def test_every_decline_of_the_table_is_read_as_its_class_and_debits_nothing(rig: Rig, code: str, method: str) -> None:
    rig.fault("decline", method, code=code)

    result = rig.infomedia.bill(rig.bill_order(rig.pin() if method == FIRST_BILL else None))

    assert (result.state, result.code) == (AttemptState.DECLINED, code)
    assert result.failure is DECLINES[code].failure
    assert rig.debits() == []
    assert len(rig.calls(method)) == 1


def test_an_empty_balance_is_no_credit(rig: Rig) -> None:
    rig.simulator.world.subscribers.add_to_balance(NUMBER[1:], -100_000)

    assert rig.infomedia.bill(rig.bill_order()).code == "AA"


def test_a_code_of_no_table_is_unlisted(rig: Rig) -> None:
    rig.fault("unknown_code", BILL, code="ZZ")

    result = rig.infomedia.bill(rig.bill_order())

    assert (result.state, result.code, result.failure) == (AttemptState.DECLINED, "ZZ", FailureClass.UNLISTED)
    assert rig.debits() == []


@pytest.mark.parametrize(
    ("tries", "verdict"), [(1, PinVerdict.WRONG), (3, PinVerdict.WRONG), (4, PinVerdict.EXHAUSTED)]
)
def test_a_wrong_pin_is_never_billed(rig: Rig, tries: int, verdict: PinVerdict) -> None:
    right = rig.pin()
    wrong = "0" * 6 if right != "0" * 6 else "1" * 6

    results = [rig.infomedia.bill(rig.bill_order(wrong, reference=f"SUB1-{n}")) for n in range(tries)]

    assert (results[-1].state, results[-1].failure) == (AttemptState.DECLINED, FailureClass.PIN)
    assert results[-1].pin is verdict
    assert rig.debits() == []


def test_a_pin_that_is_too_old_is_expired(rig: Rig) -> None:
    pin = rig.pin()
    rig.simulator.world.clock.set_offset(601)

    assert rig.infomedia.bill(rig.bill_order(pin)).pin is PinVerdict.EXPIRED
    assert rig.infomedia.check_pin(rig.pin_check(pin)).pin is PinVerdict.EXPIRED
    assert rig.debits() == []


def test_a_number_that_has_moved_is_billed_and_gives_its_network(rig: Rig) -> None:
    rig.fault("ported", BILL, mcc="234", mnc="30")

    result = rig.infomedia.bill(rig.bill_order())

    assert (result.state, result.network) == (AttemptState.PAID, ("234", "30"))
    assert len(rig.debits()) == 1


@pytest.mark.parametrize("fault", ["missing_txid", "string_types", "d_wrapped"])
def test_a_bill_is_paid_in_every_form_of_the_answer(rig: Rig, fault: str) -> None:
    rig.fault(fault, BILL)

    result = rig.infomedia.bill(rig.bill_order())

    assert result.state is AttemptState.PAID
    assert (result.provider_reference is None) is (fault == "missing_txid")
    assert len(rig.debits()) == 1


def test_a_throttled_bill_was_not_taken(rig: Rig) -> None:
    rig.fault("throttle", BILL, retry_after=17)

    result = rig.infomedia.bill(rig.bill_order())

    assert (result.state, result.failure) == (AttemptState.DECLINED, FailureClass.REFUSED)
    assert (result.code, result.retry_after) == ("http_429", 17)
    assert rig.debits() == []
    assert len(rig.calls(BILL)) == 1


def test_a_bill_without_a_server_is_not_sent(rig: Rig) -> None:
    result = infomedia_client("http://127.0.0.1:1").bill(rig.bill_order())

    assert (result.state, result.code) == (AttemptState.NOT_SENT, "connect_failed")


def test_a_key_that_is_not_accepted_refuses_the_bill_and_is_read_anew(rig: Rig) -> None:
    refused = rig.infomedia.bill(rig.bill_order(account="old"))
    assert (refused.state, refused.failure, refused.code) == (
        AttemptState.DECLINED,
        FailureClass.REFUSED,
        "http_401",
    )
    rig.source.text = rig.source.text.replace("revoked-key-1", "sandbox-key")

    assert rig.infomedia.bill(rig.bill_order(account="old")).state is AttemptState.PAID
    assert rig.source.fresh_reads == 1
    assert len(rig.debits()) == 1


def test_a_wrong_password_asks_nobody_for_money(rig: Rig) -> None:
    result = rig.infomedia.bill(rig.bill_order(account="stranger"))

    assert (result.state, result.failure) == (AttemptState.DECLINED, FailureClass.UNLISTED)
    assert rig.debits() == []


@pytest.mark.parametrize("account", ["nobody", "default"])
def test_without_credentials_nothing_is_sent(rig: Rig, account: str) -> None:
    if account == "default":
        rig.source.text = "{"
    subscriber = rig.subscriber(account=account)

    bill = rig.infomedia.bill(rig.bill_order(account=account))
    calls = [
        rig.infomedia.send_pin(rig.pin_order(account=account)),
        rig.infomedia.check_pin(rig.pin_check("000000", account=account)),
        rig.infomedia.log_activity(subscriber, "SUB1"),
        rig.infomedia.close_activity(subscriber, "SUB1"),
    ]

    assert (bill.state, bill.code) == (AttemptState.NOT_SENT, "secret_unreadable")
    assert {(call.answer, call.code) for call in calls} == {(Outcome.NOT_SENT, "secret_unreadable")}
    assert rig.calls() == []


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ({"wire": {"SendBill.amount.value": "0.01"}}, "wire_setting_invalid"),
        ({"product_id": 0, "billing_product_id": 0}, "product_missing"),
    ],
)
def test_a_service_that_makes_no_request_is_refused_before_it_is_sent(
    rig: Rig, service: dict[str, Any], code: str
) -> None:
    bill = rig.infomedia.bill(rig.bill_order(**service))
    pin = rig.infomedia.check_pin(rig.pin_check("000000", **service))
    log = rig.infomedia.log_activity(rig.subscriber(**service), "SUB1")

    assert (bill.state, bill.failure, bill.code) == (AttemptState.DECLINED, FailureClass.REFUSED, code)
    assert {(call.answer, call.code) for call in (pin, log)} == {(Outcome.REFUSED, code)}
    assert rig.calls() == []


@pytest.mark.parametrize(
    ("said", "outcome", "failure"),
    [("A5", Outcome.REJECTED, FailureClass.HARD), ("E9", Outcome.REFUSED, FailureClass.UNLISTED)],
)
def test_an_error_to_a_pin_request_concerns_the_number_or_us(
    rig: Rig, said: str, outcome: Outcome, failure: FailureClass
) -> None:
    rig.fault("refuse", "PinGenerateWithParams", code=said, text="no")

    result = rig.infomedia.send_pin(rig.pin_order())

    assert (result.answer, result.code, result.failure) == (outcome, said, failure)
    assert rig.inbox() == []


def test_the_price_is_the_one_that_the_subscriber_was_told(rig: Rig) -> None:
    pin = rig.pin()

    rig.infomedia.bill(rig.bill_order(pin))

    assert [debit["amount_minor"] for debit in rig.debits()] == [PRICE.minor]
