"""What every due index promises: sparse, in the order of time, exact at its bounds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.subscription import QUIET_TIMERS, Subscription, Timer
from pinbill.usecases.ports.due import QUIET, DueIndex, DueRow
from pinbill.usecases.ports.store import Store
from tests.contracts.renewing import renewing
from tests.fakes.clock import START
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PARTNER, PHONE_PLAN, PHONE_SERVICE, mandate, msisdn, pending

MICROSECOND, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
LATER = START + timedelta(days=365)


def _waiting(store: Store, id: str, timers: dict[Timer, datetime], last_digits: int = 123) -> Subscription:
    subscription, entry = pending(id, number=msisdn(last_digits))
    waiting = replace(subscription, timers=timers)
    return store.create(waiting, entry)


def _all(
    due: DueIndex, rail: RailName = RailName.INFOMEDIA, until: datetime = LATER, partner: str = PARTNER
) -> list[DueRow]:
    shards = [QUIET, *range(due.shards)]
    rows = [row for shard in shards for row in due.rows(rail, partner, shard, None, until, 100)]
    return sorted(rows, key=lambda row: row.position)


def _rows(due: DueIndex, shard: int, after: str | None = None, until: datetime = LATER) -> list[DueRow]:
    return list(due.rows(RailName.INFOMEDIA, PARTNER, shard, after, until, 100))


def _ids(rows: Iterable[DueRow]) -> list[str]:
    return [row.subscription_id for row in rows]


def _read_on(due: DueIndex, limit: int) -> list[str]:
    """All ids, read a few at a time, each reading from the last position on."""
    read: list[str] = []
    for shard in range(due.shards):
        after = None
        while rows := due.rows(RailName.INFOMEDIA, PARTNER, shard, after, LATER, limit):
            assert len(rows) <= limit
            read += _ids(rows)
            assert len(read) <= 50, "the reading has no end"
            after = rows[-1].position
    return read


def _shard_of(due: DueIndex, id: str) -> int:
    (shard,) = (shard for shard in range(due.shards) if id in _ids(_rows(due, shard)))
    return shard


def test_a_row_names_the_subscription_and_its_earliest_timer(store: Store, due: DueIndex) -> None:
    _waiting(store, "SUB1", {Timer.BILL: START + MINUTE, Timer.ACTIVITY: START})
    (row,) = _all(due)
    assert (row.at, row.partner, row.subscription_id) == (START, PARTNER, "SUB1")
    assert (row.plan_id, row.timer) == (PHONE_PLAN.id, Timer.ACTIVITY)


def test_a_subscription_that_waits_for_nothing_has_no_row(store: Store, due: DueIndex) -> None:
    _waiting(store, "SUB1", {})
    assert _all(due) == []


def test_a_row_appears_moves_and_disappears_with_the_timers(store: Store, due: DueIndex) -> None:
    subscription = _waiting(store, "SUB1", {Timer.EXPIRY: START})
    moved = Change.of(subscription).timers({Timer.EXPIRY: None, Timer.BILL: START + MINUTE})
    store.commit(moved)
    (row,) = _all(due)
    assert row.timer is Timer.BILL
    assert _all(due, until=START) == []
    store.commit(Change.of(moved.after).timers({Timer.BILL: None}))
    assert _all(due) == []


def test_rows_come_in_the_order_of_time(store: Store, due: DueIndex) -> None:
    at = [START + MINUTE, START, START + timedelta(days=40), START + MICROSECOND, START + timedelta(seconds=1)]
    for n, when in enumerate(at):
        _waiting(store, f"SUB{n}", {Timer.BILL: when}, n)
    assert _ids(_all(due)) == ["SUB1", "SUB3", "SUB4", "SUB0", "SUB2"]


def test_until_is_exact_to_the_microsecond(store: Store, due: DueIndex) -> None:
    _waiting(store, "SUB1", {Timer.BILL: START + MICROSECOND})
    assert _ids(_all(due, until=START + MICROSECOND)) == ["SUB1"]
    assert _all(due, until=START) == []


def test_a_reading_goes_on_after_its_last_position_without_gap_or_repeat(store: Store, due: DueIndex) -> None:
    ids = [f"SUB{n:02}" for n in range(24)]
    for n, id in enumerate(ids):
        _waiting(store, id, {Timer.BILL: START + (n // 4) * MICROSECOND}, n)
    assert sorted(_read_on(due, 2)) == ids


def test_an_id_that_begins_like_the_last_one_read_is_not_skipped(store: Store, due: DueIndex) -> None:
    for n, id in enumerate(["SUB1", "SUB1A", "SUB10", "SUB1a"]):
        _waiting(store, id, {Timer.BILL: START}, n)
    assert sorted(_read_on(due, 1)) == ["SUB1", "SUB10", "SUB1A", "SUB1a"]


def test_the_position_of_a_time_stands_before_what_is_due_then_and_after_what_was_due_before(
    store: Store, due: DueIndex
) -> None:
    before, at = START - MICROSECOND, START
    _waiting(store, "BEFORE", {Timer.BILL: before}, 1)
    _waiting(store, "AT", {Timer.BILL: at}, 2)
    rows = [row for shard in range(due.shards) for row in _rows(due, shard, due.position(at))]
    assert _ids(rows) == ["AT"]
    first, second = _all(due)
    assert first.position < due.position(at) < second.position


def test_a_reading_that_starts_beyond_its_end_finds_nothing(store: Store, due: DueIndex) -> None:
    _waiting(store, "SUB1", {Timer.BILL: START})
    shard = _shard_of(due, "SUB1")
    assert _rows(due, shard, due.position(LATER), START) == []
    assert _rows(due, shard, _all(due)[0].position, START) == []


def test_every_row_lies_in_one_shard_and_all_shards_are_used(store: Store, due: DueIndex) -> None:
    for n in range(20):
        _waiting(store, f"SUB{n}", {Timer.BILL: START}, n)
    shares = [len(_rows(due, shard)) for shard in range(due.shards)]
    assert sum(shares) == 20
    assert all(shares)


@pytest.mark.parametrize("timer", list(Timer))
def test_what_needs_no_call_of_a_provider_lies_in_a_shard_of_its_own(store: Store, due: DueIndex, timer: Timer) -> None:
    """Calls are handed out as the quota allows; the end of a grace must not wait behind them."""
    _waiting(store, "SUB1", {timer: START})
    shards = [shard for shard in (QUIET, *range(due.shards)) if _rows(due, shard)]
    assert (shards == [QUIET]) == (timer in QUIET_TIMERS)
    assert len(shards) == 1


def test_a_row_moves_to_the_other_shards_with_its_earliest_timer(store: Store, due: DueIndex) -> None:
    subscription = _waiting(store, "SUB1", {Timer.DUNNING: START, Timer.BILL: START + MINUTE})
    assert [row.timer for row in _rows(due, QUIET)] == [Timer.DUNNING]
    store.commit(Change.of(subscription).timers({Timer.DUNNING: START + 2 * MINUTE}))
    assert _rows(due, QUIET) == []
    assert [row.timer for row in _all(due)] == [Timer.BILL]


def test_rails_are_read_apart(store: Store, due: DueIndex) -> None:
    _waiting(store, "PHONE", {Timer.BILL: START})
    bank, entry = pending("BANK", plan=BANK_PLAN, service=BANK_SERVICE, number=msisdn(124), mandate=mandate())
    bank = store.create(bank, entry)
    assert _ids(_all(due, RailName.INFOMEDIA)) == ["PHONE"]
    assert _ids(_all(due, RailName.SIGNZY)) == ["BANK"]


def test_partners_are_read_apart(store: Store, due: DueIndex) -> None:
    _waiting(store, "OURS", {Timer.BILL: START})
    theirs, entry = pending(
        "THEIRS", plan=replace(PHONE_PLAN, partner="acm"), service=replace(PHONE_SERVICE, partner="acm")
    )
    store.create(theirs, entry)
    assert _ids(_all(due)) == ["OURS"]
    assert _ids(_all(due, partner="acm")) == ["THEIRS"]
    assert _all(due, partner="ac") == []


def test_a_bill_that_its_slot_brings_up_has_no_row(store: Store, due: DueIndex) -> None:
    renewing(store, "SUB1")
    assert _all(due) == []


def test_what_a_slot_does_not_bring_up_has_a_row_beside_it(store: Store, due: DueIndex) -> None:
    subscription = renewing(store, "SUB1")
    store.commit(Change.of(subscription).timers({Timer.ACTIVITY: START}))
    (row,) = _all(due)
    assert (row.at, row.timer) == (START, Timer.ACTIVITY)


def test_a_bill_that_is_tried_again_has_a_row_and_loses_it_when_its_slot_has_the_next_one(
    store: Store, due: DueIndex
) -> None:
    subscription = renewing(store, "SUB1")
    start = subscription.timers[Timer.BILL]
    retry = Change.of(subscription).timers({Timer.BILL: start + MINUTE})
    store.commit(retry)
    assert [(row.at, row.timer) for row in _all(due)] == [(start + MINUTE, Timer.BILL)]
    assert subscription.schedule is not None
    store.commit(Change.of(retry.after).set(next_period=3).timers({Timer.BILL: subscription.schedule.start(3)}))
    assert _all(due) == []


def test_a_start_that_had_passed_has_a_row_although_it_is_a_slot(store: Store, due: DueIndex) -> None:
    """It does not come up again: its bill is put just before it."""
    subscription = renewing(store, "SUB1")
    start = subscription.timers[Timer.BILL]
    store.commit(Change.of(subscription).timers({Timer.BILL: start - MICROSECOND}))
    assert [row.at for row in _all(due)] == [start - MICROSECOND]
