"""What every store promises of changes: whole or not at all, and only on what was read."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import Attempt
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.claims import claim_charge, reclaim_charge
from pinbill.domain.dunning import Dunning
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.settlement import settle
from pinbill.domain.subscription import Subscription
from pinbill.usecases.ports.store import ChargeExists, StaleVersion, Store
from tests.fakes.clock import START
from tests.fakes.samples import NOT_SENT, PAID, PARTNER, active, msisdn, touched

KEY, BODY, AMOUNT = "a" * 64, "b" * 64, Money(199, "GBP")


@pytest.fixture
def subscription(store: Store) -> Subscription:
    created, entry = active()
    return store.create(created, entry)


def _claimed(store: Store, subscription: Subscription, key: str = KEY) -> tuple[Subscription, Attempt]:
    change = claim_charge(subscription, key, BODY, AMOUNT, "Film", "owner-1", START)
    store.commit(change)
    assert change.after.open_attempt is not None
    return change.after, change.after.open_attempt


def _charge(store: Store) -> Charge:
    charge = store.charge(PARTNER, "SUB1", KEY)
    assert charge is not None
    return charge


def _not_sent(store: Store, subscription: Subscription) -> Subscription:
    """A charge that was claimed and proved not sent, so that its key may be tried again."""
    claimed, attempt = _claimed(store, subscription)
    change = settle(claimed, attempt.id, NOT_SENT, START, Dunning(), _charge(store))
    assert change is not None
    store.commit(change)
    return change.after


def _journal(store: Store) -> list[EntryKind]:
    return [entry.kind for entry in store.journal(PARTNER, "SUB1", 50, None, money_only=False).rows]


def test_a_change_is_read_back_as_it_was_written(store: Store, subscription: Subscription) -> None:
    change = touched(subscription)
    store.commit(change)
    assert store.subscription(PARTNER, "SUB1") == change.after


def test_a_change_of_what_was_changed_since_is_refused_and_shows_what_is_stored(
    store: Store, subscription: Subscription
) -> None:
    first = touched(subscription)
    store.commit(first)
    with pytest.raises(StaleVersion) as stale:
        store.commit(touched(subscription))
    assert stale.value.current == first.after
    assert store.subscription(PARTNER, "SUB1") == first.after


def test_the_same_change_made_by_two_is_written_by_one(store: Store, subscription: Subscription) -> None:
    """Equal contents are no proof of being the writer."""
    change = touched(subscription)
    store.commit(change)
    with pytest.raises(StaleVersion):
        store.commit(change)


def test_subscription_entries_and_charge_are_written_together(store: Store, subscription: Subscription) -> None:
    claimed, attempt = _claimed(store, subscription)
    change = settle(claimed, attempt.id, PAID, START, Dunning(), _charge(store))
    assert change is not None
    store.commit(change)
    assert store.subscription(PARTNER, "SUB1") == change.after
    assert _charge(store) == change.charge
    assert _journal(store) == [EntryKind.ATTEMPT_PAID, EntryKind.SUBSCRIBED]


def test_a_refused_change_leaves_neither_entry_nor_charge(store: Store, subscription: Subscription) -> None:
    store.commit(touched(subscription))
    stale = claim_charge(subscription, KEY, BODY, AMOUNT, "Film", "owner-1", START)
    with pytest.raises(StaleVersion):
        store.commit(stale.record(EntryKind.SUSPENDED, START))
    assert store.charge(PARTNER, "SUB1", KEY) is None
    assert _journal(store) == [EntryKind.SUBSCRIBED]


def test_an_unused_charge_key_has_no_charge(store: Store, subscription: Subscription) -> None:
    assert store.charge(PARTNER, "SUB1", KEY) is None
    _claimed(store, subscription)
    assert store.charge(PARTNER, "SUB1", "c" * 64) is None
    assert store.charge("other", "SUB1", KEY) is None


def test_a_charge_key_is_claimed_once_for_ever(store: Store, subscription: Subscription) -> None:
    claimed, attempt = _claimed(store, subscription)
    paid = settle(claimed, attempt.id, PAID, START, Dunning(), _charge(store))
    assert paid is not None
    store.commit(paid)
    again = claim_charge(paid.after, KEY, BODY, AMOUNT, "Film", "owner-2", START)
    with pytest.raises(ChargeExists):
        store.commit(again.record(EntryKind.SUSPENDED, START))
    assert store.subscription(PARTNER, "SUB1") == paid.after
    assert _charge(store) == paid.charge
    assert len(_journal(store)) == 2


def test_a_charge_that_was_not_sent_may_be_claimed_again(store: Store, subscription: Subscription) -> None:
    settled = _not_sent(store, subscription)
    again = reclaim_charge(settled, _charge(store), "owner-2", START)
    store.commit(again)
    assert _charge(store) == again.charge
    assert _charge(store).tries == 2


def test_two_repeats_of_a_charge_that_was_not_sent_cannot_both_be_claimed(
    store: Store, subscription: Subscription
) -> None:
    """The second repeat read the charge before the first one claimed, billed and settled it."""
    settled = _not_sent(store, subscription)
    as_read = _charge(store)
    first = reclaim_charge(settled, as_read, "owner-2", START)
    store.commit(first)
    assert first.after.open_attempt is not None
    paid = settle(first.after, first.after.open_attempt.id, PAID, START, Dunning(), _charge(store))
    assert paid is not None
    store.commit(paid)
    with pytest.raises(ChargeExists):
        store.commit(reclaim_charge(paid.after, as_read, "owner-3", START))
    assert _charge(store) == paid.charge


def test_a_late_settlement_of_an_earlier_try_is_told_of_the_newer_subscription_first(
    store: Store, subscription: Subscription
) -> None:
    claimed, attempt = _claimed(store, subscription)
    late = settle(claimed, attempt.id, PAID, START, Dunning(), _charge(store))
    assert late is not None
    settled = settle(claimed, attempt.id, NOT_SENT, START, Dunning(), _charge(store))
    assert settled is not None
    store.commit(settled)
    store.commit(reclaim_charge(settled.after, _charge(store), "owner-2", START))
    with pytest.raises(StaleVersion):
        store.commit(late)


def test_a_change_that_ends_with_entries_and_a_charge_is_written_whole(
    store: Store, subscription: Subscription
) -> None:
    claimed, attempt = _claimed(store, subscription)
    settled = settle(claimed, attempt.id, PAID, START, Dunning(), _charge(store))
    assert settled is not None
    ended = settled.record(EntryKind.ENDED, START)
    ended = replace(ended, after=replace(ended.after, state=ended.after.state.ENDED))
    store.commit(ended)
    assert store.subscription(PARTNER, "SUB1") == ended.after
    assert store.with_number(PARTNER, msisdn()) == []
    assert len(_journal(store)) == 3


def test_a_subscription_that_has_ended_is_still_changed(store: Store, subscription: Subscription) -> None:
    ended = Change.of(subscription).set(state=subscription.state.ENDED)
    store.commit(ended)
    after = touched(ended.after)
    store.commit(after)
    assert store.subscription(PARTNER, "SUB1") == after.after
