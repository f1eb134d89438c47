"""Subscribe and resend: what is left behind by every answer to the PIN request."""

from dataclasses import replace

import pytest

from pinbill.domain.ending import When
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.states import State
from pinbill.domain.subscription import Delivery, Mandate, Timer
from pinbill.errors import (
    AmountOverMandate,
    AttemptOpen,
    CurrencyMismatch,
    MandateInUse,
    MandateNotAllowed,
    MandateRequired,
    NetworkRequired,
    NumberRejected,
    PinNotAllowed,
    PinResendTooSoon,
    PinSendsExhausted,
    PlanNotFound,
    ProviderBusy,
    ProviderRefused,
    ProviderUnreachable,
    StoreUnavailable,
    SubscriptionExists,
    WrongState,
)
from pinbill.usecases.calls import Answer, CallResult
from pinbill.usecases.pin_request import Subscribe
from tests.unit.domain.samples import BANK, UNKNOWN
from tests.unit.usecases.world import World

OTHER = "+447700900124"
NO_PIN = [
    (CallResult(Answer.REJECTED), NumberRejected),
    (CallResult(Answer.REFUSED), ProviderRefused),
    (CallResult(Answer.BUSY, retry_after=7), ProviderBusy),
    (CallResult(Answer.NOT_SENT), ProviderUnreachable),
]


def test_a_new_subscription_is_pending_and_its_pin_is_on_the_way() -> None:
    world = World()

    subscription = world.subscribe()

    assert subscription.state is State.PENDING
    assert subscription.pin is not None
    assert subscription.pin.delivery is Delivery.SENT
    assert world.phone.called("send_pin") == 1
    assert world.bills.orders == []
    world.check()


@pytest.mark.parametrize(("answer", "error"), NO_PIN)
def test_a_pin_that_was_certainly_not_sent_frees_the_number(answer: CallResult, error: type[Exception]) -> None:
    world = World()
    world.phone.will_answer("send_pin", answer)

    with pytest.raises(error):
        world.subscribe()

    (ended,) = world.store.subscriptions.values()
    assert (ended.state, ended.end_reason) == (State.ENDED, "pin_not_sent")
    assert ended.due is None
    assert world.subscribe().state is State.PENDING


def test_a_pin_without_a_clear_answer_can_still_be_confirmed() -> None:
    world = World()
    world.phone.will_answer("send_pin", CallResult(Answer.UNCLEAR))

    subscription = world.subscribe()

    assert subscription.pin is not None
    assert subscription.pin.delivery is Delivery.UNKNOWN
    assert world.confirm().subscription.state is State.ACTIVE


def test_a_number_has_one_live_subscription_to_a_plan() -> None:
    world = World()
    first = world.subscribe()

    with pytest.raises(SubscriptionExists) as refusal:
        world.subscribe()

    assert refusal.value.subscription_id == first.id
    assert world.phone.called("send_pin") == 1


def test_a_number_is_free_again_after_the_end() -> None:
    world = World()
    first = world.active()
    world.cancel(When.NOW)

    assert world.subscribe().id != first.id


def test_a_mandate_pays_for_one_live_subscription() -> None:
    world = World(BANK)
    first = world.subscribe()

    with pytest.raises(MandateInUse) as refusal:
        world.subscribe(msisdn=OTHER)

    assert refusal.value.subscription_id == first.id


def test_a_mandate_subscription_has_no_pin_and_asks_nobody() -> None:
    world = World(BANK)

    assert world.subscribe().pin is None
    assert world.phone.calls == []
    with pytest.raises(PinNotAllowed):
        world.resend()


@pytest.mark.parametrize(
    ("mandate", "error"),
    [
        (None, MandateRequired),
        (Mandate("m", Money(449, "GBP")), AmountOverMandate),
        (Mandate("m", Money(10_000, "EUR")), CurrencyMismatch),
    ],
)
def test_a_mandate_that_cannot_pay_is_refused_and_leaves_nothing(
    mandate: Mandate | None, error: type[Exception]
) -> None:
    world = World(BANK)

    with pytest.raises(error):
        world.subscribe(mandate=mandate)

    assert world.store.subscriptions == {}


