"""Each way in which a period may end, or wait, is named; and what must not be is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pinbill.domain.attempts import Attempt, FailureClass, Obligation
from pinbill.domain.catalog import CatchUp
from pinbill.domain.coverage import PATIENCE, Outcome
from pinbill.domain.ending import When
from pinbill.domain.journal import EntryKind
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.settlement import settle_late
from pinbill.domain.subscription import Timer
from pinbill.domain.timeline import month_of
from tests.unit.domain.journals import Played, flaws, numbered, outcomes
from tests.unit.domain.samples import BANK, DAY, HOUR, NOT_CHARGED, NOW, PAID, PENDING, UNKNOWN, declined

DAILY = Recurrence(Unit.DAY, 1)
PAID_ONCE = (1, Outcome.PAID, "")


def test_periods_that_were_billed_are_paid() -> None:
    played = Played().start().bill().bill()
    assert played.outcomes() == [(1, Outcome.PAID, ""), (2, Outcome.PAID, ""), (3, Outcome.PAID, "")]


def test_the_free_time_is_an_outcome_of_its_own() -> None:
    assert Played(trial_days=7).start().bill().outcomes() == [(0, Outcome.FREE, "trial"), PAID_ONCE]


def test_a_period_that_was_asked_for_in_vain_is_given_up() -> None:
    played = Played(recurrence=DAILY).start().bill(declined()).later(days=1).bill()
    assert played.outcomes() == [PAID_ONCE, (2, Outcome.GIVEN_UP, "tries_used_up"), (3, Outcome.PAID, "")]


@pytest.mark.parametrize(
    ("catch_up", "rule", "paid"),
    [
        (CatchUp.BILL_EACH, "catch_up_cap", (4, 5, 6)),
        (CatchUp.BILL_LATEST, "catch_up_bill_latest", (6,)),
        (CatchUp.FORGIVE, "catch_up_forgive", (7, 8)),
    ],
)
def test_what_an_outage_has_left_is_paid_or_forgiven_by_the_plan(
    catch_up: CatchUp, rule: str, paid: tuple[int, ...]
) -> None:
    played = Played(catch_up=catch_up, recurrence=DAILY).start().later(days=5, hours=1)
    while played.subscription.next_period <= max(paid):
        played.bill()
    last = max(paid) + 1
    expected = [(n, Outcome.PAID, "") if n in (1, *paid) else (n, Outcome.FORGIVEN, rule) for n in range(1, last)]
    assert played.outcomes() == expected


def test_a_declined_period_is_in_grace_then_held_then_ended() -> None:
    played = Played().start().bill(declined(None))
    assert played.outcomes() == [PAID_ONCE, (2, Outcome.IN_GRACE, "")]
    assert played.dun().outcomes() == [PAID_ONCE, (2, Outcome.HELD, "")]
    assert played.dun().outcomes() == [PAID_ONCE, (2, Outcome.ENDED, "not_paid")]


def test_a_hard_decline_ends_the_period_with_the_subscription() -> None:
    played = Played().start().bill(declined(FailureClass.HARD))
    assert played.outcomes() == [PAID_ONCE, (2, Outcome.ENDED, "bill_failed")]


def test_an_outcome_that_nobody_knows_is_open_until_its_deadline() -> None:
    played = Played().start().bill(UNKNOWN)
    (_, row) = played.covered().rows
    assert (row.outcome, row.rule, row.until) == (Outcome.OPEN, "unknown", played.subscription.decide_by)


def test_a_first_bill_that_is_pending_is_open_although_no_period_has_begun() -> None:
    assert Played(BANK).start(PENDING).outcomes() == [(1, Outcome.OPEN, "pending")]


def test_the_period_behind_an_open_one_waits_for_it() -> None:
    played = Played(recurrence=DAILY).start().bill(UNKNOWN).later(days=1)
    assert played.outcomes() == [PAID_ONCE, (2, Outcome.OPEN, "unknown"), (3, Outcome.OPEN, "behind period 2")]


def test_an_open_attempt_that_nobody_looks_at_is_missing() -> None:
    played = Played().start().bill(UNKNOWN)
    played.subscription = replace(played.subscription, timers={})
    assert flaws(played.covered()) == ["missing"]


def test_what_is_due_is_missing_after_a_day() -> None:
    played = Played().start()
    played.now = played.subscription.timers[Timer.BILL] + PATIENCE
    assert played.outcomes() == [PAID_ONCE, (2, Outcome.DUE, "")]
    missing = played.later(seconds=1).covered()
    assert outcomes(missing)[-1] == (2, Outcome.MISSING, "not billed when it was due")
    assert flaws(missing) == ["missing"]


def test_what_an_operator_has_stopped_is_not_missing() -> None:
    played = Played().start().later(days=40)
    covered = played.covered(stopped_by="everything")
    assert outcomes(covered)[-1] == (2, Outcome.STOPPED, "everything")
    assert covered.findings == ()


def test_a_live_period_that_no_timer_will_bill_is_missing_at_once() -> None:
    played = Played().start()
    played.now = played.subscription.timers[Timer.BILL]
    played.subscription = replace(played.subscription, timers={Timer.ACTIVITY: played.now})
    assert outcomes(played.covered())[-1] == (2, Outcome.MISSING, "no bill is planned")


def test_a_bill_that_skips_a_period_is_found() -> None:
    played = Played().start()
    played.now = played.subscription.timers[Timer.BILL]
    assert played.subscription.schedule is not None
    played.subscription = replace(played.subscription, timers={Timer.BILL: played.subscription.schedule.start(3)})
    assert outcomes(played.covered())[-1] == (2, Outcome.MISSING, "its bill is planned for later")


def test_nothing_begins_in_a_pause_and_later_periods_begin_so_much_later() -> None:
    played = Played().start().later(days=10).pause().later(days=60)
    assert played.outcomes() == [PAID_ONCE, (2, Outcome.PAUSED, ""), (3, Outcome.PAUSED, "")]
    played.resume().bill()
    first, second = played.covered().rows
    assert (second.outcome, second.starts - first.starts) == (Outcome.PAID, timedelta(days=90))
    assert played.covered().findings == ()


def test_a_subscription_that_is_cancelled_in_its_pause_has_no_period_in_it() -> None:
    assert Played().start().later(days=10).pause().later(days=60).cancel().outcomes() == [PAID_ONCE]


def test_no_period_begins_after_a_cancel() -> None:
    assert Played().start().later(days=3).cancel().later(days=90).outcomes() == [PAID_ONCE]
    assert Played().start().cancel(When.PERIOD_END).finish().later(days=90).outcomes() == [PAID_ONCE]


def test_what_was_due_when_it_was_cancelled_ended_unpaid() -> None:
    played = Played().start()
    played.now = played.subscription.timers[Timer.BILL] + HOUR
    assert played.cancel().outcomes() == [PAID_ONCE, (2, Outcome.ENDED, "test")]


def test_a_period_that_proves_to_be_paid_while_a_newer_attempt_is_open_is_paid_once() -> None:
    played = Played().start().bill(UNKNOWN)
    earlier = played.subscription.open_attempt
    assert earlier is not None
    played.settle(NOT_CHARGED)
    played.claim()
    closed = next(entry.attempt for entry in reversed(played.entries) if entry.attempt)
    played.write(settle_late(played.subscription, closed, PAID, played.now))
    assert played.outcomes() == [PAID_ONCE, (2, Outcome.PAID, "")]
    played.settle(NOT_CHARGED)
    assert played.outcomes() == [PAID_ONCE, (2, Outcome.PAID, "")]


def test_a_debit_beyond_what_is_owed_is_found_until_it_is_given_back() -> None:
    played = Played().start().bill(UNKNOWN)
    played.settle(NOT_CHARGED)
    denied = played.entries[-1].attempt
    assert denied is not None
    played.bill()
    played.write(settle_late(played.subscription, denied, PAID, played.now))
    assert flaws(played.covered()) == ["excess"]
    excess = played.entries[-1].attempt
    assert excess is not None
    seq = played.subscription.seq + 1
    refund = replace(played.entries[-1], seq=seq, kind=EntryKind.REFUNDED, attempt=excess, detail={"minor": 450})
    played.subscription, played.entries = replace(played.subscription, seq=seq), [*played.entries, refund]
    assert played.outcomes() == [PAID_ONCE, (2, Outcome.PAID, "")]


def test_a_lost_entry_is_found_even_where_the_numbers_have_no_gap() -> None:
    played = Played().start().bill().bill()
    assert flaws(played.covered()) == []
    played.entries = [entry for entry in played.entries if not _pays(entry.attempt, 2)]
    assert flaws(played.covered()) == ["hole", "missing"]
    played.entries = numbered(played.entries)
    played.subscription = replace(played.subscription, seq=len(played.entries))
    covered = played.covered()
    assert flaws(covered) == ["missing"]
    assert outcomes(covered)[1] == (2, Outcome.MISSING, "settled without an outcome")


def test_a_period_that_is_paid_twice_is_found() -> None:
    played = Played().start().bill()
    played.entries = numbered([*played.entries, played.entries[-1]])
    played.subscription = replace(played.subscription, seq=len(played.entries))
    assert flaws(played.covered()) == ["double"]


def test_a_period_that_is_paid_and_still_to_be_billed_is_found() -> None:
    played = Played().start().bill()
    played.subscription = replace(played.subscription, next_period=2)
    assert flaws(played.covered()) == ["double"]


def test_a_claim_without_an_end_is_found() -> None:
    played = Played().start().bill()
    played.subscription = replace(played.subscription, attempts=3)
    assert [finding.what for finding in played.covered().findings] == [
        "attempt S0001-3: it was claimed, and has no outcome"
    ]


def test_a_calendar_that_is_not_the_journals_is_found() -> None:
    played = Played().start()
    assert played.subscription.schedule is not None
    later = replace(played.subscription.schedule, anchor=played.subscription.schedule.anchor + DAY)
    played.subscription = replace(played.subscription, schedule=later)
    assert flaws(played.covered()) == ["calendar"]


def test_a_span_holds_the_periods_that_begin_in_it_its_end_not_included() -> None:
    played = Played(recurrence=DAILY).start()
    for _ in range(4):
        played.bill()
    assert outcomes(played.covered(NOW + DAY, NOW + 3 * DAY)) == [(2, Outcome.PAID, ""), (3, Outcome.PAID, "")]


def test_a_month_is_one_of_the_zone() -> None:
    assert month_of(2026, 12, "Asia/Kolkata") == (
        datetime(2026, 11, 30, 18, 30, tzinfo=UTC),
        datetime(2026, 12, 31, 18, 30, tzinfo=UTC),
    )
    assert month_of(2026, 10, "Europe/London")[0] == datetime(2026, 9, 30, 23, tzinfo=UTC)


def _pays(attempt: Attempt | None, period: int) -> bool:
    return attempt is not None and attempt.obligation == Obligation(period=period)
