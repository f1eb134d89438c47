"""A provider's report is read as a whole, or refused by the line that is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.provider_report import COLUMNS, Lines, read_report
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.domain.reconciling import Span
from pinbill.domain.subscription import Subscription
from pinbill.domain.unrecorded import Reported, Says
from pinbill.errors import ReportInvalid
from tests.unit.domain.samples import BANK, NOW, PHONE, pending

AT = datetime(2026, 11, 5, 3, 0, tzinfo=UTC)
SPAN = Span(AT - timedelta(days=1), AT + timedelta(days=1))
HEAD = ",".join(COLUMNS)
PHONE_LINE = "SUB1-4,2026-11-05T03:00:00Z,4.50,GBP,tx-1,paid,"
BANK_LINE = ",2026-11-05T08:30:00+05:30,149.00,INR,88,pending,1234567890"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "report.csv"


def read(path: Path, *lines: str, rail: RailName = RailName.INFOMEDIA, head: str = HEAD) -> list[Reported]:
    path.write_text("\n".join([head, *lines]) + "\n")
    return list(read_report(path, rail, SPAN))


def test_lines_of_both_providers_are_read(written: Path) -> None:
    assert read(written, PHONE_LINE) == [Reported(AT, Money(450, "GBP"), "tx-1", Says.PAID, "SUB1-4")]
    assert read(written, BANK_LINE, rail=RailName.SIGNZY) == [
        Reported(AT, Money(14_900, "INR"), "88", Says.PENDING, None, "1234567890")
    ]
    assert read(written) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("SUB1-4,yesterday,4.50,GBP,tx-2,paid,", "Line 3: moment: a time with its zone"),
        ("SUB1-4,2026-11-05T03:00:00,4.50,GBP,tx-2,paid,", "Line 3: moment: a time with its zone"),
        ("SUB1-4,2026-12-05T03:00:00Z,4.50,GBP,tx-2,paid,", "Line 3: moment: not between"),
        ("SUB1-4,2026-11-05T03:00:00Z,4.505,GBP,tx-2,paid,", "Line 3: amount or currency: "),
        ("SUB1-4,2026-11-05T03:00:00Z,4.50,XXX,tx-2,paid,", "Line 3: amount or currency: "),
        ("SUB1-4,2026-11-05T03:00:00Z,-4.50,GBP,tx-2,paid,", "Line 3: amount or currency: "),
        ("SUB1-4,2026-11-05T03:00:00Z,4.50,GBP,,paid,", "Line 3: payment: "),
        ("SUB1-4,2026-11-05T03:00:00Z,4.50,GBP,tx-2,refunded,", "Line 3: state: one of paid, pending, declined"),
        ("SUB1,2026-11-05T03:00:00Z,4.50,GBP,tx-2,paid,", "Line 3: reference: none of ours"),
        (",2026-11-05T03:00:00Z,4.50,GBP,tx-2,paid,123", "Line 3: reference: whose payment"),
        ("SUB1-4,2026-11-05T03:00:00Z,4.50,GBP,tx-2,paid", "Line 3: 6 columns"),
        ("SUB2-1,2026-11-05T03:00:00Z,4.50,GBP,tx-1,paid,", "Line 3: payment tx-1 stands in line 2 too"),
        ('SUB1-4,"2026-11-05', "report.csv: Error"),
    ],
)
def test_a_line_that_is_wrong_is_named_and_nothing_is_read(written: Path, line: str, says: str) -> None:
    with pytest.raises(ReportInvalid) as refused:
        read(written, PHONE_LINE, line)
    assert refused.value.detail.startswith(says)


def test_other_columns_are_refused(written: Path) -> None:
    with pytest.raises(ReportInvalid, match="Line 1: the columns must be reference,moment"):
        read(written, PHONE_LINE, head="date,amount")


def test_a_file_that_is_not_there_is_named_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(ReportInvalid, match=r"^gone.csv: FileNotFoundError"):
        read_report(tmp_path / "gone.csv", PHONE, SPAN)


def test_lines_are_given_to_whom_they_belong_and_the_others_are_left() -> None:
    phone, bank = pending(PHONE, NOW), pending(BANK, NOW)
    assert bank.mandate is not None
    bank = _found_by(bank, "fp-7")
    ours = Reported(NOW, Money(450, "GBP"), "a", Says.PAID, f"{phone.id}-1")
    theirs = Reported(NOW, Money(450, "GBP"), "b", Says.PAID, "OTHER-1")
    paid = Reported(NOW, Money(149, "INR"), "c", Says.PAID, None, "7")
    before = Reported(NOW - timedelta(days=9), Money(149, "INR"), "d", Says.PAID, None, "7")
    lines = Lines([ours, theirs, paid, before], lambda reference: f"fp-{reference}")

    assert lines.take(phone) == [ours]
    assert lines.take(bank) == [paid]
    assert lines.take(phone) == []
    assert list(lines.left()) == [theirs, before]


def _found_by(subscription: Subscription, fingerprint: str) -> Subscription:
    assert subscription.mandate is not None
    return replace(subscription, mandate=replace(subscription.mandate, fingerprint=fingerprint))
