"""Use cases that are overtaken between reading and claiming: the same interleavings in every run."""

from collections.abc import Callable
from typing import override

import pytest

from pinbill.domain.change import Change
from pinbill.domain.ending import When
from pinbill.domain.money import Money
from pinbill.errors import ProviderUnreachable, WrongState
from pinbill.usecases.charge import ChargeCommand, Charged
from tests.fakes.samples import NOT_SENT, PARTNER
from tests.fakes.store import InMemoryStore
from tests.integration.store.conftest import Journey, journey_on


class OvertakenStore(InMemoryStore):
    """Lets another actor finish its work before the next write."""

    def __init__(self) -> None:
        super().__init__()
        self.overtaking: Callable[[], object] | None = None

    @override
    def commit(self, change: Change) -> None:
        overtaking, self.overtaking = self.overtaking, None
        if overtaking:
            overtaking()
        super().commit(change)


@pytest.fixture
def store() -> OvertakenStore:
    return OvertakenStore()


@pytest.fixture
def journey(store: OvertakenStore) -> Journey:
    journey = journey_on(store)
    journey.subscribed("SUB1", 1)
    return journey


def _charge(journey: Journey) -> Charged:
    return journey.charge(ChargeCommand(PARTNER, "SUB1", "key-1", Money(199, "GBP"), "Film"))


def test_a_worker_that_another_has_overtaken_does_not_bill_the_period_after(
    store: OvertakenStore, journey: Journey
) -> None:
    store.overtaking = lambda: journey.worker.wake(PARTNER, "SUB1")
    journey.worker.wake(PARTNER, "SUB1")
    assert len(journey.phone.ledger) == 1
    assert store.subscription(PARTNER, "SUB1").next_period == 3


def test_a_worker_that_a_cancel_has_overtaken_bills_nothing(store: OvertakenStore, journey: Journey) -> None:
    store.overtaking = lambda: journey.cancel(PARTNER, "SUB1", When.NOW, "test")
    journey.worker.wake(PARTNER, "SUB1")
    assert journey.phone.ledger == []


def test_a_charge_that_its_own_repeat_has_overtaken_takes_money_once(store: OvertakenStore, journey: Journey) -> None:
    store.overtaking = lambda: _charge(journey)
    _charge(journey)
    assert len(journey.phone.ledger) == 1


def test_a_repeat_of_a_charge_that_was_not_sent_takes_money_once_when_another_repeat_overtakes_it(
    store: OvertakenStore, journey: Journey
) -> None:
    journey.phone.will_bill(NOT_SENT)
    with pytest.raises(ProviderUnreachable):
        _charge(journey)
    store.overtaking = lambda: _charge(journey)
    answer = _charge(journey)
    assert len(journey.phone.ledger) == 1
    assert answer.charge == _charge(journey).charge


def test_a_charge_that_a_cancel_has_overtaken_is_refused(store: OvertakenStore, journey: Journey) -> None:
    store.overtaking = lambda: journey.cancel(PARTNER, "SUB1", When.NOW, "test")
    with pytest.raises(WrongState):
        _charge(journey)
    assert journey.phone.ledger == []
