"""The report that the simulated providers give of their payments, as the operator's command reads it."""

from pathlib import Path

from local.simulators.report import csv_of
from ops.provider_report import read_report
from pinbill.domain.catalog import RailName
from pinbill.domain.reconciling import Span
from pinbill.domain.unrecorded import Says
from tests.unit.domain.journals import LONG
from tests.unit.domain.samples import NOW

SPAN = Span(NOW - LONG, NOW + LONG)


def row(transaction: str, state: str, at: str, *, mandate: int | None = None) -> dict[str, object]:
    return {
        "provider": "signzy" if mandate else "infomedia",
        "transaction": transaction,
        "state": state,
        "at": at,
        "mandate": mandate,
        "reference": None if mandate else "SUB1-2",
        "amount_minor": 450,
        "currency": "INR" if mandate else "GBP",
    }


def test_a_payment_is_one_line_with_the_time_it_was_asked_for_and_its_last_state(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(
        csv_of(
            [
                row("7", "accepted", "2026-11-05T03:00:00Z", mandate=12),
                row("8", "accepted", "2026-11-05T03:01:00Z", mandate=12),
                row("7", "debited", "2026-11-06T09:00:00Z", mandate=12),
                row("9", "accepted", "2026-11-06T10:00:00Z", mandate=13),
                row("8", "failed", "2026-11-06T11:00:00Z", mandate=12),
                row("r1", "refunded", "2026-11-07T11:00:00Z", mandate=12),
            ]
        )
    )

    found = read_report(path, RailName.SIGNZY, SPAN)

    assert [(each.payment, each.says, f"{each.at:%dT%H:%M}", each.mandate) for each in found] == [
        ("7", Says.PAID, "05T03:00", "12"),
        ("8", Says.DECLINED, "05T03:01", "12"),
        ("9", Says.PENDING, "06T10:00", "13"),
    ]


def test_what_was_asked_for_earlier_is_left_out_whenever_it_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    rows = [row("a", "debited", "2026-11-05T03:00:00Z"), row("b", "debited", "2026-11-06T03:00:00Z")]
    path.write_text(csv_of(rows, "2026-11-06T00:00:00Z"))

    [found] = read_report(path, RailName.INFOMEDIA, SPAN)

    assert (found.payment, found.reference, str(found.amount)) == ("b", "SUB1-2", "4.50 GBP")
