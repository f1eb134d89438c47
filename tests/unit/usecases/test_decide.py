"""A person's decision on an open outcome: what follows from it, and when it is refused."""

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, Decision, Source
from pinbill.domain.catalog import RailName
from pinbill.domain.rails import RULES
from pinbill.domain.states import State
from pinbill.errors import (
    AttemptNotOpen,
    DecisionTooEarly,
    EvidenceCameIn,
    SubscriptionNotFound,
)
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import BANK, PENDING, PHONE, UNKNOWN
from tests.unit.usecases.unknowns import (
    NOT_CHARGED,
    decide,
    last,
    look,
    open_attempt,
    opened,
    opened_charge,
    opened_first_bill,
    prove,
    wait_to_decide,
)
from tests.unit.usecases.world import World

RAILS = [PHONE, BANK]
VERDICTS = [AttemptState.PAID, NOT_CHARGED]


def waiting(rail: RailName = PHONE, *, debits: bool = True) -> World:
    """An unknown bill that a person may decide upon in either way."""
    world = opened(UNKNOWN, rail, debits=debits)
    wait_to_decide(world)
    return world


# --- decided


@pytest.mark.parametrize("rail", RAILS)
def test_what_is_decided_paid_is_over_and_not_billed_again(rail: RailName) -> None:
    world = waiting(rail)

    settled = decide(world, AttemptState.PAID)
    world.wake()

    assert (settled.attempt.state, settled.attempt.settled_by) == (AttemptState.PAID, Source.PERSON)
    assert settled.attempt.decision == Decision("ann", "not in the report", 0)
    assert settled.subscription.next_period == 3
    assert world.debits == ["period 1", "period 2"]
    world.check()


@pytest.mark.parametrize("rail", RAILS)
def test_what_is_decided_not_charged_is_billed_again_at_the_next_wake(rail: RailName) -> None:
    world = waiting(rail, debits=False)

    decide(world)
    world.wake()

    assert world.debits == ["period 1", "period 2"]
    assert world.subscription.next_period == 3
    world.check()


def test_a_charge_that_is_decided_not_charged_is_taken_by_the_repeat_of_its_key() -> None:
    world = opened_charge(debits=False)
    wait_to_decide(world)

    decide(world)
    charged = world.charge()

    assert (charged.charge.attempt.state, charged.charge.tries) == (AttemptState.PAID, 2)
    world.check()


def test_a_charge_that_is_decided_paid_is_what_the_repeat_of_its_key_answers() -> None:
    world = opened_charge()

    decide(world, AttemptState.PAID)

    assert world.charge().charge.attempt.state is AttemptState.PAID
    assert len(world.bills.orders) == 2
    world.check()


@pytest.mark.parametrize("rail", RAILS)
def test_a_first_bill_that_is_decided_not_charged_may_be_confirmed_again(rail: RailName) -> None:
    world = opened_first_bill(rail, debits=False)
    wait_to_decide(world)

    decide(world)
    if rail is PHONE:
        world.resend()
    confirmed = world.confirm()

    assert confirmed.subscription.state is State.ACTIVE
    assert world.debits == ["period 1"]
    world.check()


def test_every_decision_is_counted_with_the_person_as_its_source() -> None:
    world = waiting()
    world.telemetry.observed.clear()

    decide(world)

    (observed,) = world.telemetry.observed
    assert (observed.what, observed.fields["source"]) == (Observation.ATTEMPT_SETTLED, "person")


# --- refused


@pytest.mark.parametrize("verdict", VERDICTS)
def test_an_attempt_that_is_closed_already_says_how_and_by_whom(verdict: AttemptState) -> None:
    world = waiting()
    prove(world, last(world))
    before = world.subscription

    with pytest.raises(AttemptNotOpen, match=f"paid by callback at {world.now:%Y-%m-%dT%H:%M}"):
        decide(world, verdict)

    assert world.subscription == before


@pytest.mark.parametrize("verdict", VERDICTS)
def test_an_attempt_that_is_closed_in_the_last_moment_says_how_too(verdict: AttemptState) -> None:
    world = waiting()
    world.store.before_commit = lambda: prove(world, last(world))

    with pytest.raises(AttemptNotOpen, match="paid by callback"):
        decide(world, verdict)


@pytest.mark.parametrize("reference", ["", "-", "S-1", "S-99", "é"])
def test_an_attempt_that_the_subscription_never_had_is_refused(reference: str) -> None:
    world = waiting()

    with pytest.raises(AttemptNotOpen):
        decide(world, reference=reference or "?")

    assert open_attempt(world).state is AttemptState.UNKNOWN


def test_a_subscription_that_the_partner_does_not_have_is_not_found() -> None:
    world = waiting()

    for partner, id in ((world.plan.partner, "NOSUCH"), ("other", world.id), (world.plan.partner, "../x")):
        with pytest.raises(SubscriptionNotFound):
            world.decide(partner, id, last(world), NOT_CHARGED, Decision("ann", "report", 0))


@pytest.mark.parametrize("verdict", VERDICTS)
def test_an_attempt_in_flight_is_not_decided_while_its_owner_may_still_report(verdict: AttemptState) -> None:
    world = World()
    world.due()
    refused = []

    def meanwhile(order: BillOrder) -> None:
        with pytest.raises(AttemptNotOpen, match="in flight") as error:
            decide(world, verdict, order.reference)
        refused.append(error)

    world.bills.before_debit = meanwhile
    world.wake()

    assert len(refused) == 1
    world.check()


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("result", [UNKNOWN, PENDING], ids=lambda result: str(result.state))
def test_a_bill_is_not_called_not_charged_too_early(result: BillResult, rail: RailName) -> None:
    world = opened(result, rail)

    with pytest.raises(DecisionTooEarly):
        decide(world)

    assert open_attempt(world).state is result.state


def test_a_pending_payment_is_not_decided_away_after_an_outage_in_which_nobody_asked_for_it() -> None:
    world = opened(PENDING, BANK)
    world.after(days=30)

    with pytest.raises(DecisionTooEarly):
        decide(world)

    assert world.bank.queries == []


def test_a_payment_that_the_provider_has_begun_to_show_is_not_decided_away_by_an_older_list() -> None:
    """The look that finds it comes between the person's reading and their decision; then the bank debits it."""
    world = opened(UNKNOWN, BANK)
    for _ in RULES[BANK].ladder:
        look(world)
    seen = len(open_attempt(world).evidence)
    world.bank.will_find(PENDING)
    look(world)

    with pytest.raises((DecisionTooEarly, EvidenceCameIn)):
        decide(world, seen=seen)

    world.wake()
    assert world.debits == ["period 1", "period 2"]
