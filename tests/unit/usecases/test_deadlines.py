"""No provider is asked for money by a process that may not live to hear the answer."""

import pytest

from pinbill.domain.states import State
from pinbill.domain.subscription import Activity
from pinbill.errors import OutOfTime
from pinbill.usecases.turns import NEVER
from tests.unit.usecases.confirming import AFTER, BEFORE, UNCLEAR, pending
from tests.unit.usecases.waking import activity, due
from tests.unit.usecases.world import World


def never() -> bool:
    return False


class Allowed:
    """Says yes so many times, as a clock does that runs down."""

    def __init__(self, times: int) -> None:
        self._left = times

    def __call__(self) -> bool:
        self._left -= 1
        return self._left >= 0


def test_a_confirm_whose_log_took_all_the_time_bills_nothing_and_its_repeat_logs_no_second_time() -> None:
    world = pending(BEFORE)

    with pytest.raises(OutOfTime):
        world.confirm(never)

    assert world.bills.orders == []
    assert world.subscription.activity is Activity.LOGGED
    assert world.confirm().subscription.state is State.ACTIVE
    assert world.phone.called("log_activity") == 1
    assert world.debits == ["period 1"]
    world.check()


def test_a_log_after_the_bill_is_left_to_its_timer_when_time_is_short() -> None:
    world = pending(AFTER)

    confirmed = world.confirm(Allowed(1))

    assert confirmed.subscription.state is State.ACTIVE
    assert world.phone.called("log_activity") == 0
    world.after(minutes=2)
    world.wake()
    assert world.subscription.activity is Activity.LOGGED
    world.check()


def test_a_worker_without_time_bills_nothing_and_says_so() -> None:
    world = due()

    with pytest.raises(OutOfTime):
        world.wake(NEVER)

    assert world.debits == ["period 1"]
    assert world.subscription.open_attempt is None
    world.wake()
    assert world.debits == ["period 1", "period 2"]


def test_a_worker_without_time_leaves_an_owed_activity_to_the_next() -> None:
    world = due()
    world.phone.will_answer("close_activity", UNCLEAR)
    world.cancel()
    world.after(hours=1)

    with pytest.raises(OutOfTime):
        world.wake(NEVER)

    assert activity(world) is Activity.CLOSE_DUE
    world.wake()
    assert activity(world) is Activity.CLOSED


def test_a_worker_without_time_still_does_what_needs_no_provider() -> None:
    world = World()
    world.subscribe()
    world.after(hours=2)

    assert world.wake(NEVER).state is State.EXPIRED
