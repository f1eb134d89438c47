"""The model of what billing costs, as the preview shows it."""

from dataclasses import replace

import pytest

from bench.idle import counted
from local.world.environment import ROOT
from ops.costs import Setup, calls_usage, cost_of, handing, schedule_cost, schedule_usage
from ops.idle_costs import ALARM, COMPOSITE_ALARM, DASHBOARD, KEY, Standing, idle, standing
from ops.prices import PRICES
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
    assert standing().parts["metrics"] == pytest.approx(4.8)
    assert standing().total < 7


def test_a_rail_that_bills_brings_up_metrics_of_its_own() -> None:
    idle, busy = (standing(rails=rails).parts for rails in (0, 2))
    assert busy["metrics"] - idle["metrics"] == pytest.approx(2 * 8 * PRICES.metric_month)
    assert busy["queue"] == idle["queue"]


def test_a_sweep_reads_what_waits_beside_what_a_run_reads() -> None:
    # Six sweeps an hour; a partner more is five more looks into shards, of each run and of what each sweep measures.
    one, two = (schedule_usage(3_600, Setup(), partners=partners).read_units for partners in (1, 2))
    assert two - one == pytest.approx((66 + 6) * 5 * 0.5)


def test_an_idle_stack_pays_for_what_stands_in_it_and_for_its_schedules() -> None:
    empty = idle(Standing({}))
    stack = idle(Standing({KEY: 2, ALARM: 40, COMPOSITE_ALARM: 1, DASHBOARD: 1, "AWS::SQS::Queue": 9}))
    assert stack.total - empty.total == pytest.approx(2.00 + 4.00 + 0.50 + 3.00)
    assert min(empty.parts["schedule of bills"], empty.parts["schedule of webhooks"]) > 0
    assert empty.total > standing().total


def test_a_rarer_run_costs_less() -> None:
    parts = [idle(Standing({}), Setup(interval=seconds)).parts["schedule of bills"] for seconds in (60, 300)]
    assert parts[0] > 3 * parts[1]


def test_the_template_is_counted_as_it_is() -> None:
    text = (ROOT / "template.yaml").read_text()
    assert counted().count(KEY) == text.count(f"Type: {KEY}\n") > 0
    assert counted().count(ALARM) == text.count(f"Type: {ALARM}\n") > 0
