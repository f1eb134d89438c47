"""Callbacks of the phone bill: hints held against our own attempts. Early, late, twice, forged."""

import hashlib
from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptState, BillResult, Source
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Timer
from pinbill.errors import CallbackMalformed, NotFound
from pinbill.usecases.callback import BillReported, Stopped
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import BANK, NUMBER, PAID, PENDING, PHONE, PRICE, UNKNOWN, declined
from tests.unit.usecases.world import World

OTHER = "+447700900124"
SENT = "path-token"


def unknown(debits: bool = True) -> World:
    world = World()
    world.due()
    world.phone.will_bill(UNKNOWN, debits=debits)
    world.wake()
    return world


def reference(world: World) -> str:
    return world.bills.orders[-1].reference


def matched(world: World) -> tuple[int, int]:
    return (
        world.telemetry.count(Observation.CALLBACK_RECEIVED),
        world.telemetry.count(Observation.CALLBACK_UNMATCHED),
    )


# --- the path


def test_a_path_is_found_by_its_token_and_its_rail_only() -> None:
    world = World(service_changes={"callback_hash": hashlib.sha256(SENT.encode()).hexdigest()})

    assert world.callback.service(SENT, PHONE) == world.service
    for token, rail in ((SENT, BANK), ("guess", PHONE), ("", PHONE), (world.service.callback_hash or "", PHONE)):
        with pytest.raises(NotFound):
            world.callback.service(token, rail)


# --- STOP


@pytest.mark.parametrize("product", [92, 91])
@pytest.mark.parametrize("state", [State.PENDING, State.TRIALING, State.ACTIVE, State.PAST_DUE, State.SUSPENDED])
def test_stop_cancels_at_once_and_tells_the_provider(state: State, product: int) -> None:
    world = World()
    before = world.in_state(state)
    asked = len(world.phone.orders)

    world.report(Stopped(Msisdn(NUMBER), product))
    world.report(Stopped(Msisdn(NUMBER), product))

    assert (world.subscription.state, world.subscription.end_reason) == (State.CANCELLED, "stopped_by_user")
    assert world.subscription.activity is (Activity.CLOSED if before.activity is Activity.LOGGED else Activity.NONE)
    assert matched(world) == (1, 1)
    world.after(days=60)
    world.wake()
    assert len(world.phone.orders) == asked
    world.check()


@pytest.mark.parametrize(("number", "product"), [(OTHER, 92), (NUMBER, 93), (NUMBER, 0)])
def test_a_stop_that_is_not_of_ours_changes_nothing_and_is_counted(number: str, product: int) -> None:
    world = World()
    before = world.active()

    world.report(Stopped(Msisdn(number), product))

    assert world.subscription == before
    assert matched(world) == (0, 1)


def test_a_stop_for_another_service_of_the_partner_leaves_this_one_alone() -> None:
    world = World()
    before = world.active()
    other = replace(world.service, id="games")

    world.callback(other, lambda: Stopped(Msisdn(NUMBER), 92))

    assert world.subscription == before


def test_a_stop_during_a_renewal_lets_nothing_follow() -> None:
    world = World()
    world.due()

    def stop(order: BillOrder) -> None:
        world.phone.before_debit = lambda order: None
        world.report(Stopped(Msisdn(NUMBER), 92))

    world.phone.before_debit = stop
    world.wake()
    world.after(days=60)
    world.wake()

    assert world.subscription.state is State.CANCELLED
    assert world.debits == ["period 1", "period 2"]
    world.check()


# --- reported bills


@pytest.mark.parametrize("amount", [PRICE, None])
def test_a_reported_bill_settles_the_attempt_whose_reference_it_carries(amount: Money | None) -> None:
    world = unknown()

    world.report(BillReported(reference(world), amount, PAID))

    assert world.subscription.open_attempt is None
    assert world.subscription.next_period == 3
    assert matched(world) == (1, 0)
    world.check()


def test_a_reported_bill_that_comes_again_changes_nothing() -> None:
    world = unknown()
    report = BillReported(reference(world), PRICE, PAID)
    world.report(report)
    settled = world.subscription

    for _ in range(3):
        world.report(report)

    assert world.subscription == settled
    assert matched(world) == (4, 0)


