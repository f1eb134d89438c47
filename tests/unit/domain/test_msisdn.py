"""A number is never printed in full, whoever holds it and however it is printed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.ending import When, cancel
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.states import State
from pinbill.errors import MsisdnInvalid
from pinbill.usecases.callback import Stopped
from pinbill.usecases.calls import BillOrder, PaymentQuery, PinCheck, PinOrder, Subscriber
from pinbill.usecases.pin_request import Subscribe
from pinbill.usecases.ports.store import StaleVersion
from tests.unit.domain.samples import MONTHLY, NOW, NUMBER, PAID, PRICE, claimed, service, settled, standing

PIN = "987654"
MSISDN = Msisdn(NUMBER)
SUBSCRIBER = Subscriber(service(), MSISDN, ("234", "02"))

HOLDERS: list[object] = [
    MSISDN,
    [MSISDN],
    {"number": MSISDN},
    standing(State.ACTIVE),
    replace(standing(State.ACTIVE), msisdn=MSISDN),
    settled(claimed(State.ACTIVE), PAID),
    cancel(standing(State.ACTIVE), When.NOW, "test", NOW),
    Stopped(MSISDN, 92),
    Subscribe("acme", "monthly", MSISDN, ("234", "02")),
    SUBSCRIBER,
    PinOrder(SUBSCRIBER, PRICE, MONTHLY, "Acme News", "S0001"),
    PinCheck(SUBSCRIBER, "S0001", PIN),
    BillOrder(SUBSCRIBER, PRICE, "Acme News", "S0001-1", PIN),
    PaymentQuery(SUBSCRIBER, PRICE, NOW, None),
    StaleVersion(standing(State.ACTIVE)),
]
WRITERS: list[Callable[[object], str]] = [
    str,
    repr,
    lambda held: f"{held}",
    lambda held: f"{held!r:>400}",
    "{}".format,
    lambda held: "%s %r" % (held, held),  # noqa: UP031 - the form that logging uses
    lambda held: repr(getattr(held, "__dict__", "")),
]


@pytest.mark.parametrize("held", HOLDERS, ids=lambda held: type(held).__name__)
@pytest.mark.parametrize("write", WRITERS)
def test_neither_number_nor_pin_is_written_by_what_holds_it(held: object, write: Callable[[object], str]) -> None:
    written = write(held)

    assert NUMBER[1:] not in written
    assert NUMBER[4:-2] not in written
    assert PIN not in written


@pytest.mark.parametrize(
    "text",
    [
        *("", "+", "447700900123", "00447700900123", "+0447700900123", "+44770", "+4477009001234567"),
        *("+44 7700 900123", " +447700900123", "+447700900123\n", "+44(0)7700900123", "+44-7700-900123"),
        *(
            "+٤٤٧٧٠٠٩٠٠١٢٣",
            "+44770090012³",
            "tel:+447700900123",
            "+447700900123;ext=1",
            "+44770090012a",
            "++447700900123",
        ),
    ],
)
def test_what_is_not_e164_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(MsisdnInvalid) as refusal:
        Msisdn.parse(text)

    assert "7700900" not in str(refusal.value) + repr(refusal.value)


@given(digits=st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True))
def test_every_e164_number_is_read_and_masked(digits: str) -> None:
    number = Msisdn.parse("+" + digits)

    assert number.digits == digits
    assert len(number.masked) == len(number.e164)
    assert number.masked.count("*") >= 3
    assert number.e164 not in f"{number}{number!r}"


def test_equal_numbers_are_equal_and_one_key() -> None:
    assert {Msisdn(NUMBER): timedelta()}[Msisdn.parse(NUMBER)] == timedelta()
