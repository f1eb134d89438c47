"""Webhooks as published, in any casing, and those that cannot be read."""

from urllib.parse import parse_qsl

import pytest

from pinbill.domain.attempts import AttemptState, FailureClass
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.errors import CallbackMalformed, InvalidInput
from pinbill.providers.infomedia.callbacks import read
from pinbill.providers.infomedia.codes import DECLINES
from pinbill.usecases.callback import BillReported, Noted, Refunded, Report, Stopped


def read_query(query: str) -> Report | None:
    """As the API hands it over: form decoded."""
    return read(parse_qsl(query, keep_blank_values=True))


STOP = "msisdn=447700900123&mcc=234&mnc=02&productid=92000000&etid=2&pt=SUB1&success=1"
CHARGE = (
    "msisdn=447700900123&mcc=234&mnc=02&productid=91000000&etid=5&pt=SUB1-2&success=1&chargeAmount=4.50"
    "&currencyCode=GBP&productDescription=Acme+News_monthly&transactionStatus={code}&txid=0f8fad5b-d9cb"
)


@pytest.mark.parametrize(
    "query",
    [
        STOP,
        STOP.replace("etid", "Type").replace("msisdn", "MSISDN").replace("productid", "ProductID"),
        STOP.replace("msisdn=", "mx="),
        STOP.replace("=447", "=%2B447"),
        STOP.replace("=447", "=+447"),
        STOP.replace("etid=2", "etid=02"),
    ],
)
def test_a_stop_names_number_and_product(query: str) -> None:
    assert read_query(query) == Stopped(Msisdn.parse("+447700900123"), 92000000)


def test_a_billed_charge_is_reported_with_reference_and_amount() -> None:
    report = read_query(CHARGE.format(code="00"))

    assert isinstance(report, BillReported)
    assert (report.reference, report.amount) == ("SUB1-2", Money(450, "GBP"))
    assert (report.result.state, report.result.code) == (AttemptState.PAID, "00")
    assert report.result.provider_reference == "0f8fad5b-d9cb"


@pytest.mark.parametrize("code", [*DECLINES, "ZZ"])
def test_a_charge_that_failed_is_reported_by_its_code(code: str) -> None:
    report = read_query(CHARGE.format(code=code.lower()))

    assert isinstance(report, BillReported)
    assert (report.result.state, report.result.code) == (AttemptState.DECLINED, code)
    assert report.result.failure is (DECLINES[code].failure if code in DECLINES else FailureClass.UNLISTED)


@pytest.mark.parametrize("amount", ["20", "20.00", "20.0"])
def test_the_amount_is_decimal_major_units(amount: str) -> None:
    report = read(
        [
            ("etid", "5"),
            ("pt", "SUB1-2"),
            ("transactionStatus", "00"),
            ("chargeAmount", amount),
            ("currencyCode", "gbp"),
        ]
    )

    assert isinstance(report, BillReported)
    assert report.amount == Money(2000, "GBP")


def test_a_charge_may_come_without_amount_and_transaction_as_in_the_published_samples() -> None:
    report = read([("etid", "5"), ("pt", "SUB1-2"), ("transactionStatus", "AA")])

    assert isinstance(report, BillReported)
    assert report.amount is None
    assert report.result.provider_reference is None


@pytest.mark.parametrize("event", ["0", "4", "32", "99"])
def test_an_event_that_is_not_documented_is_ignored(event: str) -> None:
    assert read_query(STOP.replace("etid=2", f"etid={event}")) is None


@pytest.mark.parametrize(
    ("event", "says"), [("1", "subscribed"), ("3", "reactivated"), ("24", "suspended"), ("25", "unsuspended")]
)
def test_what_the_provider_says_of_access_is_noted(event: str, says: str) -> None:
    noted = read_query(STOP.replace("etid=2", f"etid={event}"))

    assert noted == Noted(Msisdn.parse("+447700900123"), 92000000, says)


@pytest.mark.parametrize("missing", ["msisdn=447700900123&", "&productid=92000000"])
def test_what_is_noted_of_nobody_is_ignored(missing: str) -> None:
    assert read_query(STOP.replace("etid=2", "etid=24").replace(missing, "")) is None


def test_a_refund_names_the_bill_what_was_given_back_and_its_transaction() -> None:
    refund = CHARGE.format(code="00").replace("etid=5", "etid=31").replace("4.50", "1.50")

    assert read_query(refund) == Refunded("SUB1-2", Money(150, "GBP"), "0f8fad5b-d9cb")


def test_a_refund_may_come_without_amount_and_transaction_as_in_the_published_sample() -> None:
    assert read([("etid", "31"), ("pt", "SUB1-2"), ("transactionStatus", "00")]) == Refunded("SUB1-2", None, None)


@pytest.mark.parametrize("change", [("status=00", "status=48"), ("success=1", "success=0"), ("&pt=SUB1-2", "")])
def test_a_refund_that_failed_or_names_no_bill_is_ignored(change: tuple[str, str]) -> None:
    refund = CHARGE.format(code="00").replace("etid=5", "etid=31").replace("Status", "status")

    assert read_query(refund.replace(*change)) is None


def test_a_charge_without_a_reference_is_of_no_attempt_of_ours() -> None:
    assert read_query(CHARGE.format(code="00").replace("&pt=SUB1-2", "")) is None


@pytest.mark.parametrize(
    "query",
    [
        "",
        "etid=",
        "etid=two",
        "etid=1234",
        STOP.replace("etid=2&", ""),
        STOP.replace("447700900123", ""),
        STOP.replace("447700900123", "qL3p%2BzZk0W8%3D"),
        STOP.replace("447700900123", "12"),
        STOP.replace("productid=92000000&", ""),
        STOP.replace("92000000", "news"),
        STOP + "&etid=5",
        STOP + "&msisdn=447700900124",
        CHARGE.format(code=""),
        CHARGE.format(code="Success"),
        CHARGE.format(code="00").replace("success=1", "success=0"),
        CHARGE.format(code="00").replace("GBP", "XXX"),
        CHARGE.format(code="00").replace("4.50", "4.505"),
        CHARGE.format(code="00").replace("4.50", "free"),
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_it(query: str) -> None:
    with pytest.raises(CallbackMalformed) as caught:
        read_query(query)

    assert isinstance(caught.value, InvalidInput)
    assert caught.value.code == "callback_malformed"
    assert "4477" not in str(caught.value)


def test_a_transaction_id_that_cannot_be_one_is_not_kept() -> None:
    report = read_query(CHARGE.format(code="00").replace("0f8fad5b-d9cb", "%3Cscript%3E" + "9" * 90))

    assert isinstance(report, BillReported)
    assert report.result.provider_reference is None
