"""Redo lines: the last state of what was written, in few bytes, without what may not leave the table."""

import base64
import json
import random
import secrets
import zlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult
from pinbill.domain.claims import claim_period
from pinbill.domain.dunning import Dunning
from pinbill.domain.sealed import Sealed
from pinbill.domain.settlement import settle
from pinbill.errors import RedoUnreadable
from pinbill.store.items import Item
from pinbill.store.journal_items import entry_out
from pinbill.store.redo import LINE, MOST, Redo, RedoLog, read
from pinbill.store.subscription_items import subscription_out
from pinbill.store.table import Delete, Put
from pinbill.store.tails import carrying
from tests.unit.store.typical import PHONE

SUB = {"pk": "P#acme#S#SUB1", "sk": "SUB"}
ENTRY = {"pk": "P#acme#S#SUB1", "sk": "J#0000000003"}
NOW = 1_770_000_000.5
MOST_OF_CLOUDWATCH = 256 * 1024
BYTES_OF_A_RENEWAL = 300


class Written:
    """A log of redo lines, and what stands in it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.log = RedoLog(self.texts.append, lambda: NOW)

    def put(self, row: Item, stamp: str = "W1") -> None:
        self.log.note([Put(row)], stamp)

    def told(self) -> list[Redo]:
        self.log.flush()
        return [redo for text in self.texts for redo in read(text)]


@pytest.fixture
def written() -> Written:
    return Written()


def test_a_row_is_told_whole_with_its_stamp_and_time(written: Written) -> None:
    row = {**SUB, "version": 8, "msisdn": b"\x00\xff sealed", "low": True, "list": [1, "ä", {"in": None}]}
    written.put({**row, "exact": Decimal("1.50")})

    [redo] = written.told()

    assert redo == Redo(
        ("P#acme#S#SUB1", "SUB"), int(NOW * 1000), {**row, "exact": Decimal("1.50"), "write_id": "W1"}, 7
    )
    assert written.texts[0].endswith("\n")
    assert written.texts[0].count("\n") == 1


def test_a_line_is_never_below_the_log_level(written: Written) -> None:
    written.put(SUB)
    written.log.flush()
    line = json.loads(written.texts[0])
    assert (line["level"], line["timestamp"]) == ("CRITICAL", "2026-02-02T02:40:00.500Z")


def test_of_a_row_that_was_written_again_only_the_last_is_told_with_the_version_before_the_first(
    written: Written,
) -> None:
    for version in (5, 6, 7):
        written.put({**SUB, "version": version}, f"W{version}")
    [redo] = written.told()
    assert (redo.version, redo.since) == (7, 4)


def test_threads_that_report_in_another_order_leave_the_newest_version(written: Written) -> None:
    written.put({**SUB, "version": 7}, "W7")
    written.put({**SUB, "version": 6}, "W6")
    [redo] = written.told()
    assert (redo.version, redo.since) == (7, 5)


def test_a_deleted_row_is_told_as_gone(written: Written) -> None:
    written.put({"pk": "P#acme#N#f00", "sk": "PLAN#weekly", "subscription": "SUB1"})
    written.log.note([Delete({"pk": "P#acme#N#f00", "sk": "PLAN#weekly"})], "W2")
    assert written.told() == [Redo(("P#acme#N#f00", "PLAN#weekly"), int(NOW * 1000), None)]


def test_an_entry_that_its_subscription_carries_is_not_told_twice(written: Written) -> None:
    entry = {**ENTRY, "seq": 3, "kind": "suspended"}
    written.put(carrying({**SUB, "version": 9}, entry), "W1")
    written.put(entry, "W1")
    assert [redo.place[1] for redo in written.told()] == ["SUB"]


def test_an_entry_that_its_subscription_no_longer_carries_is_told(written: Written) -> None:
    entry = {**ENTRY, "seq": 3, "kind": "suspended"}
    written.put(carrying({**SUB, "version": 9}, entry), "W1")
    written.put(entry, "W1")
    written.put({**SUB, "version": 10}, "W2")
    assert sorted(redo.place[1] for redo in written.told()) == ["J#0000000003", "SUB"]


@pytest.mark.parametrize(
    "row",
    [
        {**SUB, "version": 1, "msisdn": "+447700900123"},  # from before numbers were sealed
        {"pk": "P#acme#W", "sk": "E#hook1", "secrets": [{"sealed": "whsec_plain"}]},
        {"pk": "P#acme#W#hook1#LOG", "sk": "2026"},
        {"pk": "BOOKMARK#run#infomedia", "sk": "acme#1"},
        {"pk": "BOOKINGS#infomedia", "sk": "BOOKINGS"},
        {"pk": "RUN#infomedia#2026-11-05", "sk": "acme#weekly"},
    ],
    ids=lambda row: row["pk"],
)
def test_what_may_not_get_into_a_log_or_is_not_worth_it_is_not_told(written: Written, row: Item) -> None:
    written.put(row)
    assert written.told() == []
    assert written.texts == []


def test_rows_of_the_table_of_keys_are_not_told(written: Written) -> None:
    written.log.note([Put(SUB), Put({"pk": "P#acme#S#SUB1", "sk": "KEY"}, table="keys")], "W1")
    assert [redo.place[1] for redo in written.told()] == ["SUB"]


@pytest.mark.parametrize("kind", ["C#", "I#"])
def test_what_a_key_has_done_is_in_the_log_before_anybody_is_asked_for_money(written: Written, kind: str) -> None:
    written.log.note([Put({**SUB, "version": 2}), Put({"pk": SUB["pk"], "sk": f"{kind}{'a' * 64}"})], "W1")
    assert [redo.place[1][:2] for redo in read(written.texts[0])] == ["SU", kind]


def test_what_does_not_fit_into_a_line_makes_more_of_them(written: Written) -> None:
    rows = [{"pk": f"P#acme#S#SUB{n}", "sk": "SUB", "version": 1, "noise": secrets.token_hex(500)} for n in range(1500)]
    for row in rows:
        written.put(row)

    told = written.told()

    assert len(written.texts) > 1
    assert all(len(text.encode()) < MOST_OF_CLOUDWATCH for text in written.texts)
    assert [redo.row for redo in told] == [{**row, "write_id": "W1"} for row in rows]


def test_nothing_is_written_where_nothing_was_noted(written: Written) -> None:
    written.log.flush()
    assert written.texts == []


def _line(packed: str) -> str:
    return json.dumps({LINE: packed})


def _packed(told: Any) -> str:
    return base64.b85encode(zlib.compress(json.dumps(told).encode())).decode()


@pytest.mark.parametrize(
    "line",
    [
        f'{{"{LINE}": "cut off',
        _line("not base85 \x00"),
        _line(base64.b85encode(b"not compressed").decode()),
        _line(_packed([["row without a key"]])),
        _line(_packed([[1, {"sk": "SUB"}, 2]])),
        json.dumps({"other": LINE}) + f' "{LINE}"',
    ],
    ids=["cut", "letters", "bytes", "short", "no key", "two"],
)
def test_a_damaged_line_is_refused(line: str) -> None:
    with pytest.raises(RedoUnreadable):
        read(line)


def test_another_line_of_the_log_tells_nothing() -> None:
    assert read('{"message": "AttemptSettled"}') == []
    assert read("START RequestId: 1") == []


def test_a_renewal_takes_few_bytes_in_a_group_of_twenty(written: Written) -> None:
    rng = random.Random(1)
    for number in range(20):
        _renew(written, rng, number)
    written.log.flush()
    assert sum(map(len, written.texts)) / 20 < BYTES_OF_A_RENEWAL
    assert MOST < MOST_OF_CLOUDWATCH


def _renew(written: Written, rng: random.Random, number: int) -> None:
    """As the worker writes it, with all that differs from one subscription to the next made by chance."""
    started = PHONE.active(rng.randbytes(12).hex(), number)
    sealed = Sealed(f"+44********{number:02}", rng.randbytes(37))
    at = PHONE.due_at() + timedelta(microseconds=rng.randrange(3_000_000))
    started = replace(started, msisdn=sealed, fingerprint=rng.randbytes(16).hex(), version=rng.randrange(2000))
    claimed = claim_period(started, AttemptKind.RENEWAL, rng.randbytes(8).hex(), at).after
    assert claimed.open_attempt is not None
    written.put(subscription_out(claimed, 4), rng.randbytes(8).hex())
    paid = BillResult(AttemptState.PAID, "00", meaning="Billed.", provider_reference=rng.randbytes(18).hex())
    change = settle(claimed, claimed.open_attempt.id, paid, at + timedelta(seconds=rng.random()), Dunning())
    assert change is not None
    entry, stamp = entry_out(started.partner, started.id, change.entries[0]), rng.randbytes(8).hex()
    written.put(carrying(subscription_out(change.after, 4), entry), stamp)
    written.put(entry, stamp)
