"""The simulation's own calendar, against dates that people know."""

from datetime import UTC, datetime, timedelta

import pytest

from pinbill.domain.periods import Recurrence, Unit
from tests.simulation.own_calendar import Anchor

MONTHLY, DAILY = Recurrence(Unit.MONTH, 1), Recurrence(Unit.DAY, 1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "first", "recurrence", "period", "begins"),
    [
        ("Europe/London", "2027-01-31T10:00", MONTHLY, 2, "2027-02-28T10:00"),
        ("Europe/London", "2028-01-31T10:00", MONTHLY, 2, "2028-02-29T10:00"),
        ("Europe/London", "2027-01-31T10:00", MONTHLY, 3, "2027-03-31T09:00"),
        ("Europe/London", "2028-02-29T10:00", MONTHLY, 13, "2029-02-28T10:00"),
        ("Europe/London", "2027-01-31T10:00", Recurrence(Unit.MONTH, 3), 2, "2027-04-30T09:00"),
        ("Europe/London", "2027-03-27T01:30", DAILY, 2, "2027-03-28T01:30"),  # 01:30 is left out: 02:30 in summer time
        ("Europe/London", "2027-10-30T00:30", DAILY, 2, "2027-10-31T00:30"),  # 01:30 comes twice: the first of them
        ("Asia/Kolkata", "2027-12-31T20:00", MONTHLY, 2, "2028-01-31T20:00"),
        ("Australia/Lord_Howe", "2027-03-31T15:15", Recurrence(Unit.WEEK, 1), 2, "2027-04-07T15:45"),
    ],
)
def test_periods_begin_at_the_same_local_time(
    zone: str, first: str, recurrence: Recurrence, period: int, begins: str
) -> None:
    assert Anchor.at(utc(first), zone, recurrence).start(period) == utc(begins)


def test_free_days_move_the_anchor() -> None:
    assert Anchor.at(utc("2027-03-27T10:00"), "Europe/London", MONTHLY, 7).start(1) == utc("2027-04-03T09:00")


@pytest.mark.parametrize("recurrence", [MONTHLY, DAILY, Recurrence(Unit.MONTH, 3), Recurrence(Unit.WEEK, 2)])
def test_a_moment_lies_in_the_period_that_began_last(recurrence: Recurrence) -> None:
    anchor = Anchor.at(utc("2027-01-31T01:30"), "Europe/London", recurrence)

    for period in range(1, 40):
        assert anchor.period_at(anchor.start(period)) == period
        assert anchor.period_at(anchor.start(period + 1) - timedelta(seconds=1)) == period
    assert anchor.period_at(utc("2027-01-01T00:00")) == 0


@pytest.mark.parametrize(
    ("first", "lasted", "begins", "next_begins"),
    [
        ("2027-01-31T10:00", timedelta(days=3), "2027-03-03T10:00", "2027-04-03T09:00"),
        ("2027-01-31T10:00", timedelta(days=3, microseconds=1), "2027-03-03T10:00:01", "2027-04-03T09:00:01"),
        ("2027-02-28T10:00", timedelta(days=3), "2027-03-31T09:00", "2027-04-30T09:00"),
        # 01:10 in summer time, and an hour later once more: after both it is 02:00.
        ("2027-09-30T00:10", timedelta(days=1, hours=1), "2027-10-31T02:00", "2027-11-30T02:00"),
    ],
)
def test_a_pause_moves_the_next_period_and_those_behind_it(
    first: str, lasted: timedelta, begins: str, next_begins: str
) -> None:
    moved = Anchor.at(utc(first), "Europe/London", MONTHLY).moved(2, lasted)

    assert (moved.start(2), moved.start(3)) == (utc(begins), utc(next_begins))
    assert moved.period_at(moved.start(2)) == 2
    assert moved.period_at(moved.start(2) - timedelta(seconds=1)) == 1
