"""A group's calls: at their times, late ones no faster than the quota, none beyond what is theirs."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.pacing import Pace, allot
from pinbill.entrypoints.pacer import Pacer

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)
EXACT = 1e-6  # seconds: times of domain and process are rounded differently


class Steady:
    """A steady clock that moves by sleeping, and by what a call takes."""

    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def pacer(steady: Steady, rate: float, calls: int, *, starts_in: float = 2.0, until: float = 1e9) -> Pacer:
    (allotment,) = allot(Pace(rate), NOW + timedelta(seconds=starts_in), calls)
    return Pacer(allotment, NOW, until, steady.now, steady.sleep)


def test_each_call_waits_for_its_time() -> None:
    steady = Steady()
    group = pacer(steady, 10, 5)

    called = [steady.at for _ in range(5) if group.wait()]

    assert called == pytest.approx([1002 + n / 9.85 for n in range(5)], abs=EXACT)


class StandingStill:
    """A steady clock that stands still until it is moved; whoever sleeps wakes when its time has come."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.let_go: list[float] = []
        self._moved = threading.Condition()

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        with self._moved:
            until = self.at + seconds
            assert self._moved.wait_for(lambda: self.at >= until, timeout=30)
            self.let_go.append(self.at)

    def move(self, seconds: float) -> None:
        with self._moved:
            self.at += seconds
            self._moved.notify_all()


def test_calls_whose_times_have_passed_while_the_process_stood_still_do_not_go_all_at_once() -> None:
    steady = StandingStill()
    (allotment,) = allot(Pace(10), NOW, 20)
    group = Pacer(allotment, NOW, 1e9, steady.now, steady.sleep)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(group.wait) for _ in range(8)]
        steady.move(0.5)  # of a sudden: five calls were planned until now
        while not all(one.done() for one in waiting):
            steady.move(0.001)
            time.sleep(0)

    assert all(one.result() for one in waiting)
    assert len(steady.let_go) == 8
    assert all(later - earlier >= 0.1 - EXACT for earlier, later in pairwise(steady.let_go))


def test_a_group_whose_times_are_over_calls_nobody() -> None:
    steady = Steady()
    group = pacer(steady, 10, 5)
    steady.sleep(2 + 5 / 9.85 + 1)

    assert not group.is_open()
    assert not group.wait()


def test_no_call_is_begun_that_the_function_does_not_live_to_hear() -> None:
    steady = Steady()
    group = pacer(steady, 10, 5, until=1002.25)

    assert [group.wait() for _ in range(5)] == [True, True, True, False, False]
    assert not group.is_open()


def test_asking_whether_it_is_open_takes_no_turn() -> None:
    steady = Steady()
    group = pacer(steady, 1, 1)
    steady.sleep(3.005)

    assert [group.is_open() for _ in range(3)] == [True] * 3
    assert group.wait()
    assert not group.is_open()


@given(
    rate=st.sampled_from([1, 10, 50, 500]),
    late=st.floats(0, 3),
    delays=st.lists(st.floats(0, 0.3), min_size=20, max_size=20),
)
def test_however_late_its_calls_come_no_two_are_closer_than_the_quota_nor_in_the_next_groups_time(
    rate: float, late: float, delays: list[float]
) -> None:
    steady, pace = Steady(), Pace(rate)
    allotment = allot(pace, NOW, 20 * pace.lanes)[0]
    group = Pacer(allotment, NOW, 1e9, steady.now, steady.sleep)
    steady.sleep(late)

    called = []
    for delay in delays:
        if not group.wait():
            break
        called.append(steady.at)
        steady.sleep(delay)

    shortest = pace.lanes / rate  # of this lane's share of the quota
    assert all(later - earlier >= shortest - EXACT for earlier, later in pairwise(called))
    following = 1000 + (allotment.end - NOW).total_seconds()
    assert all(following - at >= shortest - EXACT for at in called)
