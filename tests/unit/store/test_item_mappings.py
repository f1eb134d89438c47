"""What is written comes back: every field of every record, through DynamoDB's own value types."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinbill.domain.attempts import Attempt, AttemptKind, Obligation
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry
from pinbill.domain.money import Money
from pinbill.domain.subscription import Subscription
from pinbill.store.catalog_items import plan_in, plan_out, service_in, service_out
from pinbill.store.items import Item, attempt_in, attempt_out, from_wire, to_wire
from pinbill.store.journal_items import charge_in, charge_out, entry_in, entry_out
from pinbill.store.numbers import Numbers
from pinbill.store.subscription_items import subscription_in, subscription_out
from tests.fakes.clock import START
from tests.unit.store import strategies
from tests.unit.store.item_size import HASH_AND_RANGE_LIMITS, item_size

# The machine may be busy: how long an example takes says nothing.
no_time_limit = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = Numbers(lambda: b"a key for tests")


def _stored(item: Item) -> Item:
    return from_wire(to_wire(item))


@no_time_limit
@given(strategies.subscriptions)
def test_a_subscription_comes_back_as_it_was(subscription: Subscription) -> None:
    assert subscription_in(_stored(subscription_out(subscription, NUMBERS, 4)), NUMBERS) == subscription


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
    item = subscription_out(subscription, NUMBERS, 4)
    waits = subscription.due is not None
    assert {name in item for name in ("due_pk", "due_sk", "due_kind")} == {waits}


@no_time_limit
@given(strategies.subscriptions)
def test_a_subscription_is_in_the_open_index_while_nobody_knows_an_outcome_of_it(subscription: Subscription) -> None:
    item = subscription_out(subscription, NUMBERS, 4)
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
        "claimed_at",
        "state",
    }


@no_time_limit
@given(strategies.subscriptions)
def test_keys_stay_below_dynamodbs_limits(subscription: Subscription) -> None:
    item: Mapping[str, Any] = subscription_out(subscription, NUMBERS, 4)
    for name, limit in HASH_AND_RANGE_LIMITS.items():
        assert len(str(item.get(name, "")).encode()) <= limit


def test_the_size_of_an_item_follows_dynamodbs_rules() -> None:
    """Names and text in UTF-8 bytes, a number by its digits, 1 for a truth value, 3 + 1 a member for lists and maps."""
    assert item_size({"ab": "é"}) == 2 + 2
    assert item_size({"n": 1234}) == 1 + 3
    assert item_size({"n": -1234}) == 1 + 4
    assert item_size({"b": True}) == 1 + 1
    assert item_size({"l": ["x", 5]}) == 1 + 3 + (1 + 1) + (1 + 2)
    assert item_size({"m": {"k": "v"}}) == 1 + 3 + (1 + 1 + 1)
