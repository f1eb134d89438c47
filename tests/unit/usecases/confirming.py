"""What the tests of the confirm start from."""

from pinbill.domain.attempts import FailureClass
from pinbill.domain.catalog import ActivityOrder
from pinbill.errors import (
    NumberRejected,
    ProviderBusy,
    ProviderRefused,
    ProviderUnclear,
    ProviderUnreachable,
)
from pinbill.usecases.calls import Answer, CallResult
from tests.unit.domain.samples import declined
from tests.unit.usecases.world import World

BEFORE, AFTER = ActivityOrder.BEFORE_BILL, ActivityOrder.AFTER_BILL
ORDERS = [BEFORE, AFTER]
UNCLEAR, UNSENT = CallResult(Answer.UNCLEAR), CallResult(Answer.NOT_SENT)
FAILED = [
    (CallResult(Answer.REJECTED), NumberRejected),
    (CallResult(Answer.REFUSED), ProviderRefused),
    (CallResult(Answer.BUSY, retry_after=3), ProviderBusy),
    (UNSENT, ProviderUnreachable),
    (UNCLEAR, ProviderUnclear),
]
pin_refused = declined(FailureClass.PIN)


def pending(order: ActivityOrder = BEFORE, trial_days: int = 0) -> World:
    world = World(service_changes={"activity_order": order}, trial_days=trial_days)
    world.subscribe()
    return world


def calls(world: World) -> list[str]:
    return [kind for kind, _ in world.phone.calls if kind != "send_pin"]
