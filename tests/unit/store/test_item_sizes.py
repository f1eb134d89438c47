"""Typical items fit into one write unit: a bigger subscription would double the price of every bill."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pinbill.domain.attempts import (
    MOST_EVIDENCE,
    Evidence,
    Source,
)
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.money import LARGEST_MINOR, Money
from pinbill.domain.subscription import Subscription
from pinbill.providers import results
from pinbill.store.identities import fingerprinted, sealed
from pinbill.store.items import Item, to_wire
from pinbill.store.journal_items import entry_out
from pinbill.store.numbers import Numbers
from pinbill.store.sealing import new_key
from pinbill.store.subscription_items import subscription_out
from pinbill.store.tails import carrying
from tests.fakes.dynamodb_sizes import item_size
from tests.fakes.units import WRITE_UNIT
from tests.unit.store.typical import ID, NOW, PARTNER, PHONE, RAILS, STAMP


def _item(subscription: Subscription, change: Change | None = None) -> Item:
    """As it is stored: with number and mandate sealed."""
    kept = sealed(fingerprinted(subscription, NUMBERS), new_key())
    item = {**subscription_out(kept, 16), "write_id": STAMP}
    if change is None:
        return item
    (entry,) = change.entries
    return carrying(item, entry_out(subscription.partner, subscription.id, entry))


def _row(change: Change) -> Item:
    (entry,) = change.entries
    return {**entry_out(PARTNER, ID, entry), "write_id": STAMP}


def _items(rail: RailName) -> Iterator[tuple[str, Item]]:
    """All that the bills of a rail write."""
    typical = RAILS[rail]
    yield "active", _item(typical.active())
    yield "claimed", _item(typical.claimed())
    pending = typical.settled(typical.pending)
    unknown = typical.settled(results.unknown_bill("read_timeout", results.LOST))
    changes = {
        "paid": typical.settled(typical.paid),
        "pending": pending,
        "paid later": typical.settled(typical.paid, pending.after),
        "declined": typical.settled(typical.declined),
        "unknown": unknown,
        "paid after all": typical.settled(typical.paid, unknown.after),
    }
    for name, change in changes.items():
        yield name, _item(change.after, change)
        yield f"{name}, row", _row(change)


NUMBERS = Numbers(lambda: b"a key for tests")
RARE = {"unknown"}  # on the operator's list, with a sentence that says why
TYPICAL = [
    pytest.param(item, id=f"{rail} {name}") for rail in RailName for name, item in _items(rail) if name not in RARE
]


@pytest.mark.parametrize("item", TYPICAL)
def test_a_typical_item_takes_one_write_unit(item: Item) -> None:
    assert _size(item) <= WRITE_UNIT


@pytest.mark.parametrize("rail", list(RailName))
def test_an_item_whose_outcome_nobody_knows_takes_two_at_most(rail: RailName) -> None:
    assert _size(dict(_items(rail))["unknown"]) <= 2 * WRITE_UNIT


@pytest.mark.parametrize("name", ["paid", "claimed"])
def test_a_paid_bill_leaves_room_for_longer_names(name: str) -> None:
    """Of partner, plan and service, which may have 64 characters each."""
    assert max(_size(dict(_items(rail))[name]) for rail in RailName) <= WRITE_UNIT - 150


def test_the_documented_sizes_are_those_of_today() -> None:
    page = (Path(__file__).parents[3] / "docs" / "access-patterns.md").read_text()
    phone, bank = dict(_items(RailName.INFOMEDIA)), dict(_items(RailName.SIGNZY))
    missing = [f"| {name} | {_size(phone[name])} | {_size(bank[name])} |" for name in phone]
    assert [row for row in missing if row not in page] == []


def test_an_attempt_with_all_the_evidence_that_is_kept_stays_far_below_the_largest_item() -> None:
    """Callbacks are not signed: whoever knows the path may send a flood of them."""
    claimed = PHONE.claimed()
    attempt = claimed.open_attempt
    for n in range(2 * MOST_EVIDENCE):
        assert attempt is not None
        longest = Evidence(NOW, Source.CALLBACK, f"declined of {Money(LARGEST_MINOR, 'GBP')} {n}", "t" * 64)
        attempt = attempt.with_evidence(longest) or attempt
    assert _size(_item(replace(claimed, open_attempt=attempt))) <= 6 * WRITE_UNIT


def test_the_size_of_an_item_follows_dynamodbs_rules() -> None:
    """Names and text in UTF-8 bytes, a number by its digits, 1 for a truth value, 3 + 1 a member for lists and maps."""
    assert _size({"ab": "é"}) == 2 + 2
    assert _size({"n": 1234}) == 1 + 3
    assert _size({"n": -1234}) == 1 + 4
    assert _size({"n": 120_000}) == 1 + 2
    assert _size({"n": 0}) == 1 + 2
    assert _size({"n": 1_794_567_890_123_456}) == 1 + 9
    assert _size({"b": True}) == 1 + 1
    assert _size({"l": ["x", 5]}) == 1 + 3 + (1 + 1) + (1 + 2)
    assert _size({"m": {"k": "v"}}) == 1 + 3 + (1 + 1 + 1)
    assert _size({"b": b"123"}) == 1 + 3


def _size(item: Item) -> int:
    return item_size(to_wire(item))
