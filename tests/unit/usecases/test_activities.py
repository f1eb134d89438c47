"""Telling the provider: an acknowledgement is recorded, anything else is told again."""

import pytest

from pinbill.domain.ending import When
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Timer
from pinbill.usecases.calls import Answer, CallResult
from pinbill.usecases.ports.telemetry import Observation
from tests.fakes.identities import in_the_clear
from tests.unit.domain.samples import BANK
from tests.unit.usecases.world import World

FAILED = [answer for answer in Answer if answer is not Answer.DONE]


def test_nothing_is_told_when_nothing_is_owed() -> None:
    world = World()
    subscription = world.active()
    before = len(world.phone.calls)

    told, result = world.activities.tell(subscription, world.service)

    assert (told, result) == (subscription, None)
    assert len(world.phone.calls) == before


def test_a_mandate_never_has_anything_to_tell() -> None:
    world = World(BANK)
    world.active()
    world.cancel(When.NOW)

    assert world.phone.calls == []
    assert world.subscription.activity is Activity.NONE


@pytest.mark.parametrize("answer", FAILED)
def test_what_is_not_acknowledged_is_counted_and_told_later(answer: Answer) -> None:
    world = World()
    world.active()
    world.phone.will_answer("close_activity", CallResult(answer))

    cancelled = world.cancel(When.NOW)

    assert cancelled.state is State.CANCELLED
    assert cancelled.activity is Activity.CLOSE_DUE
    assert cancelled.timers[Timer.ACTIVITY] > world.now
    assert world.telemetry.count(Observation.ACTIVITY_NOT_ACKNOWLEDGED) == 1
    world.check()


def test_what_is_counted_names_neither_number_nor_pin() -> None:
    world = World()
    world.active()
    world.phone.will_answer("close_activity", CallResult(Answer.REFUSED, code="A1"))
    world.cancel(When.NOW)

    told = "".join(str(observed) for observed in world.telemetry.observed)

    assert in_the_clear(world.subscription).msisdn.digits not in told
    assert "1234" not in told
