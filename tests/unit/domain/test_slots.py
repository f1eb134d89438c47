"""A stretch of time meets exactly the slots of those subscriptions that renew in it, whatever the calendar does."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from pinbill.domain.periods import Recurrence, Schedule, Unit
from pinbill.domain.slots import Slot, stretches
from tests.unit.domain.test_periods import DAILY, MONTHLY, ZONES, recurrences, schedule

moments = st.datetimes(datetime(2012, 1, 2), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.timedeltas(timedelta(seconds=1), timedelta(days=40))
LONDON_SPRING = datetime(2026, 3, 29, tzinfo=UTC)
LONDON_AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)


def met(slot: Slot, recurrence: Recurrence, zone: str, after: datetime, until: datetime) -> list[datetime]:
    """When the slot comes up in this stretch of time, as a reader of an index of slots finds out."""
    found = [
        stretch.instant(slot)
        for stretch in stretches(recurrence, zone, after, until)
        if stretch.first <= slot <= stretch.last
    ]
    return sorted(at for at in found if at is not None and after < at <= until)


def renewals(plan: Schedule, after: datetime, until: datetime) -> list[datetime]:
    """The starts of its periods in this stretch of time, by the schedule itself."""
    period = plan.period_at(after) + 1
    found = []
    while (start := plan.start(period)) <= until:
        found.append(start)
        period += 1
    return found


@given(
    anchor=moments,
    zone=st.sampled_from(ZONES),
    recurrence=recurrences,
    later=st.timedeltas(timedelta(), timedelta(days=3000)),
    length=lengths,
)
@example(datetime(2025, 1, 31, 12, tzinfo=UTC), "Europe/London", MONTHLY, timedelta(days=28), timedelta(days=1))
@example(LONDON_SPRING - timedelta(hours=46, minutes=30), "Europe/London", DAILY, timedelta(days=1), timedelta(days=2))
@example(LONDON_AUTUMN - timedelta(hours=47, minutes=30), "Europe/London", DAILY, timedelta(days=1), timedelta(days=2))
def test_a_stretch_meets_every_renewal_in_it_once_and_nothing_else(
    anchor: datetime, zone: str, recurrence: Recurrence, later: timedelta, length: timedelta
) -> None:
    plan = Schedule.starting(anchor, zone, recurrence)
    after = anchor + later
    until = after + length

    assert met(Slot.of(plan), recurrence, zone, after, until) == renewals(plan, after, until)


@given(anchor=moments, zone=st.sampled_from(ZONES), recurrence=recurrences, periods=st.integers(1, 40))
def test_a_schedule_keeps_its_slot(anchor: datetime, zone: str, recurrence: Recurrence, periods: int) -> None:
    plan = Schedule.starting(anchor, zone, recurrence)
    start = plan.start(periods)

    assert met(Slot.of(plan), recurrence, zone, start - timedelta.resolution, start) == [start]


def test_a_night_without_this_hour_brings_its_slot_an_hour_later() -> None:
    daily = schedule("2026-03-01T01:30:00", "Europe/London", DAILY)
    midnight = LONDON_SPRING

    assert met(Slot.of(daily), DAILY, "Europe/London", midnight, midnight + timedelta(days=1)) == [
        midnight + timedelta(minutes=90)
    ]


def test_on_the_last_day_of_a_short_month_come_all_that_are_anchored_later() -> None:
    day = datetime(2026, 2, 28, tzinfo=UTC)
    found = {
        anchor
        for anchor in range(1, 32)
        if met(Slot(0, anchor, day.time()), MONTHLY, "UTC", day - timedelta(seconds=1), day + timedelta(hours=1))
    }

    assert found == {28, 29, 30, 31}


def test_of_a_plan_of_three_months_only_the_third_month_is_met() -> None:
    quarterly = Recurrence(Unit.MONTH, 3)
    plan = schedule("2026-01-15T10:00:00", "UTC", quarterly)
    year = datetime(2026, 1, 15, 10, tzinfo=UTC)

    assert met(Slot.of(plan), quarterly, "UTC", year, year + timedelta(days=365)) == [
        datetime(2026, month, 15, 10, tzinfo=UTC) for month in (4, 7, 10)
    ] + [datetime(2027, 1, 15, 10, tzinfo=UTC)]
