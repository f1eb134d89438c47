"""The schedule's runs and sweeps, and the workers that take what they queue."""

from collections.abc import Callable
from dataclasses import dataclass

from pinbill.errors import PinbillError
from pinbill.usecases.ports import Work
from tests.simulation.bodies import Body, watched
from tests.simulation.faults import Fault
from tests.simulation.scheduler import Crash
from tests.simulation.story import Operation
from tests.simulation.world import PARTNER, World


@dataclass(slots=True)
class Delivery:
    """One message at the workers: it comes again if one of them fails."""

    work: Work
    receives: int
    left: int
    failed: bool = False


class Workers:
    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, operation: Operation) -> Body:
        return lambda: self._hand_out(self._run)

    def sweep(self, operation: Operation) -> Body:
        return lambda: self._hand_out(self._world.use_cases.recurring.sweep)

    def wake(self, operation: Operation) -> Body | None:
        """A message for one subscription, from nowhere: a duplicate of an old one, say."""
        id = self._world.clients[operation.user].subscription
        if id is None:
            return None
        return self._worker(PARTNER, id, Delivery(Work(self._world.configuration.rail, [(PARTNER, id)]), 1, 1))

    def redeliver(self, operation: Operation) -> Body:
        """The messages that were not worked off come again."""

        def body() -> None:
            for work, receives in self._world.queue.take_waiting():
                self._deliver(work, receives + 1)

        return body

    def _run(self) -> None:
        world = self._world
        began, until, lagged = world.scheduler.ticks, world.clock.now(), world.scheduler.injected[Fault.INDEX_LAGS]
        world.use_cases.recurring.run()
        if world.scheduler.injected[Fault.INDEX_LAGS] == lagged and not world.configuration.is_slow:
            world.judge.due_rows.ran(began, until)

    def _hand_out(self, hand_out: Callable[[], object]) -> None:
        """A run that dies or fails is not repeated: the next one comes in minutes. What it queued is worked off."""
        try:
            hand_out()
        except (Crash, PinbillError):
            self._world.scheduler.note("the run ends here")
        for work in self._world.queue.take_sent():
            self._deliver(work, 1)

    def _deliver(self, work: Work, receives: int) -> None:
        delivery = Delivery(work, receives, len(work.subscriptions))
        for partner, id in work.subscriptions:
            self._world.scheduler.spawn(f"worker {id}", watched(self._worker(partner, id, delivery)))

    def _worker(self, partner: str, id: str, delivery: Delivery) -> Body:
        world = self._world

        def body() -> None:
            writes, began = world.judge.writes, world.clock.now()
            try:
                world.use_cases.worker.wake(partner, id, world.turns)
            except (Crash, PinbillError):
                delivery.failed = True
            else:
                if world.judge.writes == writes and world.clock.now() == began:
                    world.judge.due_rows.woke(world.backend.rows.subscription(partner, id), began)
            delivery.left -= 1
            if delivery.left == 0 and delivery.failed:
                world.queue.give_back(delivery.work, delivery.receives)

        return body
