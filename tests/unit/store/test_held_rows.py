"""Rows that hold a number, where they are not as they should be."""

import pytest

from pinbill.domain.change import Change
from pinbill.domain.ending import When, cancel
from pinbill.domain.subscription import Subscription
from pinbill.errors import ConcurrentChange, MandateInUse, SecretUnreadable
from pinbill.store import keys
from pinbill.store.holds import HOLDER
from pinbill.store.numbers import Numbers
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Delete, Put, Table
from tests.fakes.clock import START
from tests.fakes.identities import PlainIdentities
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PARTNER, mandate, msisdn, pending
from tests.unit.store.scripted_client import ScriptedClient, cancelled

NUMBERS = PlainIdentities()


@pytest.fixture
def store(table: Table) -> DynamoStore:
    return DynamoStore(table, NUMBERS, 4)


@pytest.fixture
def subscription(store: DynamoStore) -> Subscription:
    return store.create(*pending(plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate()))


def _cancel(subscription: Subscription) -> Change:
    change = cancel(subscription, When.NOW, "test", START)
    assert change is not None
    return change


def _number_row(subscription: Subscription) -> keys.Key:
    return keys.number(PARTNER, NUMBERS.numbers.fingerprint(msisdn()), subscription.plan_id)


def test_a_cancel_needs_no_key_of_the_fingerprints(table: Table, subscription: Subscription) -> None:
    def unreadable() -> bytes:
        raise SecretUnreadable

    keyless = DynamoStore(table, PlainIdentities(Numbers(unreadable)), 4)
    change = _cancel(keyless.subscription(PARTNER, subscription.id))
    keyless.commit(change)
    assert keyless.subscription(PARTNER, subscription.id) == change.after
    assert table.get(_number_row(subscription)) is None


def test_a_cancel_succeeds_although_another_subscription_holds_the_number_and_leaves_it_to_that(
    store: DynamoStore, table: Table, subscription: Subscription
) -> None:
    table.write([Put({**_number_row(subscription), HOLDER: "OTHER"})], "W1")
    change = _cancel(subscription)
    store.commit(change)
    assert store.subscription(PARTNER, subscription.id) == change.after
    assert store.with_number(PARTNER, msisdn()) == ["OTHER"]
    assert store.with_mandate(PARTNER, "mandate-1") == subscription.id


def test_a_cancel_succeeds_although_other_subscriptions_hold_number_and_mandate(
    store: DynamoStore, table: Table, subscription: Subscription
) -> None:
    table.write([Put({**_number_row(subscription), HOLDER: "OTHER"})], "W1")
    table.write([Put({**keys.mandate(PARTNER, NUMBERS.numbers.of_mandate("mandate-1")), HOLDER: "OTHER"})], "W2")
    store.commit(_cancel(subscription))
    assert store.with_number(PARTNER, msisdn()) == ["OTHER"]
    assert store.with_mandate(PARTNER, "mandate-1") == "OTHER"


def test_a_cancel_succeeds_although_the_number_is_free_already(
    store: DynamoStore, table: Table, subscription: Subscription
) -> None:
    table.write([Delete(_number_row(subscription))], "W1")
    change = _cancel(subscription)
    store.commit(change)
    assert store.subscription(PARTNER, subscription.id) == change.after


def _answering(*answers: object) -> DynamoStore:
    """Of which the first are to a look for the mandate's earlier row and to the registration of the cohort."""
    client: object = ScriptedClient(*answers)  # type: ignore[arg-type]
    return DynamoStore(Table(client, "pinbill"), NUMBERS, 4)  # type: ignore[arg-type]


def test_a_holder_that_the_failed_condition_does_not_show_is_looked_up() -> None:
    row = {"Item": {HOLDER: {"S": "OTHER"}}}
    store = _answering({}, {}, cancelled("None", "None", "None", "ConditionalCheckFailed"), row)
    with pytest.raises(MandateInUse) as refused:
        store.create(*pending(plan=BANK_PLAN, service=BANK_SERVICE, mandate=mandate()))
    assert refused.value.subscription_id == "OTHER"


def test_a_number_that_was_freed_in_the_moment_of_the_refusal_may_be_asked_for_again() -> None:
    store = _answering({}, cancelled("None", "None", "ConditionalCheckFailed"), {})
    with pytest.raises(ConcurrentChange):
        store.create(*pending())
