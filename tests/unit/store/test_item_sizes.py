"""Typical items fit into one write unit: a bigger subscription would double the price of every bill."""

from dataclasses import replace
from datetime import timedelta

from pinbill.domain.attempts import MOST_EVIDENCE, AttemptKind, AttemptState, Evidence, Source
from pinbill.domain.claims import claim_period
from pinbill.domain.dunning import Dunning
from pinbill.domain.money import LARGEST_MINOR, Money
from pinbill.domain.settlement import settle
from pinbill.domain.subscription import Activity, Subscription
from pinbill.store.journal_items import entry_out
from pinbill.store.numbers import Numbers
from pinbill.store.subscription_items import subscription_out
from tests.fakes.clock import START
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PAID, active, mandate, pending
from tests.unit.store.item_size import WRITE_UNIT, item_size

ID = "01KC9ZQ6T3J8V5N2M7R4X1W0YB"
OWNER = "f3b0c44298fc1c149afbf4c8996fb924"
NOW = START + timedelta(microseconds=123_456)


def _size(subscription: Subscription) -> int:
    item = subscription_out(subscription, Numbers(lambda: b"a key for tests"), 16)
    return item_size({**item, "write_id": "x" * 16})


def _active() -> Subscription:
    subscription, _ = active(ID, now=NOW)
    known = replace(subscription, fingerprint="f" * 32, pin=None, activity=Activity.LOGGED)
    return replace(known, version=27, seq=14, attempts=13, next_period=14)


def test_an_active_subscription_takes_one_write_unit() -> None:
    assert _size(_active()) <= WRITE_UNIT


def test_a_claimed_subscription_takes_one_write_unit() -> None:
    claimed = claim_period(_active(), AttemptKind.RENEWAL, OWNER, NOW).after
    assert claimed.open_attempt is not None
    assert _size(claimed) <= WRITE_UNIT


def test_a_bank_subscription_with_a_pending_payment_takes_one_write_unit() -> None:
    bank, _ = pending(ID, plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate("m" * 36), now=NOW)
    renewed = replace(_active(), rail=bank.rail, mandate=bank.mandate, network=None, pin=None, price=bank.price)
    claimed = claim_period(renewed, AttemptKind.RENEWAL, OWNER, NOW).after
    assert claimed.open_attempt is not None
    result = replace(PAID, state=AttemptState.PENDING, provider_reference="p" * 36, meaning="Taken, not final yet")
    change = settle(claimed, claimed.open_attempt.id, result, NOW, Dunning())
    assert change is not None
    assert _size(change.after) <= WRITE_UNIT


def test_a_ledger_row_takes_one_write_unit() -> None:
    claimed = claim_period(_active(), AttemptKind.RENEWAL, OWNER, NOW).after
    assert claimed.open_attempt is not None
    change = settle(claimed, claimed.open_attempt.id, PAID, NOW, Dunning())
    assert change is not None
    (row,) = change.entries
    assert item_size({**entry_out("acme", ID, row), "write_id": "x" * 16}) <= WRITE_UNIT


def test_an_attempt_with_all_the_evidence_that_is_kept_stays_far_below_the_largest_item() -> None:
    """Callbacks are not signed: whoever knows the path may send a flood of them."""
    claimed = claim_period(_active(), AttemptKind.RENEWAL, OWNER, NOW).after
    attempt = claimed.open_attempt
    for n in range(2 * MOST_EVIDENCE):
        assert attempt is not None
        longest = Evidence(NOW, Source.CALLBACK, f"declined of {Money(LARGEST_MINOR, 'GBP')} {n}", "t" * 64)
        attempt = attempt.with_evidence(longest) or attempt

    assert _size(replace(claimed, open_attempt=attempt)) <= 6 * WRITE_UNIT
