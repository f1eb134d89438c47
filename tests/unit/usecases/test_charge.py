"""On-demand charges: one debit for each Idempotency-Key, for ever."""

from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass
from pinbill.domain.ending import When
from pinbill.domain.states import State
from pinbill.errors import (
    AmountOverMandate,
    AttemptOpen,
    CurrencyMismatch,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    PinbillError,
    ProviderBusy,
    ProviderRefused,
    ProviderUnreachable,
    StoreUnavailable,
    SubscriptionNotFound,
    WrongState,
)
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.charge import ChargeCommand, Charged
from tests.unit.domain.samples import (
    BANK,
    BILLED,
    NOT_CHARGED,
    NOT_SENT,
    PAID,
    PENDING,
    PHONE,
    PRICE,
    UNKNOWN,
    declined,
)
from tests.unit.usecases.world import Fault, World


def active(rail: str = PHONE) -> World:
    world = World(BANK if rail == BANK else PHONE)
    world.active()
    return world


def charges(world: World) -> list[str]:
    return [debit for debit in world.debits if debit.startswith("charge")]


@pytest.mark.parametrize("rail", [PHONE, BANK])
def test_a_charge_debits_once_and_changes_no_period(rail: str) -> None:
    world = active(rail)

    charged = world.charge()

    assert charged.charge.attempt.state is AttemptState.PAID
    assert (charged.subscription.state, charged.subscription.next_period) == (State.ACTIVE, 2)
    assert world.bills.orders[-1].amount.minor == 99
    assert len(charges(world)) == 1
    world.check()


@pytest.mark.parametrize("result", [PAID, declined(), declined(FailureClass.HARD), PENDING, UNKNOWN])
def test_a_repeat_gets_the_first_answer_and_charges_nothing(result: BillResult) -> None:
    world = active(BANK)
    world.bank.will_bill(result)
    first = world.charge()

    repeats = [world.charge() for _ in range(3)]

    assert {repeat.charge for repeat in repeats} == {first.charge}
    assert len(world.bank.orders) == 2
    world.check()


def test_a_repeat_gets_the_first_answer_even_after_the_end_of_the_subscription() -> None:
    world = active()
    first = world.charge()
    world.cancel()
    world.after(days=400)

    assert world.charge().charge == first.charge


@pytest.mark.parametrize("changed", [{"minor": 100}, {"text": "other"}, {"minor": 990}])
def test_another_body_under_the_same_key_is_refused(changed: dict[str, int]) -> None:
    world = active()
    world.charge()

    with pytest.raises(IdempotencyKeyReused):
        world.charge(**changed)  # type: ignore[arg-type]

    assert len(charges(world)) == 1


@pytest.mark.parametrize("key", [None, "", "k" * 256])
def test_a_charge_without_a_usable_key_is_refused(key: str | None) -> None:
    world = active()

    with pytest.raises(IdempotencyKeyRequired):
        world.charge(key)

    assert charges(world) == []


def test_the_longest_key_is_a_key() -> None:
    assert active().charge("k" * 255).charge.attempt.state is AttemptState.PAID


def test_keys_of_other_subscriptions_are_other_keys() -> None:
    world = active()
    world.charge()
    world.cancel()
    world.active()

    world.charge()

    assert len(charges(world)) == 2


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (NOT_SENT, ProviderUnreachable),
        (declined(FailureClass.REFUSED), ProviderRefused),
        (replace(declined(FailureClass.REFUSED), retry_after=9), ProviderBusy),
    ],
)
def test_a_charge_that_was_never_asked_is_an_error_and_its_repeat_charges(
    result: BillResult, error: type[Exception]
) -> None:
    world = active()
    world.phone.will_bill(result)

    with pytest.raises(error):
        world.charge()
    charged = world.charge()

    assert charged.charge.attempt.state is AttemptState.PAID
    assert charged.charge.tries == charged.charge.attempt.number == 2
    assert len(charges(world)) == 1
    world.check()


@pytest.mark.parametrize("result", [NOT_SENT, declined(FailureClass.REFUSED)])
@pytest.mark.parametrize("where", ["after_read", "before_commit"])
def test_two_repeats_at_once_of_a_charge_that_was_not_sent_debit_once(where: str, result: BillResult) -> None:
    """The slower one still holds the reading in which the charge may be tried again."""
    world = active()
    world.phone.will_bill(result)
    with pytest.raises(PinbillError):
        world.charge()
    setattr(world.store, where, world.charge)

    charged = world.charge()

    assert charged.charge.attempt.state is AttemptState.PAID
    assert len(charges(world)) == 1
    world.check()


@pytest.mark.parametrize("where", ["after_read", "before_commit"])
def test_two_first_requests_with_one_key_debit_once_and_answer_the_same(where: str) -> None:
    world = active()
    answers: list[Charged] = []
    setattr(world.store, where, lambda: answers.append(world.charge()))

    answers.append(world.charge())

    assert answers[0].charge == answers[1].charge
    assert len(charges(world)) == 1
    world.check()


