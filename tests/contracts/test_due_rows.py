"""What every due index promises: sparse, in the order of time, exact at its bounds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.ports import DueIndex, DueRow, Reading, Store
from tests.fakes.clock import START
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PARTNER, mandate, msisdn, pending

MICROSECOND, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
LATER = START + timedelta(days=365)


def _waiting(store: Store, id: str, timers: dict[Timer, datetime], last_digits: int = 123) -> Subscription:
    subscription, entry = pending(id, number=msisdn(last_digits))
    waiting = replace(subscription, timers=timers)
    return store.create(waiting, entry)


def _all(due: DueIndex, rail: RailName = RailName.INFOMEDIA, until: datetime = LATER) -> list[DueRow]:
    rows = [row for shard in range(due.shards) for row in due.rows(rail, shard, None, until, 100)]
    return sorted(rows, key=lambda row: row.position)


def _ids(rows: Iterable[DueRow]) -> list[str]:
    return [row.subscription_id for row in rows]


def _read_on(due: DueIndex, limit: int) -> list[str]:
    """All ids, read a few at a time, each reading from the last position on."""
    read: list[str] = []
    for shard in range(due.shards):
        after = None
        while rows := due.rows(RailName.INFOMEDIA, shard, after, LATER, limit):
            assert len(rows) <= limit
            read += _ids(rows)
            assert len(read) <= 50, "the reading has no end"
            after = rows[-1].position
    return read


def _shard_of(due: DueIndex, id: str) -> int:
    (shard,) = (
        shard for shard in range(due.shards) if id in _ids(due.rows(RailName.INFOMEDIA, shard, None, LATER, 100))
    )
    return shard


def test_a_row_names_the_subscription_and_its_earliest_timer(store: Store, due: DueIndex) -> None:
    _waiting(store, "SUB1", {Timer.BILL: START + MINUTE, Timer.ACTIVITY: START})
    (row,) = _all(due)
    assert (row.partner, row.subscription_id, row.rail, row.timer) == (
        PARTNER,
        "SUB1",
        RailName.INFOMEDIA,
        Timer.ACTIVITY,
    )


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
    rows = [
        row for shard in range(due.shards) for row in due.rows(RailName.INFOMEDIA, shard, due.position(at), LATER, 100)
    ]
    assert _ids(rows) == ["AT"]
    first, second = _all(due)
    assert first.position < due.position(at) < second.position


def test_a_reading_that_starts_beyond_its_end_finds_nothing(store: Store, due: DueIndex) -> None:
    _waiting(store, "SUB1", {Timer.BILL: START})
    shard = _shard_of(due, "SUB1")
    assert due.rows(RailName.INFOMEDIA, shard, due.position(LATER), START, 100) == []
    assert due.rows(RailName.INFOMEDIA, shard, _all(due)[0].position, START, 100) == []


def test_every_row_lies_in_one_shard_and_all_shards_are_used(store: Store, due: DueIndex) -> None:
    for n in range(20):
        _waiting(store, f"SUB{n}", {Timer.BILL: START}, n)
    shares = [len(due.rows(RailName.INFOMEDIA, shard, None, LATER, 100)) for shard in range(due.shards)]
    assert sum(shares) == 20
    assert all(shares)


def test_rails_are_read_apart(store: Store, due: DueIndex) -> None:
    _waiting(store, "PHONE", {Timer.BILL: START})
    bank, entry = pending("BANK", plan=BANK_PLAN, service=BANK_SERVICE, number=msisdn(124), mandate=mandate())
    bank = store.create(bank, entry)
    assert _ids(_all(due, RailName.INFOMEDIA)) == ["PHONE"]
    assert _ids(_all(due, RailName.SIGNZY)) == ["BANK"]


@pytest.mark.parametrize("reading", list(Reading))
@pytest.mark.parametrize("rail", list(RailName))
def test_a_cursor_is_kept_for_each_reading_rail_and_shard(due: DueIndex, reading: Reading, rail: RailName) -> None:
    assert due.cursor(reading, rail, 0) is None
    due.save_cursor(reading, rail, 0, due.position(START))
    due.save_cursor(reading, rail, 1, due.position(LATER))
    due.save_cursor(reading, rail, 0, due.position(START + MINUTE))
    assert due.cursor(reading, rail, 0) == due.position(START + MINUTE)
    assert due.cursor(reading, rail, 1) == due.position(LATER)
    assert [due.cursor(reading, other, 0) for other in RailName if other is not rail] == [None]
    assert [due.cursor(other, rail, 0) for other in Reading if other is not reading] == [None]


def test_a_reading_that_starts_over_has_no_cursor(due: DueIndex) -> None:
    due.save_cursor(Reading.SWEEP, RailName.SIGNZY, 0, due.position(START))
    due.save_cursor(Reading.SWEEP, RailName.SIGNZY, 0, None)
    assert due.cursor(Reading.SWEEP, RailName.SIGNZY, 0) is None
