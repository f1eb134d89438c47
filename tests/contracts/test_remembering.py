"""What every store promises of requests with an Idempotency-Key: remembered with what they did, once, for ever."""

from dataclasses import replace

import pytest

from pinbill.domain.change import Change
from pinbill.domain.claims import claim_charge
from pinbill.domain.ending import When, cancel
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.repeats import Keyed, Outcome
from pinbill.domain.subscription import Subscription
from pinbill.errors import PinWrong, ProviderBusy, SubscriptionNotFound
from pinbill.usecases.ports.store import AlreadyRemembered, StaleVersion, Store
from tests.fakes.clock import START
from tests.fakes.samples import PARTNER, active, msisdn, pending, touched

REQUEST = Keyed("a" * 64, "b" * 64)
OTHER = Keyed("c" * 64, "b" * 64)


@pytest.fixture
def subscription(store: Store) -> Subscription:
    return store.create(*active())


def test_a_request_is_remembered_with_the_change_that_it_made(store: Store, subscription: Subscription) -> None:
    begun = replace(REQUEST.begun(START, outcome=Outcome.UNDER_WAY), attempt="SUB1-1")

    store.commit(touched(subscription).remember(begun))

    assert store.remembered(PARTNER, "SUB1", REQUEST.key) == begun
    assert store.remembered(PARTNER, "SUB1", OTHER.key) is None
    assert store.remembered("other", "SUB1", REQUEST.key) is None
    assert store.remembered(PARTNER, None, REQUEST.key) is None


@pytest.mark.parametrize("entries", [0, 1, 2])
def test_a_key_takes_effect_once_however_many_entries_that_makes(
    store: Store, subscription: Subscription, entries: int
) -> None:
    def changed(current: Subscription) -> Change:
        change = touched(current).remember(REQUEST.begun(START))
        for _ in range(entries):
            change = change.record(EntryKind.SUSPENDED, START)
        return change

    first = changed(subscription)
    store.commit(first)
    with pytest.raises(AlreadyRemembered):
        store.commit(changed(first.after))

    assert store.subscription(PARTNER, "SUB1") == first.after
    assert len(store.journal(PARTNER, "SUB1", 10, None, money_only=False).rows) == 1 + entries


def test_who_was_overtaken_is_told_of_the_newer_subscription_first(store: Store, subscription: Subscription) -> None:
    change = touched(subscription).remember(REQUEST.begun(START))
    store.commit(change)
    with pytest.raises(StaleVersion) as stale:
        store.commit(change)
    assert stale.value.current == change.after


def test_a_change_that_is_refused_leaves_its_key_unused(store: Store, subscription: Subscription) -> None:
    store.commit(touched(subscription))
    with pytest.raises(StaleVersion):
        store.commit(touched(subscription).remember(REQUEST.begun(START)))
    assert store.remembered(PARTNER, "SUB1", REQUEST.key) is None


def test_what_came_of_a_request_is_written_over_the_revision_that_was_read(
    store: Store, subscription: Subscription
) -> None:
    begun = REQUEST.begun(START, outcome=Outcome.UNDER_WAY)
    first = touched(subscription).remember(begun)
    store.commit(first)
    second = touched(first.after).remember(begun.failed(ProviderBusy()))
    store.commit(second)
    with pytest.raises(AlreadyRemembered):
        store.commit(touched(second.after).remember(begun.failed(PinWrong())))

    kept = store.remembered(PARTNER, "SUB1", REQUEST.key)
    assert kept == begun.failed(ProviderBusy())
    anew = REQUEST.begun(START, kept)
    store.commit(touched(second.after).remember(anew))
    assert store.remembered(PARTNER, "SUB1", REQUEST.key) == anew


def test_a_request_that_ends_a_subscription_is_remembered_with_the_end(
    store: Store, subscription: Subscription
) -> None:
    ended = cancel(subscription, When.NOW, "test", START)
    assert ended is not None
    store.commit(ended.remember(REQUEST.begun(START)))
    assert store.subscription(PARTNER, "SUB1") == ended.after
    assert store.remembered(PARTNER, "SUB1", REQUEST.key) == REQUEST.begun(START)
    assert store.with_number(PARTNER, msisdn()) == []


def test_the_request_for_a_new_subscription_is_found_without_its_id(store: Store) -> None:
    begun = REQUEST.begun(START, subscription="SUB1")

    store.create(*pending(), begun)

    assert store.remembered(PARTNER, None, REQUEST.key) == begun
    assert store.remembered("other", None, REQUEST.key) is None
    assert store.remembered(PARTNER, "SUB1", REQUEST.key) is None


def test_of_two_new_subscriptions_for_one_key_one_is_created(store: Store) -> None:
    store.create(*pending(), REQUEST.begun(START, subscription="SUB1"))
    with pytest.raises(AlreadyRemembered):  # although the number is in the way, too
        store.create(*pending("SUB2"), REQUEST.begun(START, subscription="SUB2"))
    with pytest.raises(AlreadyRemembered):
        store.create(*pending("SUB3", number=msisdn(124)), REQUEST.begun(START, subscription="SUB3"))
    with pytest.raises(SubscriptionNotFound):
        store.subscription(PARTNER, "SUB3")
    assert store.with_number(PARTNER, msisdn(124)) == []


def test_a_request_that_came_to_nothing_may_create_another_subscription(store: Store) -> None:
    created = store.create(*pending(), REQUEST.begun(START, subscription="SUB1"))
    failed = REQUEST.begun(START, subscription="SUB1").failed(ProviderBusy())
    store.commit(touched(created).remember(failed))
    assert store.remembered(PARTNER, None, REQUEST.key) == failed

    anew = REQUEST.begun(START, failed, subscription="SUB2")
    store.create(*pending("SUB2", number=msisdn(124)), anew)

    assert store.remembered(PARTNER, None, REQUEST.key) == anew


def test_a_key_of_a_charge_is_another_matter(store: Store, subscription: Subscription) -> None:
    claimed = claim_charge(subscription, REQUEST.key, "b" * 64, Money(199, "GBP"), "Film", "owner-1", START)
    store.commit(claimed)
    assert store.remembered(PARTNER, "SUB1", REQUEST.key) is None
    store.commit(touched(claimed.after).remember(REQUEST.begun(START)))
    assert store.charge(PARTNER, "SUB1", REQUEST.key) == claimed.charge


@pytest.mark.parametrize("id", ["", "A" * 27, "SUB1#S"])
def test_an_id_that_nobody_has_has_no_requests(store: Store, id: str) -> None:
    with pytest.raises(SubscriptionNotFound):
        store.remembered(PARTNER, id, REQUEST.key)
