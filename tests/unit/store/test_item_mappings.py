"""What is written comes back: every field of every record, through DynamoDB's own value types."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinbill.domain.attempts import Attempt, AttemptKind, Obligation
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.subscription import Subscription
from pinbill.store.catalog_items import plan_in, plan_out, service_in, service_out
from pinbill.store.items import Item, attempt_in, attempt_out, from_wire, to_wire
from pinbill.store.journal_items import charge_in, charge_out, entry_in, entry_out
from pinbill.store.numbers import Numbers
from pinbill.store.subscription_items import subscription_in, subscription_out
from pinbill.store.tails import carried, carrying
from tests.contracts.engines import deployed_table
from tests.fakes.clock import START
from tests.fakes.samples import active
from tests.unit.store import strategies

# The machine may be busy: how long an example takes says nothing.
no_time_limit = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = Numbers(lambda: b"a key for tests")
# Bytes of the longest partition and sort keys.
LONGEST = {"HASH": 2048, "RANGE": 1024}


def _stored(item: Item) -> Item:
    return from_wire(to_wire(item))


@no_time_limit
@given(strategies.subscriptions)
def test_a_subscription_comes_back_as_it_was(subscription: Subscription) -> None:
    assert subscription_in(_stored(subscription_out(subscription, 4))) == subscription


@no_time_limit
@given(strategies.entries)
def test_a_journal_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert entry_in(_stored(entry_out("acme", "SUB1", entry))) == entry


@no_time_limit
@given(strategies.charges)
def test_a_charge_comes_back_as_it_was(charge: Charge) -> None:
    assert charge_in(_stored(charge_out("acme", "SUB1", charge))) == charge


@no_time_limit
@given(strategies.services)
def test_a_service_comes_back_as_it_was(service: Service) -> None:
    assert service_in(_stored(service_out(service))) == service


@no_time_limit
@given(strategies.plans)
def test_a_plan_comes_back_as_it_was(plan: Plan) -> None:
    assert plan_in(_stored(plan_out(plan))) == plan


@pytest.mark.parametrize(
    "strategy",
    [
        strategies.subscriptions,
        strategies.attempts,
        strategies.entries,
        strategies.charges,
        strategies.services,
        strategies.plans,
    ],
    ids=["subscription", "attempt", "entry", "charge", "service", "plan"],
)
def test_the_properties_above_vary_every_field(strategy: st.SearchStrategy[Any]) -> None:
    """A field that a strategy leaves at its default would be lost without a red test."""
    drawn: dict[str, set[str]] = {}

    @no_time_limit
    @given(strategy)
    def draw(record: Any) -> None:
        for field in fields(record):
            drawn.setdefault(field.name, set()).add(repr(getattr(record, field.name)))

    draw()
    assert [name for name, values in drawn.items() if len(values) < 2] == []


@no_time_limit
@given(strategies.subscriptions)
def test_a_subscription_is_in_the_due_index_while_it_waits_for_something(subscription: Subscription) -> None:
    item = subscription_out(subscription, 4)
    waits = subscription.due_row is not None
    assert {name in item for name in ("due_pk", "due_sk", "due_kind")} == {waits}


@no_time_limit
@given(strategies.subscriptions)
def test_a_subscription_is_in_the_index_of_slots_while_it_renews(subscription: Subscription) -> None:
    item = subscription_out(subscription, 4)
    renews = subscription.slot is not None
    assert {name in item for name in ("slot_pk", "slot_sk")} == {renews}


def test_a_calendar_that_is_not_the_subscriptions_own_cannot_be_stored() -> None:
    """An item names zone and recurrence once."""
    subscription, _ = active()
    with pytest.raises(AssertionError):
        subscription_out(replace(subscription, zone="UTC"), 4)


@no_time_limit
@given(strategies.subscriptions, strategies.entries)
def test_an_entry_that_an_item_carries_is_the_row_that_it_will_be(subscription: Subscription, entry: Entry) -> None:
    row = entry_out(subscription.partner, subscription.id, entry)
    item = {**carrying(subscription_out(subscription, 4), row), "write_id": "W1"}
    tail = carried(_stored(item))
    assert tail is not None
    assert (tail.version, tail.write_id) == (subscription.version, "W1")
    assert to_wire(tail.row) == to_wire(row)
    assert subscription_in(_stored(item)) == subscription


def test_an_attempt_that_is_open_and_in_the_entry_is_stored_once() -> None:
    attempt = Attempt("S-1", AttemptKind.RENEWAL, Obligation(2), 1, "owner", Money(450, "GBP"), START)
    subscription = replace(active()[0], open_attempt=attempt)
    alike = Entry(2, START, EntryKind.ATTEMPT_PENDING, subscription.state, attempt)
    other = replace(alike, attempt=replace(attempt, code="AA"))
    for entry, times in ((alike, 1), (other, 2)):
        row = entry_out(subscription.partner, subscription.id, entry)
        item = {**carrying(subscription_out(subscription, 4), row), "write_id": "W1"}
        assert str(item).count("'owner'") == 2 * times  # its name and its value
        tail = carried(_stored(item))
        assert tail is not None
        assert entry_in(tail.row) == entry


def test_an_item_of_a_change_without_an_entry_carries_none() -> None:
    assert carried({**subscription_out(active()[0], 4), "write_id": "W1"}) is None


@no_time_limit
@given(strategies.subscriptions)
def test_a_subscription_is_in_the_open_index_while_nobody_knows_an_outcome_of_it(subscription: Subscription) -> None:
    item = subscription_out(subscription, 4)
    unknown = subscription.decide_by is not None
    assert {name in item for name in ("open_pk", "open_sk")} == {unknown}


@no_time_limit
@given(strategies.attempts)
def test_an_attempt_comes_back_as_it_was(attempt: Attempt) -> None:
    assert attempt_in(_stored(attempt_out(attempt))) == attempt


def test_an_attempt_that_knows_nothing_yet_is_stored_without_empty_attributes() -> None:
    """They would be paid for at every claim."""
    attempt = Attempt("S-1", AttemptKind.RENEWAL, Obligation(2), 1, "owner", Money(450, "GBP"), START)
    assert set(attempt_out(attempt)) == {
        "id",
        "kind",
        "period",
        "number",
        "owner",
        "amount",
        "claimed",
        "state",
    }


@no_time_limit
@given(strategies.subscriptions)
def test_keys_stay_below_dynamodbs_limits(subscription: Subscription) -> None:
    item: Mapping[str, Any] = subscription_out(subscription, 4)
    table = deployed_table()
    for schema in (table["KeySchema"], *(index["KeySchema"] for index in table["GlobalSecondaryIndexes"])):
        for key in schema:
            assert len(str(item.get(key["AttributeName"], "")).encode()) <= LONGEST[key["KeyType"]]
