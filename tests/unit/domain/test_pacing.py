"""Call times: a quota used nearly to the full and never passed, inside its windows, through every change of clocks."""

from datetime import UTC, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinbill.domain.pacing import SPAN, Allotment, Pace, Window, allot, room

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# NPCI: executions only before 10:00, from 13:00 to 17:00 and after 21:30, by Indian time.
UPI = (Window(time(0), time(10)), Window(time(13), time(17)), Window(time(21, 30), time(0)))

ZONES = ["Asia/Kolkata", "Europe/London", "America/New_York"]

rates = st.sampled_from([0.2, 1, 7.5, 10, 50, 100, 333, 500])
starts = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def times(allotments: list[Allotment]) -> list[datetime]:
    """In their order: groups of several lanes take turns."""
    return sorted(allotment.first + n * allotment.every for allotment in allotments for n in range(allotment.count))


@given(rate=rates, wanted=st.integers(1, 3000))
def test_no_second_holds_more_calls_than_the_quota_and_little_of_it_is_left(rate: float, wanted: int) -> None:
    calls = times(allot(Pace(rate), NOW, wanted))

    assert len(calls) == wanted
    limit = ceil(rate)
    assert all(calls[n + limit] - calls[n] >= SECOND for n in range(wanted - limit))
    assert (calls[-1] - NOW) / SECOND * rate * 0.97 <= wanted


@given(rate=rates, wanted=st.integers(1, 3000))
def test_a_groups_last_call_may_come_late_by_its_gap_and_still_not_meet_the_next_group(
    rate: float, wanted: int
) -> None:
    pace = Pace(rate)
    groups = allot(pace, NOW, wanted)
    for group, following in zip(groups, groups[pace.lanes :], strict=False):
        last = group.first + (group.count - 1) * group.every
        assert following.first == group.end
        assert group.end - last > group.shortest


@given(rate=rates, wanted=st.integers(1, 3000))
def test_late_calls_of_all_lanes_together_stay_below_the_quota(rate: float, wanted: int) -> None:
    lanes = allot(Pace(rate), NOW, wanted)[: Pace(rate).lanes]

    assert sum(SECOND / lane.shortest for lane in lanes) <= rate


@given(rate=rates, wanted=st.integers(1, 3000), seconds=st.integers(0, 30))
def test_in_a_window_that_closes_every_group_has_time_for_its_calls(rate: float, wanted: int, seconds: int) -> None:
    closes = time(10, 0, seconds)
    for group in allot(Pace(rate, (Window(time(9), closes),)), NOW, wanted):
        last = group.first + (group.count - 1) * group.every
        assert group.end - last > group.shortest
        latest = group.end - group.shortest
        assert latest.time() < closes


@given(rate=rates, wanted=st.integers(1, 3000))
def test_a_group_is_never_longer_than_its_worker_can_wait(rate: float, wanted: int) -> None:
    groups = allot(Pace(rate), NOW, wanted)

    assert all(group.count == 1 or group.every * group.count <= SPAN for group in groups)
    assert len(groups) <= wanted


@given(rate=st.sampled_from([1, 10, 100]), start=starts, seconds=st.integers(0, 600))
def test_there_is_room_for_as_many_as_are_then_allotted_until_the_end(
    rate: float, start: datetime, seconds: int
) -> None:
    pace, end = Pace(rate, UPI, "Asia/Kolkata"), start + seconds * SECOND

    fits = room(pace, start, start, end - start)

    assert all(at < end for at in times(allot(pace, start, fits)))
    assert allot(pace, start, fits + pace.lanes * pace.calls)[-1].end > end


@given(
    start=starts,
    wanted=st.integers(1, 200),
    zone=st.sampled_from(["Asia/Kolkata", "Europe/London", "America/New_York"]),
)
@example(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 5, "Europe/London")
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 5, "Europe/London")
def test_every_call_is_inside_a_window(start: datetime, wanted: int, zone: str) -> None:
    pace = Pace(0.05, UPI, zone)

    for at in times(allot(pace, start, wanted)):
        local = at.astimezone(ZoneInfo(zone)).time()
        assert any(
            window.begin <= local < window.end if window.begin < window.end else local >= window.begin for window in UPI
        ), local
        assert at >= start


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-11-05T09:59:00+05:30", "2026-11-05T09:59:00+05:30"),
        ("2026-11-05T10:00:00+05:30", "2026-11-05T13:00:00+05:30"),
        ("2026-11-05T17:00:00+05:30", "2026-11-05T21:30:00+05:30"),
        ("2026-11-05T23:59:00+05:30", "2026-11-05T23:59:00+05:30"),
    ],
)
def test_a_closed_window_is_waited_for(now: str, first: str) -> None:
    (allotment,) = allot(Pace(10, UPI, "Asia/Kolkata"), datetime.fromisoformat(now), 1)

    assert allotment.first == datetime.fromisoformat(first)


def test_a_closed_window_has_no_room() -> None:
    closed = datetime.fromisoformat("2026-11-05T10:00:00+05:30")

    assert room(Pace(10, UPI, "Asia/Kolkata"), closed, closed, timedelta(minutes=10)) == 0
    assert room(Pace(10, UPI, "Asia/Kolkata").without_windows(), closed, closed, timedelta(minutes=10)) > 5600


def test_a_window_over_midnight_is_open_on_both_sides_of_it() -> None:
    night = Pace(1, (Window(time(22), time(6)),), "UTC")

    assert allot(night, NOW.replace(hour=2), 1)[0].first == NOW.replace(hour=2)
    assert allot(night, NOW.replace(hour=23), 1)[0].first == NOW.replace(hour=23)
    assert allot(night, NOW.replace(hour=6), 1)[0].first == NOW.replace(hour=22)
