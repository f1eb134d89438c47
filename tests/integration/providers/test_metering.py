"""Every call of a provider is counted by what it came to, and timed; what it returns stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from pinbill.domain.attempts import AttemptState
from pinbill.domain.money import Money
from pinbill.providers.metering import metered
from pinbill.usecases.calls import Answer
from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.rails import Rails
from tests.fakes.telemetry import RecordingTelemetry
from tests.integration.providers.rig import NUMBER, Rig

PHONE, BANK = "infomedia", "signzy"
type Call = Callable[[Metered], Any]


class Metered:
    """A rig whose calls take a quarter of a second each, by their meter."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.telemetry = rig, RecordingTelemetry()
        self.rails = metered(Rails(rig.infomedia, rig.signzy), self.telemetry, self._steady(count()).__next__)

    @staticmethod
    def _steady(ticks: Iterator[int]) -> Iterator[float]:
        return (tick / 4 for tick in ticks)

    def counted(self) -> list[tuple[str, str, str]]:
        """Rail, operation and result of each call, in their order."""
        calls = [each for each in self.telemetry.measured if each.what is Measure.PROVIDER_CALL]
        assert all(each.value == 1 for each in calls)
        return [(each.dimensions["rail"], each.dimensions["operation"], each.dimensions["result"]) for each in calls]


def send_pin(to: Metered) -> Any:
    return to.rails.infomedia.send_pin(to.rig.pin_order())


def check_pin(to: Metered) -> Any:
    return to.rails.infomedia.check_pin(to.rig.pin_check("0000"))


def first_bill(to: Metered) -> Any:
    return to.rails.infomedia.bill(to.rig.bill_order("0000"))


def bill(to: Metered) -> Any:
    return to.rails.infomedia.bill(to.rig.bill_order())


def log(to: Metered) -> Any:
    return to.rails.infomedia.log_activity(to.rig.subscriber(), "SUB1")


def close(to: Metered) -> Any:
    return to.rails.infomedia.close_activity(to.rig.subscriber(), "SUB1")


def charge(to: Metered) -> Any:
    return to.rails.signzy.bill(to.rig.charge_order(to.rig.mandate()))


def search(to: Metered) -> Any:
    return to.rails.signzy.find_payment(to.rig.query(to.rig.mandate()))


def read(to: Metered) -> Any:
    return to.rails.signzy.find_payment(to.rig.query(to.rig.mandate(), "12345"))


OPERATIONS: list[tuple[Call, str, str]] = [
    (send_pin, PHONE, "PinGenerateWithParams"),
    (check_pin, PHONE, "PINValidate"),
    (first_bill, PHONE, "SendBillWithPIN"),
    (bill, PHONE, "SendBill"),
    (log, PHONE, "LogActivity"),
    (close, PHONE, "UpdateActivity"),
    (charge, BANK, "Charge"),
    (search, BANK, "Payments"),
]


@pytest.mark.parametrize(("call", "rail", "operation"), OPERATIONS)
def test_a_call_is_counted_and_timed_by_its_operation(rig: Rig, call: Call, rail: str, operation: str) -> None:
    to = Metered(rig)

    call(to)

    assert to.counted() == [(rail, operation, "ok")]
    assert to.telemetry.values(Measure.PROVIDER_MILLISECONDS, rail=rail, operation=operation) == [250]


@pytest.mark.parametrize(
    ("fault", "result"),
    [("http_500", "failed"), ("garbage", "failed"), ("hang", "timed_out"), ("throttle", "refused")],
)
@pytest.mark.parametrize(("call", "rail", "operation"), [each for each in OPERATIONS if each[0] is not search])
def test_what_a_call_came_to_is_told_apart(
    rig: Rig, call: Call, rail: str, operation: str, fault: str, result: str
) -> None:
    rig.fault(fault, operation)
    to = Metered(rig.awaiting(fault))

    call(to)

    assert to.counted() == [(rail, operation, result)]


@pytest.mark.parametrize("how", ["rst", "fin"])
def test_a_lost_connection_is_a_failure(rig: Rig, how: str) -> None:
    rig.fault("drop_before_debit", "SendBill", how=how)
    to = Metered(rig)

    assert bill(to).state is AttemptState.UNKNOWN

    assert to.counted() == [(PHONE, "SendBill", "failed")]


def test_a_decline_is_an_answer_of_the_provider(rig: Rig) -> None:
    rig.fault("decline", "SendBill", code="AA")
    to = Metered(rig)

    assert bill(to).state is AttemptState.DECLINED
    assert check_pin(to).answer is Answer.REJECTED

    assert [result for _, _, result in to.counted()] == ["ok", "ok"]


def test_a_key_that_is_not_taken_is_a_refusal_of_us(rig: Rig) -> None:
    to = Metered(rig)

    to.rails.infomedia.bill(rig.bill_order(account="old"))
    to.rails.infomedia.log_activity(rig.subscriber(NUMBER, account="old"), "SUB1")
    to.rails.signzy.bill(rig.charge_order(rig.mandate(), account="old"))
    to.rails.signzy.bill(rig.charge_order(rig.mandate(), Money(450, "GBP")))  # refused by ourselves

    assert [result for _, _, result in to.counted()] == ["refused"] * 4


def test_a_payment_that_is_not_listed_was_looked_for_and_one_that_cannot_be_read_was_not(rig: Rig) -> None:
    to = Metered(rig)

    assert search(to).code == "payment_not_listed"
    assert read(to).code == "payments_not_read"

    assert [result for _, _, result in to.counted()] == ["ok", "failed"]
