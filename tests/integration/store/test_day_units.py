"""What a whole billing day costs in DynamoDB's units and SQS's requests: a change that raises it fails here.

The day is bench.cost's: the shipped dispatcher, messages and worker in virtual time, with the audit behind them.
"""

import pytest

from bench.billing_day import Day, play
from bench.settings import Settings
from ops.costs import Setup, calls_usage, schedule_usage
from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Pace

MANY, PLANS, RATE = 1_200, 3, 50.0  # four hundred of each plan: too few for a canary
GROUPS = 3  # of five hundred calls at most


@pytest.fixture(scope="module")
def day() -> Day:
    return play(Settings(dict.fromkeys(RailName, RATE)), MANY, PLANS)


def test_each_renewal_of_the_day_is_claimed_settled_and_booked_and_nothing_else_of_it_is_written(day: Day) -> None:
    of_renewals = {"SUB": 2 * MANY, "J": MANY}
    assert len(day.called) == MANY
    assert {what: units for what, units in day.billed.writes.items() if what in of_renewals} == of_renewals
    assert not any(what.startswith("index") for what in day.billed.writes)


def test_what_the_day_writes_beside_its_renewals_stays_below_a_hundredth_of_them(day: Day) -> None:
    others = {what: units for what, units in day.billed.writes.items() if what not in ("SUB", "J")}
    assert others.keys() == {"RUN", "BOOKMARK", "BOOKINGS"}  # progress, how far it was read, call times
    # A plan's progress: when the day begins, when it is handed out, and after each group that billed some of it.
    assert others["RUN"] <= PLANS * (1 + 1 + GROUPS)
    assert others["BOOKMARK"] <= PLANS
    assert others["BOOKINGS"] <= 1


def test_each_renewal_is_read_once_and_what_finds_it_costs_a_tenth_of_that(day: Day) -> None:
    assert day.billed.reads["SUB"] == MANY
    assert day.billed.reads["index slots"] <= 0.05 * MANY  # handed out, and counted when the day begins
    assert day.billed.reads["batch"] == 0.5 * MANY  # its key
    assert day.billed.read_units - 1.5 * MANY <= 0.12 * MANY


def test_the_audit_of_a_renewal_costs_half_a_read_unit_and_hardly_a_write(day: Day) -> None:
    assert day.audited.reads["batch"] == 0.5 * MANY
    assert day.audited.reads["index slots"] <= 0.025 * MANY
    assert day.audited.read_units <= 0.6 * MANY
    assert day.audited.writes.keys() == {"BOOKMARK"}
    assert day.audited.write_units <= 5 * PLANS


def test_the_queue_is_asked_a_few_times_for_each_group(day: Day) -> None:
    workers = [one for one in day.invocations if one.function == "bill_worker"]
    assert len(workers) <= day.groups <= GROUPS
    assert day.queue_requests <= 1 + 2 * GROUPS  # they are sent together; each is received and deleted


def test_a_renewal_logs_one_line_and_its_share_of_a_redo_line_in_little_more_than_six_hundred_bytes(day: Day) -> None:
    assert day.log_bytes - day.metric_bytes <= 640 * MANY


def test_the_model_of_the_preview_counts_as_the_meter_does(day: Day) -> None:
    counted = day.usage(Setup().worker_mb, 512, 444)
    calls = calls_usage(MANY, 0, 0, Pace(RATE), Setup(), PLANS)
    runs = schedule_usage(24.0, Setup(), plans=PLANS)
    assert calls.write_units == pytest.approx(counted.write_units, rel=0.01)
    assert calls.read_units + runs.read_units == pytest.approx(counted.read_units, rel=0.05)
    assert calls.worker_gb_seconds == pytest.approx(counted.worker_gb_seconds, rel=0.1)
    assert calls.log_bytes + runs.log_bytes == pytest.approx(counted.log_bytes, rel=0.05)
