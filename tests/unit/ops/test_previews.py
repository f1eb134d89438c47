"""What an operator sees of a preview."""

import json
from datetime import UTC, datetime, timedelta

from ops.previews import as_json, as_text
from pinbill.domain.catalog import RailName
from pinbill.domain.forecast import Forecast
from pinbill.domain.money import Money
from pinbill.domain.pacing import Pace
from pinbill.usecases.preview import PlanPreview, RailPreview

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)
PHONE = RailPreview(
    RailName.INFOMEDIA,
    Pace(5),
    [
        PlanPreview("acme", "weekly", 100, 7, 2, Money(48150, "GBP"), is_stopped=False),
        PlanPreview("bravo", "gone", 5, 0, 0, None, is_stopped=True),
    ],
    Forecast(109, NOW + timedelta(seconds=3), NOW + timedelta(minutes=90), 12, runs=3, groups=4),
)
BANK = RailPreview(RailName.SIGNZY, Pace(1), [], Forecast(0, None, None, 0))


def test_each_rail_says_what_is_due_and_when_it_will_be_done() -> None:
    assert list(as_text([PHONE, BANK], NOW)) == [
        "infomedia: 109 calls from 2026-11-05 10:00:03Z to 2026-11-05 11:30:00Z, done in 1:30:00; "
        "12 of them do not fit their window",
        "  on AWS about 0.0005 USD",
        "  acme/weekly: 100 renewals, 7 retries, 2 looks; 481.50 GBP",
        "  bravo/gone: 5 renewals, 0 retries, 0 looks; an unknown amount: the plan is in no catalog"
        "  STOPPED: not counted above",
        "signzy: nothing is due",
    ]


def test_a_program_can_read_it_too() -> None:
    phone, bank = map(json.loads, as_json([PHONE, BANK], NOW))

    assert (phone["calls"], phone["makespan_seconds"], phone["late"]) == (109, 5400, 12)
    assert phone["plans"][0] == {
        "partner": "acme",
        "plan": "weekly",
        "renewals": 100,
        "retries": 7,
        "looks": 2,
        "notices": 0,
        "amount": "481.50",
        "currency": "GBP",
        "stopped": False,
    }
    assert 0.0002 < phone["aws_usd"] < 0.002
    assert (bank["calls"], bank["first_call"], bank["makespan_seconds"]) == (0, None, 0)
