"""What every store promises of new subscriptions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult
from pinbill.domain.claims import claim_period
from pinbill.domain.ending import When, cancel
from pinbill.domain.rails import MANDATE_REST
from pinbill.domain.settlement import settle
from pinbill.domain.subscription import Subscription
from pinbill.errors import MandateInUse, SubscriptionExists, SubscriptionNotFound
from pinbill.usecases.ports.store import Store
from tests.fakes.clock import START
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PARTNER, PHONE_PLAN, mandate, msisdn, pending


def _cancelled(store: Store, subscription: Subscription) -> Subscription:
    change = cancel(subscription, When.NOW, "test", START)
    assert change is not None
    store.commit(change)
    return change.after


def test_a_created_subscription_is_read_back_whole(store: Store) -> None:
    subscription, entry = pending()
    subscription = store.create(subscription, entry)
    assert store.subscription(PARTNER, subscription.id) == subscription
    assert store.journal(PARTNER, subscription.id, 10, None, money_only=False).rows == [entry]


def test_a_subscription_with_a_mandate_is_read_back_whole(store: Store) -> None:
    subscription, entry = pending(plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate())
    subscription = store.create(subscription, entry)
    assert store.subscription(PARTNER, subscription.id) == subscription


def test_another_partners_subscription_is_not_found(store: Store) -> None:
    subscription, entry = pending()
    subscription = store.create(subscription, entry)
    with pytest.raises(SubscriptionNotFound):
        store.subscription("other", subscription.id)


@pytest.mark.parametrize("id", ["", "UNKNOWN", "A" * 27, "SUB1#", "SUB1/x", "SUB 1", "Ä", "SUB1\n"])
def test_an_id_that_nobody_has_is_not_found_whatever_its_form(store: Store, id: str) -> None:
    store.create(*pending())
    with pytest.raises(SubscriptionNotFound):
        store.subscription(PARTNER, id)


@pytest.mark.parametrize("id", ["", "A" * 27, "SUB1#S"])
def test_journal_and_charges_refuse_an_id_of_another_form_too(store: Store, id: str) -> None:
    with pytest.raises(SubscriptionNotFound):
        store.journal(PARTNER, id, 10, None, money_only=False)
    with pytest.raises(SubscriptionNotFound):
        store.charge(PARTNER, id, "key")


def test_a_second_subscription_of_a_number_to_a_plan_is_refused_and_names_the_first(store: Store) -> None:
    store.create(*pending("FIRST"))
    with pytest.raises(SubscriptionExists) as refused:
        store.create(*pending("SECOND"))
    assert type(refused.value) is SubscriptionExists
    assert refused.value.subscription_id == "FIRST"
    with pytest.raises(SubscriptionNotFound):
        store.subscription(PARTNER, "SECOND")


def test_one_number_may_subscribe_to_two_plans_and_is_found_with_both(store: Store) -> None:
    yearly = replace(PHONE_PLAN, id="news-yearly")
    store.create(*pending("FIRST"))
    store.create(*pending("SECOND", plan=yearly))
    assert sorted(store.with_number(PARTNER, msisdn())) == ["FIRST", "SECOND"]
    assert store.with_number(PARTNER, msisdn(124)) == []


def test_partners_do_not_see_each_others_numbers(store: Store) -> None:
    theirs = replace(PHONE_PLAN, partner="other")
    store.create(*pending("MINE"))
    store.create(*pending("THEIRS", plan=theirs))
    assert store.with_number(PARTNER, msisdn()) == ["MINE"]
    assert store.with_number("other", msisdn()) == ["THEIRS"]


def test_a_mandate_pays_for_one_live_subscription_only(store: Store) -> None:
    store.create(*pending("FIRST", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate()))
    second = pending("SECOND", plan=BANK_PLAN, service=BANK_SERVICE, number=msisdn(124), mandate=mandate())
    with pytest.raises(MandateInUse) as refused:
        store.create(*second)
    assert refused.value.subscription_id == "FIRST"
    assert store.with_mandate(PARTNER, "mandate-1") == "FIRST"
    assert store.with_mandate(PARTNER, "mandate-2") is None
    assert store.with_mandate("other", "mandate-1") is None


def test_a_refused_subscription_takes_neither_number_nor_mandate(store: Store) -> None:
    store.create(*pending("FIRST", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate()))
    with pytest.raises(MandateInUse):
        store.create(*pending("SECOND", plan=BANK_PLAN, service=BANK_SERVICE, number=msisdn(124), mandate=mandate()))
    with pytest.raises(SubscriptionExists):
        store.create(*pending("THIRD", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate("mandate-2")))
    assert store.with_number(PARTNER, msisdn(124)) == []
    assert store.with_mandate(PARTNER, "mandate-2") is None


def test_a_number_taken_is_named_before_a_mandate_in_use(store: Store) -> None:
    store.create(*pending("FIRST", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate()))
    with pytest.raises(SubscriptionExists) as refused:
        store.create(*pending("SECOND", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate()))
    assert type(refused.value) is SubscriptionExists


def test_number_and_mandate_are_free_again_when_the_subscription_has_ended(store: Store) -> None:
    first, entry = pending("FIRST", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate())
    first = store.create(first, entry)
    _cancelled(store, first)
    assert store.with_number(PARTNER, msisdn()) == []
    assert store.with_mandate(PARTNER, "mandate-1") == "FIRST"
    second, entry = pending("SECOND", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate())
    second = store.create(replace(second, created_at=START + MANDATE_REST), entry)
    assert store.with_number(PARTNER, msisdn()) == ["SECOND"]
    assert store.with_mandate(PARTNER, "mandate-1") == "SECOND"
    _cancelled(store, second)
    assert store.with_mandate(PARTNER, "mandate-1") == "SECOND"


def test_a_mandate_rests_before_it_pays_for_another_subscription(store: Store) -> None:
    first = store.create(*pending("FIRST", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate()))
    _cancelled(store, first)
    second, entry = pending("SECOND", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate())
    with pytest.raises(MandateInUse) as refused:
        store.create(replace(second, created_at=START + MANDATE_REST - timedelta(seconds=1)), entry)
    assert refused.value.subscription_id == "FIRST"
    assert store.with_number(PARTNER, msisdn()) == []


def test_a_mandate_is_held_until_the_last_payment_by_it_is_known(store: Store) -> None:
    first = store.create(*pending("FIRST", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate()))
    claimed = claim_period(first, AttemptKind.FIRST_BILL, "owner", START)
    store.commit(claimed)
    cancelled = _cancelled(store, claimed.after)
    second, entry = pending("SECOND", plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate())
    second = replace(second, created_at=START + timedelta(days=9))
    assert store.with_number(PARTNER, msisdn()) == []
    assert store.with_mandate(PARTNER, "mandate-1") == "FIRST"
    with pytest.raises(MandateInUse):
        store.create(second, entry)
    paid = settle(cancelled, "FIRST-1", BillResult(AttemptState.PAID), START + timedelta(days=8), BANK_PLAN.dunning)
    assert paid is not None
    store.commit(paid)
    store.create(second, entry)
    assert store.with_mandate(PARTNER, "mandate-1") == "SECOND"


def test_ending_frees_only_the_number_of_its_own_plan(store: Store) -> None:
    first, entry = pending("FIRST")
    first = store.create(first, entry)
    store.create(*pending("SECOND", plan=replace(PHONE_PLAN, id="news-yearly")))
    _cancelled(store, first)
    assert store.with_number(PARTNER, msisdn()) == ["SECOND"]
