"""Tries of PINs are counted before the provider is asked, over all partners."""

import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass, PinVerdict
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.pin_guards import DAY, Guards
from pinbill.errors import (
    PinbillError,
    PinExhausted,
    PinLocked,
    PinWrong,
    StoreUnavailable,
)
from pinbill.usecases.calls import Answer, CallResult
from pinbill.usecases.pin_guard import Asker
from pinbill.usecases.ports.telemetry import Observation
from tests.fakes.rails import DONE
from tests.unit.domain.samples import NUMBER, declined
from tests.unit.usecases.guarding import Desk, number
from tests.unit.usecases.world import World

WRONG = BillResult(AttemptState.DECLINED, "P1", FailureClass.PIN, pin=PinVerdict.WRONG)


def test_a_try_is_counted_before_the_provider_is_asked() -> None:
    world = World()
    world.subscribe()
    counted: list[int] = []
    world.phone.before_debit = lambda order: counted.append(len(world.tallies.uses[Msisdn(NUMBER)].tried))

    world.confirm()

    assert counted == [1]
    assert world.tallies.uses[Msisdn(NUMBER)].tried == ()


def test_a_try_that_cannot_be_counted_is_not_made() -> None:
    world = World()
    world.subscribe()
    world.tallies.failure = StoreUnavailable()

    with pytest.raises(StoreUnavailable):
        world.confirm()

    assert world.phone.orders == []
    assert world.subscription.pin is not None
    assert world.subscription.pin.tries == 0


def test_wrong_pins_lock_the_number_for_the_partner_and_a_new_pin_unlocks_nothing() -> None:
    world = World()
    world.subscribe()
    world.phone.will_bill(*[WRONG] * 9)
    answers = []
    for _ in range(9):
        try:
            world.confirm()
        except PinbillError as error:
            answers.append(type(error))
            if isinstance(error, PinExhausted):
                world.after(minutes=11)
                world.resend()

    assert answers == [*[PinWrong] * 3, PinExhausted, PinWrong, *[PinLocked] * 4]
    assert len(world.phone.orders) == Guards().tries
    world.check()


def test_a_lock_costs_the_subscription_no_try_and_ends() -> None:
    world = World()
    world.service = replace(world.service, pin=replace(world.service.pin, life=2 * DAY, confirm_within=3 * DAY))
    world.catalog.put_service(world.service)
    world.own_guards["tries"] = 1
    world.subscribe()
    world.phone.will_bill(WRONG)
    for error in (PinWrong, PinLocked):
        with pytest.raises(error):
            world.confirm()

    assert world.subscription.pin is not None
    assert world.subscription.pin.tries == 1
    world.clock.advance(DAY)
    assert world.confirm().attempt is not None


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        (BillResult(AttemptState.PAID), 0),
        (BillResult(AttemptState.PENDING), 0),
        (BillResult(AttemptState.NOT_SENT, "connect_failed"), 0),
        (WRONG, 1),
        (declined(FailureClass.SOFT), 1),
        (BillResult(AttemptState.UNKNOWN, "timeout"), 1),
    ],
    ids=lambda value: f"{value.state}-{value.failure}" if isinstance(value, BillResult) else "",
)
def test_only_a_try_that_was_no_guess_is_given_back(result: BillResult, kept: int) -> None:
    world = World()
    world.subscribe()
    world.phone.will_bill(result)

    with suppress(PinbillError):
        world.confirm()

    assert len(world.tallies.uses[Msisdn(NUMBER)].tried) == kept


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (DONE, 0),
        (CallResult(Answer.NOT_SENT), 0),
        (CallResult(Answer.BUSY, retry_after=1), 0),
        (CallResult(Answer.REJECTED, pin=PinVerdict.WRONG), 1),
        (CallResult(Answer.REJECTED), 1),
        (CallResult(Answer.UNCLEAR), 1),
    ],
    ids=lambda value: value.answer if isinstance(value, CallResult) else "",
)
def test_the_same_goes_for_the_pin_of_a_free_period(answer: CallResult, kept: int) -> None:
    world = World(trial_days=7)
    world.subscribe()
    world.phone.will_answer("check_pin", answer)

    with suppress(PinbillError):
        world.confirm()

    assert len(world.tallies.uses[Msisdn(NUMBER)].tried) == kept


def test_a_try_without_time_to_make_it_is_given_back() -> None:
    world = World()
    world.subscribe()

    with pytest.raises(PinbillError):
        world.confirm(lambda: False)

    assert world.tallies.uses[Msisdn(NUMBER)].tried == ()


def test_a_confirm_that_is_paid_stands_although_the_counts_cannot_be_written_after_it() -> None:
    world = World()
    world.subscribe()

    def cut_off(order: object) -> None:
        world.tallies.failure = StoreUnavailable()

    world.phone.before_debit = cut_off

    assert world.confirm().attempt is not None
    assert world.telemetry.count(Observation.PIN_GUARD_BEHIND) == 1


def test_a_thousand_parallel_guessers_over_many_partners_get_the_few_tries_of_the_number() -> None:
    desk = Desk()
    found: list[str] = []
    gate = threading.Barrier(50)

    def guess(at: int) -> None:
        gate.wait()
        for n in range(20):
            try:
                desk.guard.attempt(Asker(f"p{at}", f"s{n}", number(1)))
                found.append("asked")
            except PinbillError as error:
                found.append(error.code)

    threads = [threading.Thread(target=guess, args=(at,)) for at in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found.count("asked") == Guards().tries_a_number
    assert found.count(PinLocked.code) == 990


def test_a_pin_is_kept_and_shown_nowhere_whatever_comes_of_it() -> None:
    secret = "918273"
    world = World()
    world.subscribe()
    world.phone.will_bill(WRONG, BillResult(AttemptState.UNKNOWN, "timeout"))
    said = []
    for _ in range(3):
        try:
            said.append(repr(world.pin_confirm(world.plan.partner, world.id, secret)))
        except PinbillError as error:
            said.append(repr(error) + error.detail)

    kept = [
        world.store.subscriptions,
        world.store.entries,
        world.store.changes,
        world.tallies.uses,
        world.tallies.counts,
    ]
    assert [order.pin for order in world.phone.orders] == [secret, secret]
    assert secret not in repr([*said, *kept, world.telemetry.observed, world.phone.orders])
