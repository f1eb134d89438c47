"""A repeat with the same Idempotency-Key: answered with what has become of the first, whatever happened in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest

from pinbill.domain.ending import When
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.repeats import Keyed
from pinbill.domain.states import State
from pinbill.domain.subscription import Delivery, Mandate, Subscription
from pinbill.errors import (
    IdempotencyKeyReused,
    NumberRejected,
    PinbillError,
    ProviderUnreachable,
    StoreUnavailable,
    SubscriptionExists,
    WrongState,
)
from pinbill.usecases.calls import Answer, CallResult
from tests.unit.domain.samples import BANK
from tests.unit.usecases.confirming import UNCLEAR, UNSENT
from tests.unit.usecases.repeating import ANOTHER_BODY, K1, K2, OTHER, cancel, confirm, pause, resend, resume
from tests.unit.usecases.world import World

# --- pause, resume, cancel


def test_a_late_copy_of_a_pause_does_not_pause_what_was_resumed() -> None:
    world = World()
    world.active()
    pause(world)
    resume(world)

    again = pause(world)

    assert again == world.subscription
    assert again.state is State.ACTIVE
    assert world.kinds.count(EntryKind.PAUSED) == 1
    world.check()


def test_a_pause_of_what_was_paused_is_remembered_as_well() -> None:
    world = World()
    world.active()
    pause(world, None)
    pause(world, K1)
    resume(world)

    assert pause(world, K1).state is State.ACTIVE


def test_a_pause_is_answered_again_although_it_would_be_refused_by_now() -> None:
    world = World()
    world.active()
    pause(world)
    cancel(world, K2)

    assert pause(world).state is State.CANCELLED


def test_what_was_refused_is_decided_anew() -> None:
    world = World()
    world.subscribe()
    with pytest.raises(WrongState):
        pause(world)
    world.confirm()

    assert pause(world).state is State.PAUSED


@pytest.mark.parametrize("operation", [pause, cancel, resume])
def test_another_body_under_the_same_key_is_refused_before_anything_is_done(
    operation: Callable[[World, Keyed | None], Subscription],
) -> None:
    world = World()
    world.active()
    operation(world, K1)
    before = world.subscription

    with pytest.raises(IdempotencyKeyReused):
        operation(world, ANOTHER_BODY)

    assert world.subscription == before


def test_of_two_pauses_at_once_with_one_key_one_is_written_and_both_are_answered_alike() -> None:
    world = World()
    world.active()
    world.store.before_commit = lambda: pause(world)

    answer = pause(world)

    assert answer.state is State.PAUSED
    assert world.kinds.count(EntryKind.PAUSED) == 1


def test_two_at_once_of_which_the_second_would_be_refused_are_answered_alike() -> None:
    world = World()
    world.active()

    def ends_meanwhile() -> None:
        pause(world)
        cancel(world, K2)

    world.store.before_commit = ends_meanwhile

    assert pause(world).state is State.CANCELLED


@pytest.mark.parametrize("fault", ["applied", "own"])
def test_a_pause_whose_answer_was_lost_is_known_again(fault: Literal["applied", "own"]) -> None:
    world = World()
    world.active()
    world.store.faults.append(fault)
    try:
        pause(world)
    except StoreUnavailable:
        assert fault == "applied"

    resume(world)
    assert pause(world).state is State.ACTIVE
    assert world.kinds.count(EntryKind.PAUSED) == 1


def test_a_pause_that_was_not_written_leaves_its_key_unused() -> None:
    world = World()
    world.active()
    world.store.faults.append("lost")
    with pytest.raises(StoreUnavailable):
        pause(world)

    assert pause(world).state is State.PAUSED


def test_a_cancel_at_the_end_is_not_made_one_for_now_by_its_key() -> None:
    world = World()
    world.active()
    scheduled = cancel(world, K1, When.PERIOD_END)

    assert cancel(world, K1, When.PERIOD_END) == scheduled
    assert world.kinds.count(EntryKind.CANCEL_SCHEDULED) == 1


def test_without_a_key_nothing_is_remembered() -> None:
    world = World()
    world.active()
    pause(world, None)
    resume(world, None)

    assert pause(world, None).state is State.PAUSED
    assert all(change.remembered is None for change in world.store.changes)


# --- subscribe


def test_a_repeated_subscribe_sends_no_second_pin_and_is_no_conflict() -> None:
    world = World()
    first = world.subscribe(request=K1)
    confirm(world, None)

    again = world.subscribe(request=K1)

    assert again.id == first.id
    assert again.state is State.ACTIVE
    assert world.phone.called("send_pin") == 1


def test_a_repeated_subscribe_is_answered_when_its_plan_is_sold_no_more() -> None:
    world = World()
    first = world.subscribe(request=K1)
    cancel(world, None)
    world.catalog.put_plan(replace(world.plan, retired=True))

    assert world.subscribe(request=K1) == world.store.subscriptions[world.plan.partner, first.id]


def test_the_same_key_for_another_number_mandate_or_body_is_refused() -> None:
    phone, bank = World(), World(BANK)
    phone.subscribe(request=K1)
    bank.subscribe(request=K1)

    with pytest.raises(IdempotencyKeyReused):
        phone.subscribe(OTHER, request=K1)
    with pytest.raises(IdempotencyKeyReused):
        phone.subscribe(request=ANOTHER_BODY)
    for mandate in (Mandate("mandate-2", Money(10_000, "GBP")), Mandate("mandate-1", Money(20_000, "GBP"))):
        with pytest.raises(IdempotencyKeyReused):
            bank.subscribe(request=K1, mandate=mandate)

    assert len(phone.store.subscriptions) == len(bank.store.subscriptions) == 1
    assert phone.phone.called("send_pin") == 1


def test_of_two_subscribes_at_once_with_one_key_one_is_created_and_sends() -> None:
    world = World()
    others: list[Subscription] = []
    world.store.before_create = lambda: others.append(world.subscribe(request=K1))

    answer = world.subscribe(request=K1)

    assert [answer.id] == [other.id for other in others]
    assert len(world.store.subscriptions) == 1
    assert world.phone.called("send_pin") == 1


def test_a_subscribe_without_the_key_that_came_first_is_in_the_way() -> None:
    world = World()
    world.store.before_create = world.subscribe

    with pytest.raises(SubscriptionExists):
        world.subscribe(request=K1)


@pytest.mark.parametrize("answer", [UNSENT, CallResult(Answer.BUSY), CallResult(Answer.REFUSED)])
def test_a_subscribe_whose_pin_was_certainly_not_sent_is_begun_anew_by_its_repeat(answer: CallResult) -> None:
    world = World()
    world.phone.will_answer("send_pin", answer)
    with pytest.raises(PinbillError):
        world.subscribe(request=K1)

    subscription = world.subscribe(request=K1)

    assert subscription.state is State.PENDING
    assert len(world.store.subscriptions) == 2
    assert world.subscribe(request=K1) == subscription
    assert world.phone.called("send_pin") == 2


def test_a_number_that_takes_no_sms_stays_so_for_its_key() -> None:
    world = World()
    world.phone.will_answer("send_pin", CallResult(Answer.REJECTED))
    with pytest.raises(NumberRejected):
        world.subscribe(request=K1)

    with pytest.raises(NumberRejected, match="keeps this answer"):
        world.subscribe(request=K1)

    assert world.phone.called("send_pin") == 1


def test_a_subscribe_whose_sms_is_in_doubt_is_answered_as_it_stands() -> None:
    world = World()
    world.phone.will_answer("send_pin", UNCLEAR)
    world.subscribe(request=K1)

    again = world.subscribe(request=K1)

    assert again.pin is not None
    assert again.pin.delivery is Delivery.UNKNOWN
    assert world.phone.called("send_pin") == 1


# --- resend


def test_a_repeated_resend_sends_no_second_pin_and_need_not_wait() -> None:
    world = World()
    world.subscribe()
    world.after(minutes=1)
    resend(world)

    again = resend(world)

    assert again.pin is not None
    assert (again.pin.sends, world.phone.called("send_pin")) == (2, 2)
    world.after(minutes=2)
    assert resend(world, K2).pin is not None
    assert world.phone.called("send_pin") == 3


def test_of_two_resends_at_once_with_one_key_one_is_sent() -> None:
    world = World()
    world.subscribe()
    world.after(minutes=1)
    world.store.before_commit = lambda: resend(world)

    resend(world)

    assert world.phone.called("send_pin") == 2


def test_a_resend_that_was_certainly_not_sent_may_be_repeated() -> None:
    world = World()
    world.subscribe()
    world.after(minutes=1)
    world.phone.will_answer("send_pin", UNSENT)
    with pytest.raises(ProviderUnreachable):
        resend(world)
    world.after(minutes=1)

    assert resend(world).pin is not None
    assert world.phone.called("send_pin") == 3
    assert resend(world).pin is not None
    assert world.phone.called("send_pin") == 3
