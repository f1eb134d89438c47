"""The stage: plays acts in a world."""

from datetime import timedelta
from functools import partial

from tests.simulation.faults import Fault, Port
from tests.simulation.idling import idle
from tests.simulation.operations import Operations
from tests.simulation.scheduler import ANYWHERE
from tests.simulation.story import Act, Operation, moved
from tests.simulation.world import World

# An operator decides by a right clock: what may be decided when is bound to the true time at which a debit may land.
BY_RIGHT_CLOCK = "decide"
LETS_TIME_PASS = ("due", "outage")
# Hours may pass for a process that stands still, but not between its last look at the clock and the call for money, and
# not during that call: a function that can wait for an answer does not live that long.
MONEY_PORTS = frozenset({Port.BILL, Port.FIRST_BILL, Port.CHARGE})
HANGING = frozenset({Fault.HANG.value, Fault.HANG_UNDEBITED.value})


class Stage:
    def __init__(self, world: World) -> None:
        self.world = world
        self._operations = Operations(world)

    def play(self, act: Act) -> None:
        """Play one act to the end of all its actors; every act has processes of its own."""
        first, *others = act.operations
        if not others and _lets_time_pass(first):
            self._pass_time(first)
            return
        self.world.pass_time(timedelta())
        self.world.new_processes()
        deviations, stops_before = act.deviations, ANYWHERE
        if deviations and any(operation.name == BY_RIGHT_CLOCK for operation in act.operations):
            deviations = tuple(deviation for deviation in deviations if moved(deviation.kind) is None)
        if others and any(map(_lets_time_pass, act.operations)):
            stops_before = ANYWHERE - MONEY_PORTS
            deviations = tuple(deviation for deviation in deviations if deviation.kind not in HANGING)
        bodies = [(str(operation), partial(self._perform, operation)) for operation in act.operations]
        self.world.scheduler.play(bodies, deviations, stops_before)

    def _perform(self, operation: Operation) -> None:
        """Looked up when its turn comes: who went first may have subscribed."""
        if _lets_time_pass(operation):
            self._pass_time(operation)
            return
        body = self._operations.body(operation)
        if body is not None:
            body()

    def _pass_time(self, operation: Operation) -> None:
        world = self.world
        if operation.name == "due":
            moments = [subscription.due[0] for subscription in world.backend.subscriptions() if subscription.due]
            moment = max(min(moments, default=world.clock.true), world.clock.true)
            idle(world, moment)
            world.pass_time(moment - world.clock.true)
        elif operation.name == "outage":
            # Nobody is there for so many days: callbacks are given up, messages expire.
            world.queue.take_waiting()
            world.provider.waiting.clear()
            world.pass_time(timedelta(days=int(operation.argument.removesuffix("d"))))
        else:
            world.pass_time(moved(operation.name) or timedelta())


def _lets_time_pass(operation: Operation) -> bool:
    name = operation.name
    return name[0] == "+" or name in LETS_TIME_PASS
