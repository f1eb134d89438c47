"""A decision against everybody else who may close the same attempt: exactly one does."""

from collections.abc import Callable

import pytest

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.catalog import RailName
from pinbill.domain.ending import When
from pinbill.domain.journal import EntryKind
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.rails import LEASE
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer
from pinbill.errors import (
    AttemptNotOpen,
    EvidenceCameIn,
    StoreUnavailable,
)
from pinbill.usecases.callback import BillReported, Noted
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import BANK, NUMBER, PAID, PHONE, PRICE, UNKNOWN, declined
from tests.unit.usecases.unknowns import (
    NOT_CHARGED,
    check_books,
    counted,
    decide,
    last,
    open_attempt,
    opened,
    prove,
    wait_to_decide,
    wrongly_denied,
)
from tests.unit.usecases.world import World

RAILS = [PHONE, BANK]
VERDICTS = [AttemptState.PAID, NOT_CHARGED]


def waiting(rail: RailName = PHONE, *, debits: bool = True) -> World:
    """An unknown bill that a person may decide upon in either way."""
    world = opened(UNKNOWN, rail, debits=debits)
    wait_to_decide(world)
    return world


def closings(world: World) -> list[EntryKind]:
    """How the second bill was closed, as often as it was."""
    closed = {EntryKind.ATTEMPT_PAID, EntryKind.ATTEMPT_NOT_CHARGED, EntryKind.ATTEMPT_DECLINED, EntryKind.EXCESS_DEBIT}
    rows = [entry for entry in world.entries if entry.attempt and entry.attempt.id == last(world)]
    return [entry.kind for entry in rows if entry.kind in closed]


def note(world: World) -> None:
    world.report(Noted(Msisdn(NUMBER), 92, "suspended"))


def report_declined(world: World) -> None:
    world.report(BillReported(last(world), PRICE, declined()))


@pytest.mark.parametrize("learn", [note, report_declined])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_evidence_that_comes_in_while_a_person_decides_refuses_the_decision(
    verdict: AttemptState, learn: Callable[[World], None]
) -> None:
    world = waiting()
    world.store.before_commit = lambda: learn(world)

    with pytest.raises(EvidenceCameIn):
        decide(world, verdict, seen=0)

    assert open_attempt(world).state is AttemptState.UNKNOWN
    assert decide(world, AttemptState.PAID, seen=1).attempt.state is AttemptState.PAID
    world.check()


@pytest.mark.parametrize("where", ["after_read", "before_commit"])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_decision_and_a_callback_at_once_book_the_debit_once(verdict: AttemptState, where: str) -> None:
    world = waiting()
    setattr(world.store, where, lambda: prove(world, last(world)))

    with pytest.raises(AttemptNotOpen):
        decide(world, verdict)

    assert closings(world) == [EntryKind.ATTEMPT_PAID]
    world.check()


@pytest.mark.parametrize(
    ("first", "second"), [(VERDICTS[0], VERDICTS[1]), (VERDICTS[1], VERDICTS[0]), (VERDICTS[0], VERDICTS[0])]
)
@pytest.mark.parametrize("where", ["after_read", "before_commit"])
def test_of_two_people_one_decides(first: AttemptState, second: AttemptState, where: str) -> None:
    world = waiting(debits=False)
    setattr(world.store, where, lambda: decide(world, first))

    with pytest.raises(AttemptNotOpen):
        decide(world, second)

    assert closings(world) == [EntryKind(f"attempt_{first}")]


@pytest.mark.parametrize("result", [PAID, declined()], ids=lambda result: str(result.state))
def test_a_decision_and_the_workers_late_answer_close_the_attempt_once(result: BillResult) -> None:
    """The worker hangs in its call until the attempt was given up; then it answers while a person decides."""
    world = World()
    world.due()
    world.bills.will_bill(result)

    def hang(order: BillOrder) -> None:
        world.bills.before_debit = lambda order: None
        world.clock.advance(LEASE)
        world.wake()
        wait_to_decide(world)
        world.store.before_commit = lambda: decide(world, AttemptState.PAID)

    world.bills.before_debit = hang
    world.wake()

    assert closings(world) == [EntryKind.ATTEMPT_PAID]
    assert counted(world, Observation.OUTCOME_CONTRADICTED) == [result is not PAID]


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("where", ["after_read", "before_commit"])
def test_a_decision_beside_a_cancel_closes_the_attempt_and_bills_nothing_more(
    verdict: AttemptState, when: When, where: str
) -> None:
    world = waiting(debits=verdict is AttemptState.PAID)
    setattr(world.store, where, lambda: world.cancel(when))

    decide(world, verdict)
    for _ in range(3):
        world.after(days=31)
        world.wake()

    assert closings(world) == [EntryKind(f"attempt_{verdict}")]
    assert len(world.bills.orders) == 2
    assert world.subscription.state is State.CANCELLED
    world.check()


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_cancel_beside_a_decision_leaves_nothing_to_bill(verdict: AttemptState, when: When) -> None:
    world = waiting(debits=verdict is AttemptState.PAID)
    world.store.before_commit = lambda: decide(world, verdict)

    world.cancel(when)
    world.after(days=62)
    world.wake()

    assert len(world.bills.orders) == 2
    assert world.subscription.state is State.CANCELLED
    world.check()


@pytest.mark.parametrize("rail", RAILS)
def test_a_decision_and_a_look_at_once_close_it_once(rail: RailName) -> None:
    world = waiting(rail)
    world.bank.will_find(PAID)
    world.store.before_commit = world.wake

    if rail is BANK:
        with pytest.raises(AttemptNotOpen):
            decide(world)
    else:
        decide(world, AttemptState.PAID)

    assert closings(world) == [EntryKind.ATTEMPT_PAID]
    check_books(world)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_decision_whose_writing_is_uncertain_is_not_made_twice(verdict: AttemptState) -> None:
    world = waiting(debits=verdict is AttemptState.PAID)
    world.store.faults.append("applied")

    with pytest.raises(StoreUnavailable):
        decide(world, verdict)
    with pytest.raises(AttemptNotOpen, match=f"{verdict} by person"):
        decide(world, verdict)

    assert closings(world) == [EntryKind(f"attempt_{verdict}")]
    world.check()


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_decision_that_could_not_be_written_leaves_everything_open(verdict: AttemptState) -> None:
    world = waiting(debits=verdict is AttemptState.PAID)
    world.store.faults.append("lost")

    with pytest.raises(StoreUnavailable):
        decide(world, verdict)

    assert closings(world) == []
    assert decide(world, verdict).attempt.state is verdict
    world.check()


def test_a_decision_against_the_truth_is_booked_right_as_soon_as_the_truth_is_known() -> None:
    world = opened()
    reference = wrongly_denied(world)

    world.wake()
    prove(world, reference)

    assert world.debits == ["period 1", "period 2", "period 2"]
    assert world.kinds[-2:] == [EntryKind.ATTEMPT_PAID, EntryKind.EXCESS_DEBIT]
    assert Timer.FOLLOW_UP not in world.subscription.timers
    check_books(world)