def test_a_request_during_the_call_of_another_one_is_told_that_it_is_under_way() -> None:
    world = active()
    seen: list[AttemptState] = []

    def second(order: BillOrder) -> None:
        world.phone.before_debit = lambda order: None
        seen.append(world.charge().charge.attempt.state)
        with pytest.raises(IdempotencyKeyReused):
            world.charge(minor=100)
        with pytest.raises(AttemptOpen):
            world.charge("key-2")

    world.phone.before_debit = second
    world.charge()

    assert seen == [AttemptState.IN_FLIGHT]
    assert len(charges(world)) == 1
    world.check()


def test_a_charge_that_was_not_sent_is_not_answered_as_done_while_something_else_is_open() -> None:
    world = active()
    world.phone.will_bill(NOT_SENT, UNKNOWN)
    with pytest.raises(ProviderUnreachable):
        world.charge()
    world.charge("key-2")

    with pytest.raises(AttemptOpen):
        world.charge()


@pytest.mark.parametrize("rail", [PHONE, BANK])
@pytest.mark.parametrize("debits", [True, False])
def test_an_unknown_charge_blocks_every_other_until_it_is_known(rail: str, debits: bool) -> None:
    world = active(rail)
    world.bills.will_bill(UNKNOWN, debits=debits)
    world.charge()

    with pytest.raises(AttemptOpen):
        world.charge("key-2")
    world.after(days=60)
    world.wake()

    assert len(world.bills.orders) == 2
    world.check()


@pytest.mark.parametrize(("found", "state"), [(PAID, AttemptState.PAID), (NOT_CHARGED, AttemptState.NOT_CHARGED)])
def test_a_pending_charge_is_followed_to_its_end_and_the_key_answers_it(found: BillResult, state: AttemptState) -> None:
    world = active(BANK)
    world.bank.will_bill(PENDING, debits=found is PAID)
    world.charge()
    world.bank.will_find(found)
    world.after(minutes=10)

    subscription = world.wake()

    assert subscription.open_attempt is None
    assert subscription.state is State.ACTIVE
    stored = world.store.charge(world.plan.partner, world.id, world.entries[-1].attempt.obligation.charge or "")  # type: ignore[union-attr]
    assert stored is not None
    assert stored.attempt.state is state
    assert world.charge().charge.attempt.state is AttemptState.PAID
    assert len(charges(world)) == 1
    world.check()


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_charge_whose_claim_fails_debits_at_most_once_however_often_it_is_repeated(fault: Fault) -> None:
    world = active()
    world.store.faults.append(fault)
    with pytest.raises(StoreUnavailable):
        world.charge()

    for _ in range(3):
        world.charge()

    assert len(charges(world)) <= 1
    world.check()


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_charge_whose_outcome_could_not_be_written_is_answered_as_open(fault: Fault) -> None:
    world = active()
    world.store.faults.extend(["", fault])

    assert world.charge().charge.attempt.state is AttemptState.IN_FLIGHT
    for _ in range(3):
        world.charge()

    assert len(charges(world)) <= 1
    world.check()


@pytest.mark.parametrize(
    ("minor", "currency", "error"), [(10_001, "GBP", AmountOverMandate), (99, "INR", CurrencyMismatch)]
)
def test_what_the_mandate_does_not_cover_is_refused_before_the_call(
    minor: int, currency: str, error: type[Exception]
) -> None:
    world = active(BANK)

    with pytest.raises(error):
        world.charge(minor=minor, currency=currency)

    assert len(world.bank.orders) == 1
    assert world.subscription.open_attempt is None
    assert world.charge(minor=10_000).charge.attempt.state is AttemptState.PAID


def test_another_currency_is_refused_on_the_phone_bill_too() -> None:
    world = active()

    with pytest.raises(CurrencyMismatch):
        world.charge(currency="EUR")

    assert charges(world) == []


@pytest.mark.parametrize("state", [s for s in State if s not in (State.TRIALING, State.ACTIVE, State.PAST_DUE)])
def test_a_charge_needs_a_subscription_with_access(state: State) -> None:
    world = World()
    world.in_state(state)

    with pytest.raises(WrongState):
        world.charge()

    assert charges(world) == []


@pytest.mark.parametrize("state", [s for s in BILLED if s is not State.SUSPENDED])
def test_a_charge_while_a_bill_is_due_does_not_hide_the_bill(state: State) -> None:
    world = World()
    subscription = world.in_state(state)

    world.charge()
    world.wake()

    assert len(charges(world)) == 1
    assert world.debits[-1] == f"period {subscription.next_period}"
    world.check()


@pytest.mark.parametrize("when", list(When))
def test_nothing_is_charged_after_a_cancel(when: When) -> None:
    world = active()
    world.cancel(when)

    with pytest.raises(WrongState):
        world.charge()

    assert charges(world) == []


def test_a_cancel_between_reading_and_claim_wins() -> None:
    world = active()
    world.store.before_commit = world.cancel

    with pytest.raises(WrongState):
        world.charge()

    assert charges(world) == []


def test_another_partner_cannot_charge() -> None:
    world = active()

    with pytest.raises(SubscriptionNotFound):
        world.charge_now(ChargeCommand("other", world.id, "key-1", PRICE, "extra"))

    assert charges(world) == []
