"""Infomedia answers late, half, or not at all: what we say, and what the operator did."""

from collections.abc import Callable
from typing import Any

import pytest

from local.simulators.settlement import settle
from pinbill.domain.attempts import AttemptState
from pinbill.usecases.calls import Answer as Outcome
from pinbill.usecases.calls import CallResult
from tests.integration.providers.lost_answers import LOST, name
from tests.integration.providers.rig import Rig

BILL, FIRST_BILL = "SendBill", "SendBillWithPIN"


@pytest.mark.parametrize(
    ("fault", "args", "code", "debited"),
    LOST,
    ids=name,
)
@pytest.mark.parametrize("method", [BILL, FIRST_BILL])
def test_a_lost_answer_is_unknown_whether_the_operator_debited_or_not(
    rig: Rig, method: str, fault: str, args: dict[str, Any], code: str, debited: bool
) -> None:
    pin = rig.pin() if method == FIRST_BILL else None
    rig.fault(fault, method, **args)

    result = rig.awaiting(fault).infomedia.bill(rig.bill_order(pin))

    assert (result.state, result.code, result.failure) == (AttemptState.UNKNOWN, code, None)
    assert len(rig.arrived(BILL, FIRST_BILL)) == 1
    assert len(rig.debits()) == debited
    assert "elsewhere" not in {call["method"].lower() for call in rig.calls()}


def test_a_bill_that_lands_late_was_rightly_unknown(rig: Rig) -> None:
    rig.fault("land_late", BILL, seconds=60)
    result = rig.infomedia.bill(rig.bill_order())
    assert rig.debits() == []

    rig.simulator.world.clock.set_offset(61)
    settle(rig.simulator.world)

    assert result.state is AttemptState.UNKNOWN
    assert len(rig.debits(reference="SUB1-1")) == 1


# fault, its arguments, the outcome and code of a call without money
WITHOUT_MONEY: list[tuple[str, dict[str, Any], Outcome, str]] = [
    ("hang", {}, Outcome.UNCLEAR, "read_timeout"),
    ("http_500", {}, Outcome.UNCLEAR, "http_500"),
    ("http_502", {}, Outcome.UNCLEAR, "http_502"),
    ("garbage", {}, Outcome.UNCLEAR, "answer_unreadable"),
    ("truncated", {"how": "body"}, Outcome.UNCLEAR, "answer_unreadable"),
    ("wrong_json", {}, Outcome.UNCLEAR, "answer_unexpected"),
    ("redirect", {}, Outcome.UNCLEAR, "http_302"),
    ("throttle", {"retry_after": 5}, Outcome.BUSY, "http_429"),
]


@pytest.mark.parametrize(("fault", "args", "outcome", "code"), WITHOUT_MONEY, ids=[row[0] for row in WITHOUT_MONEY])
@pytest.mark.parametrize("method", ["PinGenerateWithParams", "PINValidate", "LogActivity", "UpdateActivity"])
def test_a_call_without_money_is_made_once_and_never_taken_for_done(
    rig: Rig, method: str, fault: str, args: dict[str, Any], outcome: Outcome, code: str
) -> None:
    pin = rig.pin() if method == "PINValidate" else ""
    rig.fault(fault, method, **args)
    infomedia = rig.awaiting(fault).infomedia
    calls: dict[str, Callable[[], CallResult]] = {
        "PinGenerateWithParams": lambda: infomedia.send_pin(rig.pin_order()),
        "PINValidate": lambda: infomedia.check_pin(rig.pin_check(pin)),
        "LogActivity": lambda: infomedia.log_activity(rig.subscriber(), "SUB1"),
        "UpdateActivity": lambda: infomedia.close_activity(rig.subscriber(), "SUB1"),
    }

    result = calls[method]()

    assert (result.answer, result.code) == (outcome, code)
    assert len(rig.arrived(method)) == 1
