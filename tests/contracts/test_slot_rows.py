"""What every index of slots promises: in the order of slots, exact at its bounds, and the same from bill to bill."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.ending import When, cancel
from pinbill.domain.pausing import pause, resume
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.slots import Cohort, Slot
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer
from pinbill.usecases.ports.due import SlotIndex, SlotRow
from pinbill.usecases.ports.store import Store
from tests.contracts.renewing import ANCHOR, claimed, renewing, settled
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, MONTHLY, PHONE_PLAN, mandate, msisdn, pending

MONTHS = Cohort(RailName.INFOMEDIA, PHONE_PLAN.partner, PHONE_PLAN.id, PHONE_PLAN.zone, MONTHLY)
FIRST, LAST = Slot(0, 0, time.min), Slot(9999, 31, time.max)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
UNKNOWN = BillResult(AttemptState.UNKNOWN, code="timeout")
DECLINED = BillResult(AttemptState.DECLINED, code="AA", failure=FailureClass.SOFT)


def _rows(slots: SlotIndex, cohort: Cohort = MONTHS, first: Slot = FIRST, last: Slot = LAST) -> list[SlotRow]:
    return list(slots.rows(cohort, first, last, None, 100))


def _ids(slots: SlotIndex, cohort: Cohort = MONTHS, first: Slot = FIRST, last: Slot = LAST) -> list[str]:
    return [row.subscription_id for row in _rows(slots, cohort, first, last)]


def _at(day: int, at: time) -> Slot:
    return Slot(0, day, at)


def test_a_row_is_the_slot_of_the_anchor(store: Store, slots: SlotIndex) -> None:
    subscription = renewing(store)
    assert _rows(slots, subscription.cohort) == [SlotRow(_at(6, time(9, 30, 15)), "SUB1")]


@pytest.mark.parametrize(
    ("recurrence", "slot"),
    [
        (Recurrence(Unit.DAY, 1), Slot(0, 0, time(9, 30, 15))),
        (Recurrence(Unit.DAY, 366), Slot(ANCHOR.toordinal() % 366, 0, time(9, 30, 15))),
        (Recurrence(Unit.WEEK, 1), Slot(ANCHOR.toordinal() % 7, 0, time(9, 30, 15))),
        (Recurrence(Unit.WEEK, 52), Slot(ANCHOR.toordinal() % 364, 0, time(9, 30, 15))),
        (Recurrence(Unit.MONTH, 12), Slot(10, 6, time(9, 30, 15))),
    ],
)
def test_a_slot_of_every_calendar_comes_back_as_it_was(
    store: Store, slots: SlotIndex, recurrence: Recurrence, slot: Slot
) -> None:
    subscription = renewing(store, plan=replace(PHONE_PLAN, recurrence=recurrence))
    assert subscription.slot == slot
    assert _rows(slots, subscription.cohort) == [SlotRow(slot, "SUB1")]
    assert _rows(slots, subscription.cohort, slot, slot) == [SlotRow(slot, "SUB1")]


def _in_order(store: Store) -> list[str]:
    """Subscriptions of one cohort, created in another order than that of their slots; ids in that of the slots."""
    anchors = {
        "E": ANCHOR + DAY,
        "B": ANCHOR,
        "C": ANCHOR + SECOND,
        "A": ANCHOR.replace(day=1, hour=23),
        "Bb": ANCHOR,
        "F": ANCHOR.replace(day=31, hour=0, minute=0, second=0),
        "B0": ANCHOR,
        "D": ANCHOR.replace(hour=23, minute=59, second=59),
    }
    for n, (id, anchor) in enumerate(anchors.items()):
        renewing(store, id, anchor, last_digits=n)
    return ["A", "B", "B0", "Bb", "C", "D", "E", "F"]


def test_rows_come_in_the_order_of_slots_and_then_of_ids(store: Store, slots: SlotIndex) -> None:
    expected = _in_order(store)
    assert _ids(slots) == expected


def test_months_of_a_year_are_apart_by_their_phase_before_the_day(store: Store, slots: SlotIndex) -> None:
    plan = replace(PHONE_PLAN, recurrence=Recurrence(Unit.MONTH, 12))
    for n, month in enumerate((12, 9, 10, 11, 1)):  # phase 0 is December
        renewing(store, f"M{month}", ANCHOR.replace(month=month), plan, n)
    cohort = replace(MONTHS, recurrence=plan.recurrence)
    assert _ids(slots, cohort) == ["M12", "M1", "M9", "M10", "M11"]
    assert _ids(slots, cohort, Slot(9, 6, time.min), Slot(10, 6, time.max)) == ["M9", "M10"]


def test_bounds_are_included_and_exact_to_the_second(store: Store, slots: SlotIndex) -> None:
    _in_order(store)
    at = time(9, 30, 15)
    assert _ids(slots, first=_at(6, at), last=_at(6, at)) == ["B", "B0", "Bb"]
    assert _ids(slots, first=_at(6, time(9, 30, 14)), last=_at(6, time(9, 30, 16))) == ["B", "B0", "Bb", "C"]
    assert _ids(slots, first=_at(6, time(9, 30, 16)), last=_at(6, time.max)) == ["C", "D"]
    assert _ids(slots, first=_at(6, time(9, 30, 17)), last=_at(6, time(23, 59, 58))) == []
    assert _ids(slots, first=_at(7, time.min), last=_at(7, time.max)) == ["E"]
    assert _ids(slots, first=_at(31, time.min), last=_at(31, time.min)) == ["F"]


def test_a_part_of_a_second_in_a_bound_hides_no_slot(store: Store, slots: SlotIndex) -> None:
    """Stretches of time begin and end at any microsecond, slots come up at whole seconds."""
    renewing(store)
    before, after = time(9, 30, 14, 999_999), time(9, 30, 15, 1)
    assert _ids(slots, first=_at(6, before), last=_at(6, after)) == ["SUB1"]
    assert _ids(slots, first=_at(6, time.min), last=_at(6, before)) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_a_reading_goes_on_after_its_last_row_without_gap_or_repeat(store: Store, slots: SlotIndex, limit: int) -> None:
    expected = _in_order(store)
    read: list[str] = []
    after: SlotRow | None = None
    while rows := slots.rows(MONTHS, FIRST, LAST, after, limit):
        assert len(rows) <= limit
        read += [row.subscription_id for row in rows]
        assert len(read) <= len(expected), "the reading has no end"
        after = rows[-1]
    assert read == expected


def test_a_reading_goes_on_after_a_row_that_is_gone(store: Store, slots: SlotIndex) -> None:
    _in_order(store)
    gone = SlotRow(_at(6, ANCHOR.time()), "B1")
    assert [row.subscription_id for row in slots.rows(MONTHS, FIRST, LAST, gone, 2)] == ["Bb", "C"]


def test_a_reading_that_goes_on_stays_within_its_bounds(store: Store, slots: SlotIndex) -> None:
    _in_order(store)
    first, last = _at(6, ANCHOR.time()), _at(6, time.max)
    (b,) = slots.rows(MONTHS, first, last, None, 1)
    assert [row.subscription_id for row in slots.rows(MONTHS, first, last, b, 100)] == ["B0", "Bb", "C", "D"]
    before = SlotRow(_at(1, time.min), "Z")
    assert [row.subscription_id for row in slots.rows(MONTHS, first, last, before, 1)] == ["B"]
    beyond = SlotRow(_at(31, time.max), "Z")
    assert list(slots.rows(MONTHS, first, last, beyond, 100)) == []


def test_bounds_that_cross_hold_nothing(store: Store, slots: SlotIndex) -> None:
    _in_order(store)
    assert _ids(slots, first=_at(7, time.min), last=_at(6, time.max)) == []


def test_cohorts_are_read_apart(store: Store, slots: SlotIndex) -> None:
    plans = {
        "OURS": PHONE_PLAN,
        "PARTNER": replace(PHONE_PLAN, partner="acm"),
        "PLAN": replace(PHONE_PLAN, id="news"),
        "ZONE": replace(PHONE_PLAN, zone="Europe/Dublin"),
        "UNIT": replace(PHONE_PLAN, recurrence=Recurrence(Unit.WEEK, 1)),
        "COUNT": replace(PHONE_PLAN, recurrence=Recurrence(Unit.MONTH, 11)),
    }
    cohorts = {id: renewing(store, id, plan=plan, last_digits=n).cohort for n, (id, plan) in enumerate(plans.items())}
    assert {id: _ids(slots, cohort) for id, cohort in cohorts.items()} == {id: [id] for id in plans}
    assert _ids(slots, replace(MONTHS, rail=RailName.SIGNZY)) == []


def test_what_does_not_renew_yet_has_no_slot(store: Store, slots: SlotIndex) -> None:
    store.create(*pending())
    store.create(*pending("BANK", plan=BANK_PLAN, service=BANK_SERVICE, number=msisdn(9), mandate=mandate()))
    assert _ids(slots) == []
    assert _ids(slots, Cohort(RailName.SIGNZY, BANK_PLAN.partner, BANK_PLAN.id, BANK_PLAN.zone, MONTHLY)) == []


def test_a_slot_stays_as_it_is_through_claims_and_settlements(store: Store, slots: SlotIndex) -> None:
    subscription = renewing(store)
    row = _rows(slots)
    for _ in range(3):
        subscription = claimed(store, subscription)
        assert _rows(slots) == row
        subscription = settled(store, subscription)
        assert _rows(slots) == row
    assert subscription.next_period == 5


@pytest.mark.parametrize("result", [UNKNOWN, DECLINED], ids=["unknown", "declined"])
def test_a_bill_that_was_not_paid_keeps_its_slot(store: Store, slots: SlotIndex, result: BillResult) -> None:
    subscription = renewing(store)
    row = _rows(slots)
    settled(store, claimed(store, subscription), result)
    assert _rows(slots) == row


def test_a_pause_takes_the_slot_away_and_a_resume_brings_the_new_one(store: Store, slots: SlotIndex) -> None:
    subscription = renewing(store)
    now = subscription.timers[Timer.BILL] - 10 * DAY
    paused = pause(subscription, now)
    assert paused is not None
    store.commit(paused)
    assert _ids(slots) == []
    resumed = resume(paused.after, now + DAY + SECOND)
    assert resumed is not None
    store.commit(resumed)
    assert _rows(slots) == [SlotRow(_at(7, time(9, 30, 16)), "SUB1")]


@pytest.mark.parametrize("when", list(When))
def test_a_cancel_takes_the_slot_away_also_one_at_the_end_of_the_period(
    store: Store, slots: SlotIndex, when: When
) -> None:
    subscription = renewing(store)
    cancelled = cancel(subscription, when, "test", subscription.timers[Timer.BILL] - DAY)
    assert cancelled is not None
    store.commit(cancelled)
    assert _ids(slots) == []


def test_an_end_takes_the_slot_away(store: Store, slots: SlotIndex) -> None:
    store.commit(Change.of(renewing(store)).set(state=State.ENDED))
    assert _ids(slots) == []


def test_a_bill_that_is_still_due_is_told_from_one_that_was_billed(store: Store, slots: SlotIndex) -> None:
    paid, open_, due = (renewing(store, id, last_digits=n) for n, id in enumerate(["PAID", "OPEN", "DUE"]))
    at = due.timers[Timer.BILL]
    settled(store, claimed(store, paid))
    settled(store, claimed(store, open_), UNKNOWN)
    assert _unbilled(slots, {"PAID": at, "OPEN": at, "DUE": at, "NOBODY": at}) == ["DUE"]


def test_a_bill_is_due_from_its_time_on(store: Store, slots: SlotIndex) -> None:
    at = renewing(store).timers[Timer.BILL]
    assert _unbilled(slots, {"SUB1": at - SECOND}) == []
    assert _unbilled(slots, {"SUB1": at}) == ["SUB1"]
    assert _unbilled(slots, {"SUB1": at + DAY}) == ["SUB1"]


def test_a_retry_that_is_planned_for_later_is_not_due_yet(store: Store, slots: SlotIndex) -> None:
    subscription = renewing(store)
    at = subscription.timers[Timer.BILL]
    settled(store, claimed(store, subscription), DECLINED)
    assert _unbilled(slots, {"SUB1": at}) == []


def test_nobody_is_asked_about_where_nobody_came_up(slots: SlotIndex) -> None:
    assert _unbilled(slots, {}) == []


def test_another_partners_subscription_is_not_told_of(store: Store, slots: SlotIndex) -> None:
    at = renewing(store).timers[Timer.BILL]
    assert list(slots.unbilled("acm", {"SUB1": at})) == []


def test_as_many_are_asked_about_at_once_as_came_up(store: Store, slots: SlotIndex) -> None:
    renewals: dict[str, datetime] = {f"NOBODY{n}": ANCHOR.astimezone() for n in range(230)}
    renewals["SUB1"] = renewing(store).timers[Timer.BILL]
    assert _unbilled(slots, renewals) == ["SUB1"]


def _unbilled(slots: SlotIndex, renewals: dict[str, datetime]) -> list[str]:
    return list(slots.unbilled(PHONE_PLAN.partner, renewals))