def test_a_phone_bill_takes_a_network_and_no_mandate() -> None:
    world = World()

    with pytest.raises(NetworkRequired):
        world.subscribe(network=None)
    with pytest.raises(MandateNotAllowed):
        world.subscribe(mandate=Mandate("m", Money(10_000, "GBP")))

    assert world.store.subscriptions == {}


def test_a_retired_plan_is_not_sold() -> None:
    world = World(retired=True)

    with pytest.raises(PlanNotFound):
        world.subscribe()


def test_a_crash_between_create_and_pin_leaves_a_subscription_that_expires_or_gets_a_new_pin() -> None:
    world = World()

    def crash() -> None:
        raise RuntimeError("killed")

    world.phone.during["send_pin"] = crash
    with pytest.raises(RuntimeError):
        world.subscribe()

    (stored,) = world.store.subscriptions.values()
    world.id = stored.id
    world.check()
    world.after(seconds=31)
    assert world.resend().pin is not None


def test_a_lost_write_after_the_pin_leaves_a_subscription_that_can_be_confirmed() -> None:
    world = World()
    world.store.faults.append("lost")

    with pytest.raises(StoreUnavailable):
        world.subscribe()

    (stored,) = world.store.subscriptions.values()
    world.id = stored.id
    world.check()
    assert world.confirm().subscription.state is State.ACTIVE


def test_a_resend_counts_before_it_is_sent_and_waits_for_its_time() -> None:
    world = World()
    world.subscribe()

    with pytest.raises(PinResendTooSoon):
        world.resend()
    world.after(seconds=31)
    resent = world.resend()

    assert resent.pin is not None
    assert resent.pin.sends == world.phone.called("send_pin") == 2
    world.check()


@pytest.mark.parametrize(("answer", "error"), NO_PIN)
def test_a_resend_that_fails_counts_and_ends_nothing(answer: CallResult, error: type[Exception]) -> None:
    world = World()
    world.subscribe()
    world.phone.will_answer("send_pin", answer)
    world.after(seconds=31)

    with pytest.raises(error):
        world.resend()

    assert world.subscription.state is State.PENDING
    assert world.subscription.pin is not None
    assert world.subscription.pin.sends == 2


def test_two_resends_at_once_send_one_pin() -> None:
    world = World()
    world.subscribe()
    world.after(seconds=31)
    world.store.after_read = world.resend

    with pytest.raises(PinResendTooSoon):
        world.resend()

    assert world.phone.called("send_pin") == 2


def test_pins_run_out() -> None:
    world = World()
    world.subscribe()
    for _ in range(world.service.pin.sends - 1):
        world.after(minutes=11)
        world.resend()
    world.after(minutes=11)

    with pytest.raises(PinSendsExhausted):
        world.resend()

    assert world.phone.called("send_pin") == world.service.pin.sends


def test_no_pin_is_sent_while_a_first_bill_is_open_nor_once_it_is_paid() -> None:
    world = World()
    world.subscribe()
    world.after(seconds=31)
    world.phone.will_bill(UNKNOWN)
    world.confirm()

    with pytest.raises(AttemptOpen):
        world.resend()

    paid = World()
    paid.active()
    with pytest.raises(WrongState):
        paid.resend()


def test_a_cancel_during_the_pin_request_stays_a_cancel() -> None:
    world = World()
    world.subscribe()
    world.after(seconds=31)
    world.phone.during["send_pin"] = world.cancel

    world.resend()

    assert world.subscription.state is State.CANCELLED
    assert Timer.EXPIRY not in world.subscription.timers
    world.check()


def test_what_a_command_prints_hides_the_number() -> None:
    assert OTHER not in repr(replace(Subscribe("acme", "plan", Msisdn(OTHER)), plan="other"))
