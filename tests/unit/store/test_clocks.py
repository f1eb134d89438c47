"""The real clock and the one of test stages."""

from datetime import UTC, datetime, timedelta

import pytest

from pinbill.errors import InvalidInput
from pinbill.store.clocks import OffsetClock, SystemClock, read_offset, set_offset
from pinbill.store.table import Table
from tests.fakes.clock import START, FakeClock

HOUR = 3600


def test_the_system_clock_tells_aware_utc_between_two_looks_of_ours() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta()


def test_without_an_offset_the_test_clock_tells_the_real_time(table: Table) -> None:
    assert OffsetClock(table, FakeClock()).now() == START
    assert read_offset(table) == 0


def test_the_test_clock_is_ahead_by_the_offset_and_runs_on(table: Table) -> None:
    real = FakeClock()
    set_offset(table, HOUR)
    clock = OffsetClock(table, real)
    assert clock.now() == START + timedelta(hours=1)
    real.advance(timedelta(minutes=1))
    assert clock.now() == START + timedelta(hours=1, minutes=1)


def test_a_moved_clock_is_seen_at_once_by_all_processes(table: Table) -> None:
    clock, other = OffsetClock(table, FakeClock()), OffsetClock(table, FakeClock())
    assert clock.now() == other.now() == START
    set_offset(table, HOUR)
    assert clock.now() == other.now() == START + timedelta(hours=1)


def test_the_test_clock_only_moves_forward(table: Table) -> None:
    set_offset(table, HOUR)
    set_offset(table, HOUR)
    set_offset(table, 2 * HOUR)
    with pytest.raises(InvalidInput, match="forward"):
        set_offset(table, HOUR)
    assert read_offset(table) == 2 * HOUR


def test_the_test_clock_is_never_behind(table: Table) -> None:
    with pytest.raises(InvalidInput, match="behind"):
        set_offset(table, -1)
    assert read_offset(table) == 0