@pytest.mark.parametrize("amount", [Money(449, "GBP"), Money(450, "EUR"), Money(45000, "GBP")])
def test_a_report_of_another_amount_is_not_our_bill(amount: Money) -> None:
    world = unknown()

    world.report(BillReported(reference(world), amount, PAID))

    attempt = world.subscription.open_attempt
    assert attempt is not None
    assert [(evidence.source, evidence.says) for evidence in attempt.evidence] == [
        (Source.CALLBACK, f"paid of {amount}")
    ]
    assert matched(world) == (0, 1)


@pytest.mark.parametrize(
    "garbage", ["", "-", "-1", "no-such-1", "x" * 500, "S0001", "../../etc", "P#acme#S#1-2", "é-1"]
)
def test_a_report_under_no_reference_of_ours_changes_nothing(garbage: str) -> None:
    world = unknown()
    before = world.subscription

    world.report(BillReported(garbage, PRICE, PAID))

    assert world.subscription == before
    assert matched(world) == (0, 1)


def test_a_report_of_an_earlier_attempt_or_another_service_changes_nothing() -> None:
    world = unknown()
    before = world.subscription
    earlier = world.phone.orders[0].reference

    world.report(BillReported(earlier, PRICE, declined()))
    world.callback(replace(world.service, id="games"), lambda: BillReported(reference(world), PRICE, PAID))
    world.callback(replace(world.service, partner="other"), lambda: BillReported(reference(world), PRICE, PAID))

    assert world.subscription == before
    assert matched(world) == (1, 2)


def test_an_unsigned_report_of_no_debit_is_evidence_for_a_person_and_allows_no_second_bill() -> None:
    world = unknown()
    timers = world.subscription.timers

    for _ in range(3):
        world.report(BillReported(reference(world), PRICE, declined()))

    attempt = world.subscription.open_attempt
    assert attempt is not None
    assert attempt.state is AttemptState.UNKNOWN
    assert [(evidence.source, evidence.says) for evidence in attempt.evidence] == [(Source.CALLBACK, "declined")]
    assert world.subscription.timers == timers
    assert world.telemetry.count(Observation.CALLBACK_REPORTS_NO_DEBIT) == 3


def test_a_callback_that_cannot_be_read_is_counted_since_a_stop_may_be_in_it() -> None:
    world = unknown()

    def unreadable() -> None:
        raise CallbackMalformed

    with pytest.raises(CallbackMalformed):
        world.callback(world.service, unreadable)
    world.callback(world.service, lambda: None)

    assert world.telemetry.count(Observation.CALLBACK_MALFORMED) == 1
    assert matched(world) == (0, 0)


def test_a_report_before_the_answer_of_the_call_settles_once() -> None:
    world = World()
    world.due()

    def early(order: BillOrder) -> None:
        world.phone.before_debit = lambda order: None
        world.report(BillReported(order.reference, PRICE, PAID))

    world.phone.before_debit = early
    world.wake()

    assert world.subscription.next_period == 3
    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_a_report_that_the_call_itself_contradicts_does_not_bill_the_period_again() -> None:
    """An early, wrong or forged `declined` arrives while the provider is still working on the bill."""
    world = World()
    world.due()

    def early(order: BillOrder) -> None:
        world.phone.before_debit = lambda order: None
        world.report(BillReported(order.reference, PRICE, declined()))

    world.phone.before_debit = early
    world.wake()
    world.after(days=1)
    world.wake()

    assert world.debits == ["period 1", "period 2"]


@pytest.mark.parametrize("result", [UNKNOWN, PENDING])
def test_reports_that_say_nothing_new_do_not_postpone_the_look(result: BillResult) -> None:
    world = World()
    world.due()
    world.phone.will_bill(result)
    world.wake()
    planned = world.subscription.timers[Timer.FOLLOW_UP]

    for _ in range(5):
        world.after(minutes=5)
        world.report(BillReported(reference(world), PRICE, result))

    assert world.subscription.timers[Timer.FOLLOW_UP] == planned
    assert world.subscription.open_attempt is not None
    assert world.subscription.open_attempt.state is result.state
