"""Typical items fit into one write unit: a bigger subscription would double the price of every bill."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import override

import pytest

from pinbill.domain.attempts import (
    MOST_EVIDENCE,
    AttemptKind,
    AttemptState,
    BillResult,
    Evidence,
    Source,
)
from pinbill.domain.catalog import Plan, RailName, Service
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.dunning import Dunning
from pinbill.domain.money import LARGEST_MINOR, Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.periods import Schedule
from pinbill.domain.settlement import settle
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Mandate, Subscription, Timer
from pinbill.providers import results
from pinbill.providers.infomedia.codes import declined
from pinbill.providers.signzy.codes import PAYMENT_MEANINGS, failure_of
from pinbill.store.items import Item, to_wire
from pinbill.store.journal_items import entry_out
from pinbill.store.numbers import Numbers
from pinbill.store.subscription_items import subscription_out
from pinbill.store.tails import carrying
from tests.fakes.clock import START
from tests.fakes.dynamodb_sizes import item_size
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PHONE_PLAN, PHONE_SERVICE, mandate, pending
from tests.fakes.units import WRITE_UNIT

PARTNER, ID, OWNER, STAMP = "acme-media", "69a1b2c30123456789abcdef", "0123456789abcdef", "x" * 16
NOW = START + timedelta(microseconds=123_456)
SEALED_MORE = 100  # bytes that a number will take more when it is encrypted
PHONE_REFERENCE, BANK_REFERENCE = "t" * 36, "1234567890"


class SealedNumbers(Numbers):
    """Keeps numbers in a form as long as they will have."""

    @override
    def seal(self, msisdn: Msisdn) -> str:
        return msisdn.e164 + "x" * SEALED_MORE


NUMBERS = SealedNumbers(lambda: b"a key for tests")


@dataclass(frozen=True, slots=True)
class Typical:
    """How a rail's renewals are: a plan of two years with names of usual length, and what its provider answers."""

    plan: Plan
    service: Service
    paid_by: Mandate | None
    paid: BillResult
    declined: BillResult
    pending: BillResult

    def active(self) -> Subscription:
        subscription, _ = pending(
            ID, plan=self.plan, service=self.service, mandate=self.paid_by, now=NOW - timedelta(days=700)
        )
        schedule = Schedule.starting(NOW - timedelta(days=700), self.plan.zone, self.plan.recurrence)
        known = Activity.LOGGED if self.plan.service_id == PHONE_SERVICE.id else Activity.NONE
        return replace(
            subscription,
            fingerprint="f" * 32,
            state=State.ACTIVE,
            pin=None,
            schedule=schedule,
            next_period=24,
            timers={Timer.BILL: schedule.start(24)},
            version=2_047,
            seq=1_025,
            attempts=23,
            activity=known,
        )

    def due_at(self) -> datetime:
        return self.active().timers[Timer.BILL] + timedelta(microseconds=654_321)

    def claimed(self) -> Subscription:
        return claim_period(self.active(), AttemptKind.RENEWAL, OWNER, self.due_at()).after

    def settled(self, result: BillResult, of: Subscription | None = None) -> Change:
        claimed = of or self.claimed()
        assert claimed.open_attempt is not None
        change = settle(claimed, claimed.open_attempt.id, result, self.due_at() + timedelta(seconds=9), Dunning())
        assert change is not None
        return change


PHONE = Typical(
    replace(PHONE_PLAN, partner=PARTNER, id="news-monthly-uk"),
    replace(PHONE_SERVICE, partner=PARTNER),
    None,
    BillResult(AttemptState.PAID, "00", meaning="Billed.", provider_reference=PHONE_REFERENCE),
    declined("AA", PHONE_REFERENCE),
    BillResult(AttemptState.PENDING, "02", meaning="x" * 40, provider_reference=PHONE_REFERENCE),
)
BANK = Typical(
    replace(BANK_PLAN, partner=PARTNER, id="films-monthly-in"),
    replace(BANK_SERVICE, partner=PARTNER),
    mandate("m" * 36),
    BillResult(
        AttemptState.PAID,
        "SUCCESS",
        meaning=PAYMENT_MEANINGS["SUCCESS"],
        provider_reference=BANK_REFERENCE,
        source=Source.INQUIRY,
    ),
    BillResult(AttemptState.DECLINED, "FAILED", *failure_of("insufficient funds"), provider_reference=BANK_REFERENCE),
    BillResult(AttemptState.PENDING, "PENDING", meaning=PAYMENT_MEANINGS["PENDING"], provider_reference=BANK_REFERENCE),
)
RAILS = {RailName.INFOMEDIA: PHONE, RailName.SIGNZY: BANK}


def _item(subscription: Subscription, change: Change | None = None) -> Item:
    item = {**subscription_out(subscription, NUMBERS, 16), "write_id": STAMP}
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


RARE = {"unknown"}  # on the operator's list, with a sentence that says why
TYPICAL = [
    pytest.param(item, id=f"{rail} {name}") for rail in RailName for name, item in _items(rail) if name not in RARE
]


@pytest.mark.parametrize("item", TYPICAL)
def test_a_typical_item_takes_one_write_unit_also_when_its_number_is_encrypted(item: Item) -> None:
    assert _size(item) <= WRITE_UNIT


@pytest.mark.parametrize("rail", list(RailName))
def test_an_item_whose_outcome_nobody_knows_takes_two_at_most(rail: RailName) -> None:
    assert _size(dict(_items(rail))["unknown"]) <= 2 * WRITE_UNIT


@pytest.mark.parametrize("name", ["paid", "claimed"])
def test_a_paid_bill_leaves_room_for_longer_names(name: str) -> None:
    """Of partner, plan and service, which may have 64 characters each."""
    assert max(_size(dict(_items(rail))[name]) for rail in RailName) <= WRITE_UNIT - 150


def test_the_documented_sizes_are_those_of_today() -> None:
    """With the number as it is stored now."""
    page = (Path(__file__).parents[3] / "docs" / "access-patterns.md").read_text()
    phone, bank = dict(_items(RailName.INFOMEDIA)), dict(_items(RailName.SIGNZY))
    missing = [f"| {name} | {_now(phone[name])} | {_now(bank[name])} |" for name in phone]
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


def _now(item: Item) -> int:
    return _size(item) - (SEALED_MORE if "msisdn" in item else 0)


def _size(item: Item) -> int:
    return item_size(to_wire(item))
