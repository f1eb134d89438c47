"""What an operator sees of a billing day."""

import json
from datetime import UTC, datetime

from ops.billing_days import as_json, as_text
from pinbill.domain.catalog import RailName
from pinbill.domain.progress import Outcome, Place, Progress, Tried
from pinbill.domain.stops import Scope, Stop

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)
WEEKLY = Progress(
    Place(RailName.INFOMEDIA, NOW.date(), "acme", "weekly"),
    expected=200,
    handed=50,
    since=NOW,
    first=Tried({Outcome.PAID: 40, Outcome.UNKNOWN: 2}, 18900, 18000),
    again=Tried({Outcome.DECLINED: 3}, 1350, 0),
)
MONTHLY = Progress(Place(RailName.SIGNZY, NOW.date(), "acme", "monthly"), accepted=True)


def test_each_plan_is_a_line_with_its_progress_and_why_it_stands() -> None:
    halted = Stop(Scope(partner="acme", plan="weekly"), "pinbill", "75% failed", NOW)

    headings, weekly, monthly = (line.split() for line in as_text([WEEKLY, MONTHLY], [halted]))

    assert headings[:3] == ["plan", "expected", "handed"]
    assert weekly[:11] == ["infomedia/acme/weekly", "200", "50", "(25%)", "40", "0", "0", "0", "2", "0", "3"]
    assert weekly[11:] == ["18000/20250", "stopped", "by", "pinbill:", "75%", "failed"]
    assert monthly == ["signzy/acme/monthly", "-", "0", "0", "0", "0", "0", "0", "0", "0", "0/0", "accepted"]


def test_a_day_without_renewals_says_so() -> None:
    assert list(as_text([], [])) == ["no renewals were looked for on this day"]


def test_a_program_can_read_it_too() -> None:
    [line] = as_json([WEEKLY], [])

    assert json.loads(line) == {
        "day": "2026-11-05",
        "rail": "infomedia",
        "partner": "acme",
        "plan": "weekly",
        "expected": 200,
        "handed_out": 50,
        "since": "2026-11-05T10:00:00+00:00",
        "first_tries": {"paid": 40, "unknown": 2, "asked_minor": 18900, "paid_minor": 18000},
        "retries": {"declined": 3, "asked_minor": 1350, "paid_minor": 0},
        "note": "",
    }
