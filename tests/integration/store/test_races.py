"""Sixteen threads at one subscription: the provider's own ledger says what was taken."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.ending import When
from pinbill.domain.money import Money
from pinbill.domain.subscription import Subscription
from pinbill.errors import (
    AlreadySettled,
    AttemptOpen,
    ConcurrentChange,
    PinbillError,
    ProviderUnreachable,
    SubscriptionExists,
    WrongState,
)
from pinbill.store.due_index import DynamoDueIndex
from pinbill.usecases.charge import ChargeCommand
from tests.contracts.engines import THREADS
from tests.fakes.clock import START
from tests.fakes.samples import NOT_SENT, PARTNER, PHONE_PLAN, PHONE_SERVICE, msisdn, pending
from tests.integration.store.conftest import Journey

pytestmark = pytest.mark.aws

ROUNDS = 20
# What a loser of a race may be told; everything else is a defect.
LOST = (AttemptOpen, AlreadySettled, WrongState, ConcurrentChange, SubscriptionExists)


def at_once(*calls: Callable[[], object]) -> list[PinbillError | None]:
    """Run all calls at the same time; what each lost by, None for a success."""
    barrier = threading.Barrier(len(calls), timeout=30)

    def one(call: Callable[[], object]) -> PinbillError | None:
        barrier.wait()
        try:
            call()
        except LOST as lost:
            return lost
        return None

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))


def _debits(journey: Journey) -> Counter[str]:
    """How often the provider debited each subscription."""
    return Counter(debit.reference.partition("-")[0] for debit in journey.phone.ledger)


def _claims_period(journey: Journey, subscription: Subscription) -> Callable[[], object]:
    def claim(current: Subscription, owner: str, now: object) -> Change:
        if current.next_period != subscription.next_period:
            raise AlreadySettled
        return claim_period(current, AttemptKind.RENEWAL, owner, START)

    return lambda: journey.payments.take(subscription, claim, PHONE_PLAN, PHONE_SERVICE, "News")


def test_of_many_that_claim_one_period_at_once_one_takes_the_money(journey: Journey) -> None:
    for n in range(ROUNDS):
        subscription = journey.subscribed(f"SUB{n}", n)
        lost = at_once(*[_claims_period(journey, subscription)] * THREADS)
        assert lost.count(None) == 1
    assert _debits(journey) == {f"SUB{n}": 1 for n in range(ROUNDS)}


def test_many_workers_that_wake_one_due_subscription_at_once_bill_it_once(journey: Journey) -> None:
    for n in range(ROUNDS):
        journey.subscribed(f"SUB{n}", n)
        at_once(*[partial(journey.worker.wake, PARTNER, f"SUB{n}")] * THREADS)
        assert journey.store.subscription(PARTNER, f"SUB{n}").next_period == 3
    assert _debits(journey) == {f"SUB{n}": 1 for n in range(ROUNDS)}


def test_a_woken_subscription_leaves_no_row_that_is_still_due(journey: Journey, due: DynamoDueIndex) -> None:
    journey.subscribed("SUB1", 1)
    at_once(*[partial(journey.worker.wake, PARTNER, "SUB1")] * THREADS)
    rows = [row for shard in range(due.shards) for row in due.rows(RailName.INFOMEDIA, PARTNER, shard, None, START, 10)]
    assert rows == []


def _charges(journey: Journey, id: str, key: str) -> Callable[[], object]:
    command = ChargeCommand(PARTNER, id, key, Money(199, "GBP"), "Film")
    return lambda: journey.charge(command)


def test_of_many_charges_under_one_key_at_once_one_takes_the_money(journey: Journey) -> None:
    for n in range(ROUNDS):
        journey.subscribed(f"SUB{n}", n)
        lost = at_once(*[_charges(journey, f"SUB{n}", "key-1")] * THREADS)
        assert None in lost
    assert _debits(journey) == {f"SUB{n}": 1 for n in range(ROUNDS)}


def test_of_many_repeats_of_a_charge_that_was_not_sent_one_takes_the_money(journey: Journey) -> None:
    for n in range(ROUNDS):
        journey.subscribed(f"SUB{n}", n)
        journey.phone.will_bill(NOT_SENT)
        with pytest.raises(ProviderUnreachable):
            _charges(journey, f"SUB{n}", "key-1")()
        at_once(*[_charges(journey, f"SUB{n}", "key-1")] * THREADS)
    assert _debits(journey) == {f"SUB{n}": 1 for n in range(ROUNDS)}


def test_charges_under_keys_of_their_own_are_each_taken_at_most_once(journey: Journey) -> None:
    journey.subscribed("SUB1", 1)
    lost = at_once(*[_charges(journey, "SUB1", f"key-{n}") for n in range(THREADS)])
    assert _debits(journey) == {"SUB1": lost.count(None)}
    references = [debit.reference for debit in journey.phone.ledger]
    assert len(set(references)) == len(references)


def _cancels(journey: Journey, id: str, answers: list[Subscription]) -> None:
    answers.append(journey.cancel(PARTNER, id, When.NOW, "test"))


def test_nothing_is_claimed_any_more_once_a_cancel_has_answered(journey: Journey) -> None:
    cancelled: list[Subscription] = []
    for n in range(ROUNDS):
        id = f"SUB{n}"
        journey.subscribed(id, n)
        at_once(
            partial(_cancels, journey, id, cancelled),
            *[_charges(journey, id, f"key-{n}") for n in range(THREADS - 1)],
        )
        with pytest.raises(WrongState):
            _charges(journey, id, "key-late")()
        claimed = [int(order.reference.partition("-")[2]) for order in journey.phone.orders]
        # The answer of the cancel knows every claim there ever was, and names the one that may still debit.
        assert max(claimed, default=0) <= cancelled[n].attempts
        journey.phone.orders.clear()
    assert len(cancelled) == ROUNDS


def test_of_many_subscriptions_of_one_number_at_once_one_is_created(journey: Journey) -> None:
    for n in range(ROUNDS):
        created = [pending(f"SUB{n}T{thread}", number=msisdn(n)) for thread in range(THREADS)]
        lost = at_once(*[partial(journey.store.create, *new) for new in created])
        (winner,) = journey.store.with_number(PARTNER, msisdn(n))
        assert lost.count(None) == 1
        assert {error.subscription_id for error in lost if isinstance(error, SubscriptionExists)} == {winner}


def test_a_number_that_is_cancelled_and_taken_at_once_has_one_subscription_at_most(journey: Journey) -> None:
    for n in range(ROUNDS):
        journey.subscribed(f"OLD{n}", n)
        news = [pending(f"NEW{n}T{thread}", number=msisdn(n)) for thread in range(THREADS - 1)]
        lost = at_once(
            partial(journey.cancel, PARTNER, f"OLD{n}", When.NOW, "test"),
            *[partial(journey.store.create, *new) for new in news],
        )
        assert lost[0] is None
        assert list(journey.store.with_number(PARTNER, msisdn(n))) == [
            new.id for (new, _), error in zip(news, lost[1:], strict=True) if error is None
        ]
