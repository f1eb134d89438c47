"""The model of what billing costs, as the preview shows it."""

from dataclasses import replace

import pytest

from ops.costs import PRICES, Setup, calls_usage, cost_of, handing, schedule_cost, schedule_usage, standing
from pinbill.domain.pacing import Pace

MILLION = 1_000_000


def test_a_paid_renewal_costs_three_writes_and_two_reads() -> None:
    one, two = (calls_usage(bills, 0, 0, Pace(100), Setup()) for bills in (MILLION, 2 * MILLION))
    assert two.write_units - one.write_units == pytest.approx(3 * MILLION, rel=0.01)
    assert two.read_units - one.read_units == pytest.approx(2.04 * MILLION, rel=0.05)


def test_a_retry_costs_two_writes_more_than_a_look() -> None:
    retries, looks = (calls_usage(0, *given, Pace(10), Setup()).write_units for given in ((100, 0), (0, 100)))
    assert retries - looks == pytest.approx(200)


def test_nothing_costs_nothing() -> None:
    assert cost_of(0, 0, 0, Pace(10)).total == 0


def test_the_parts_add_up_to_the_total() -> None:
    cost = cost_of(10_000, 500, 20, Pace(10))
    assert cost.total == pytest.approx(sum(cost.parts.values()))
    assert min(cost.parts.values()) > 0
    assert cost.times(2).total == pytest.approx(2 * cost.total)


def test_calls_are_parted_as_the_dispatcher_parts_them() -> None:
    # 1.01 seconds a call at 0.985 of the rate, in groups of 19 that last nearly twenty seconds: six in the first run.
    handed = handing(200, Pace(1), 60)
    assert (handed.runs, handed.groups) == (3, 11)
    assert handed.seconds == pytest.approx(200 / 0.985 * 1.01)


def test_a_fast_rate_is_shared_by_workers_at_the_same_time() -> None:
    one, ten = (calls_usage(100_000, 0, 0, Pace(rate), Setup()) for rate in (50, 500))
    assert ten.invocations == pytest.approx(one.invocations, rel=0.01)
    assert ten.worker_gb_seconds == pytest.approx(one.worker_gb_seconds, rel=0.01)


def test_a_slow_rate_pays_for_the_wait_between_calls() -> None:
    slow, fast = (cost_of(MILLION, 0, 0, Pace(rate)).parts for rate in (1, 100))
    assert slow["worker"] > 20 * fast["worker"]
    assert slow["writes"] == pytest.approx(fast["writes"], rel=0.1)


def test_a_worker_with_half_the_memory_costs_half() -> None:
    whole, half = (cost_of(1_000, 0, 0, Pace(5), Setup(worker_mb=mb)).parts["worker"] for mb in (1_024, 512))
    assert half == pytest.approx(whole / 2)


def test_more_plans_write_more_progress() -> None:
    one, nine = (calls_usage(10_000, 0, 0, Pace(50), Setup(), plans) for plans in (1, 9))
    assert nine.write_units - one.write_units > 8 * handing(10_000, Pace(50), 60).groups


def test_a_bill_that_is_not_paid_at_once_costs_a_write_more() -> None:
    paid, not_paid = (calls_usage(100, 0, 0, Pace(5), Setup(), 1, share) for share in (0.0, 0.5))
    assert not_paid.write_units - paid.write_units == pytest.approx(50)


def test_the_schedule_reads_by_the_minute_and_more_for_more_partners() -> None:
    hour, two_hours = (schedule_usage(seconds, Setup()) for seconds in (3_600, 7_200))
    assert hour.schedules == 66
    assert two_hours.read_units == pytest.approx(2 * hour.read_units)
    assert schedule_usage(3_600, Setup(), partners=9).read_units > hour.read_units
    assert schedule_cost(3_600).total < 0.001


def test_costs_are_added_part_by_part() -> None:
    calls, runs = cost_of(100, 0, 0, Pace(5)), schedule_cost(60)
    assert (calls + runs).total == pytest.approx(calls.total + runs.total)
    assert (calls + runs).parts["writes"] == calls.parts["writes"]


def test_other_prices_make_another_cost() -> None:
    dearer = replace(PRICES, write_unit=2 * PRICES.write_unit)
    assert cost_of(100, 0, 0, Pace(5), prices=dearer).parts["writes"] == pytest.approx(
        2 * cost_of(100, 0, 0, Pace(5)).parts["writes"]
    )


def test_what_stands_is_paid_by_the_month() -> None:
    assert standing().parts["metrics"] == pytest.approx(2.4)
    assert standing().total < 5
