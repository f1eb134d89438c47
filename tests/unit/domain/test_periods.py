"""Periods tile time, whatever the calendar does."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import example, given
from hypothesis import strategies as st

from pinbill.domain.periods import Recurrence, Schedule, Unit

ZONES = ["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
MONTHLY, DAILY, WEEKLY = Recurrence(Unit.MONTH, 1), Recurrence(Unit.DAY, 1), Recurrence(Unit.WEEK, 1)
JUST = timedelta(seconds=1)

recurrences = st.one_of(
    st.builds(Recurrence, st.just(Unit.DAY), st.integers(1, 400)),
    st.builds(Recurrence, st.just(Unit.WEEK), st.integers(1, 60)),
    st.builds(Recurrence, st.just(Unit.MONTH), st.integers(1, 36)),
)
# From 2012 on no zone of these leaves out a whole day; Apia did on 30 December 2011, which has tests of its own.
moments = st.datetimes(datetime(2012, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    anchor=moments.map(lambda at: at.replace(tzinfo=None)),
    recurrence=recurrences,
    n=st.integers(-30, 60),
)
def test_periods_are_counted_as_by_the_library_for_it(anchor: datetime, recurrence: Recurrence, n: int) -> None:
    step = relativedelta(**{f"{recurrence.unit.value}s": recurrence.count * n})  # type: ignore[arg-type]

    assert recurrence.later(anchor, n) == anchor + step


def schedule(at: str, zone: str, recurrence: Recurrence = MONTHLY) -> Schedule:
    """A schedule from a local wall-clock time."""
    return Schedule(datetime.fromisoformat(at), zone, recurrence)


def local_dates(plan: Schedule, count: int) -> list[date]:
    return [plan.start(n).astimezone(ZoneInfo(plan.zone)).date() for n in range(1, count + 1)]


@given(at=moments, zone=st.sampled_from(ZONES), recurrence=recurrences, period=st.integers(1, 60))
@example(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/London", DAILY, 1)
@example(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "Europe/London", DAILY, 1)
def test_periods_tile_time_without_gap_or_overlap(at: datetime, zone: str, recurrence: Recurrence, period: int) -> None:
    plan = Schedule.starting(at, zone, recurrence)

    start, end = plan.start(period), plan.end(period)

    assert start < end == plan.start(period + 1)
    assert plan.period_at(start) == plan.period_at(end - JUST) == period
    assert plan.period_at(end) == period + 1
    assert start.utcoffset() == timedelta()


@given(at=moments, zone=st.sampled_from(ZONES), recurrence=recurrences, moment=moments)
def test_every_moment_lies_in_exactly_the_period_that_is_named(
    at: datetime, zone: str, recurrence: Recurrence, moment: datetime
) -> None:
    plan = Schedule.starting(at, zone, recurrence)

    period = plan.period_at(moment)

    if period == 0:
        assert moment < plan.start(1)
    else:
        assert plan.start(period) <= moment < plan.end(period)


@given(at=moments, zone=st.sampled_from(ZONES), recurrence=recurrences)
def test_the_moment_of_the_start_lies_in_period_one_and_loses_no_time(
    at: datetime, zone: str, recurrence: Recurrence
) -> None:
    plan = Schedule.starting(at, zone, recurrence)

    assert plan.period_at(at) == 1
    # In the repeated hour of autumn the earlier of the two is the anchor; else it is the start itself to the second.
    assert timedelta() <= at - plan.start(1) <= timedelta(hours=1, seconds=1)


@given(at=moments, zone=st.sampled_from(ZONES), count=st.integers(1, 36), period=st.integers(1, 60))
def test_a_month_never_starts_later_than_its_anchor_day_nor_drifts(
    at: datetime, zone: str, count: int, period: int
) -> None:
    plan = Schedule.starting(at, zone, Recurrence(Unit.MONTH, count))

    start = plan.start(period).astimezone(ZoneInfo(zone))
    months = (start.year - plan.anchor.year) * 12 + start.month - plan.anchor.month

    assert months == count * (period - 1)
    last = (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    assert start.day == min(plan.anchor.day, last.day)


def test_the_31st_gives_the_last_day_of_february_and_then_the_31st_again() -> None:
    assert local_dates(schedule("2027-01-31T10:00", "Europe/London"), 4) == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]
    assert local_dates(schedule("2028-01-31T10:00", "Europe/London"), 3)[1:] == [date(2028, 2, 29), date(2028, 3, 31)]


def test_a_leap_day_bills_the_28th_in_other_years_and_the_29th_in_the_next_leap_year() -> None:
    yearly = schedule("2028-02-29T10:00", "Asia/Kolkata", Recurrence(Unit.MONTH, 12))

    assert local_dates(yearly, 5) == [
        date(2028, 2, 29),
        date(2029, 2, 28),
        date(2030, 2, 28),
        date(2031, 2, 28),
        date(2032, 2, 29),
    ]


@pytest.mark.parametrize(
    ("zone", "anchor", "start"),
    [
        ("Europe/London", "2026-03-28T01:30", "2026-03-29T01:30+00:00"),  # 01:30 does not exist: 02:30 summer time
        ("America/New_York", "2026-03-07T02:30", "2026-03-08T07:30+00:00"),  # 02:30 does not exist: 03:30
        ("Australia/Lord_Howe", "2026-10-03T02:15", "2026-10-03T15:45+00:00"),  # half an hour is left out: 02:45
        ("Asia/Kolkata", "2026-03-28T02:30", "2026-03-28T21:00+00:00"),  # never changes
    ],
)
def test_a_start_in_the_gap_of_spring_moves_forward_by_the_gap(zone: str, anchor: str, start: str) -> None:
    assert schedule(anchor, zone, DAILY).start(2) == datetime.fromisoformat(start)


@pytest.mark.parametrize(
    ("zone", "anchor", "start"),
    [
        ("Europe/London", "2026-10-24T01:30", "2026-10-25T00:30+00:00"),
        ("America/New_York", "2026-10-31T01:30", "2026-11-01T05:30+00:00"),
        ("Australia/Lord_Howe", "2026-04-04T01:45", "2026-04-04T14:45+00:00"),
    ],
)
def test_a_start_in_the_repeated_time_of_autumn_is_the_earlier_one(zone: str, anchor: str, start: str) -> None:
    plan = schedule(anchor, zone, DAILY)

    assert plan.start(2) == datetime.fromisoformat(start)
    assert plan.period_at(plan.start(2) + timedelta(hours=1)) == 2


@pytest.mark.parametrize("second", [False, True])
def test_a_start_in_the_second_of_two_repeated_hours_is_anchored_to_the_first(second: bool) -> None:
    at = datetime(2026, 10, 25, 1 if second else 0, 30, tzinfo=UTC)  # 01:30 in London, twice

    plan = Schedule.starting(at, "Europe/London", DAILY)

    assert plan.start(1) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert plan.start(2) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_daily_plan_bills_at_the_same_wall_clock_time_on_both_sides_of_a_change() -> None:
    plan = schedule("2026-10-23T09:00", "Europe/London", DAILY)

    assert [plan.start(n).hour for n in (1, 2, 3, 4)] == [8, 8, 9, 9]


def test_a_calendar_day_that_a_country_left_out_is_an_empty_period_and_never_current() -> None:
    plan = schedule("2011-12-28T10:00", "Pacific/Apia", DAILY)  # 30 December 2011 did not exist there

    assert plan.start(3) == plan.start(4)
    assert [plan.period_at(plan.start(n)) for n in (1, 2, 3, 4, 5)] == [1, 2, 4, 4, 5]


@pytest.mark.parametrize("recurrence", [DAILY, WEEKLY, MONTHLY])
@pytest.mark.parametrize("before", [JUST, timedelta(days=1), timedelta(days=4000)])
def test_a_moment_before_the_anchor_is_in_period_zero(recurrence: Recurrence, before: timedelta) -> None:
    plan = schedule("2026-11-05T10:00", "Europe/London", recurrence)

    assert plan.period_at(plan.start(1) - before) == 0
