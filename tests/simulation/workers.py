"""The schedule's runs and sweeps, and the workers that take what they queue."""

from collections.abc import Callable
from dataclasses import dataclass

from pinbill.errors import BillingStopped, PinbillError
from pinbill.usecases.ports.billing import Work
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
        world, chosen = self._world, self._world.configuration
        began, until, lagged = world.scheduler.ticks, world.clock.now(), world.scheduler.injected[Fault.INDEX_LAGS]
        try:
            world.use_cases.recurring.run()
        finally:
            if world.judge.stopping.touched >= began:
                world.judge.due_rows.passed_over(until)
        takes_all = not chosen.is_slow and not chosen.is_limited
        if takes_all and world.scheduler.injected[Fault.INDEX_LAGS] == lagged:
            world.judge.due_rows.ran(began, until, is_stopped=self._may_be_stopped(began))

    def _may_be_stopped(self, since: int) -> bool:
        """Whether billing is stopped, or was at any time since this tick."""
        return self._world.judge.stopping.touched >= since or bool(self._world.backend.stopped())

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
            tick = world.scheduler.ticks
            writes, began, has_died = world.judge.writes, world.clock.now(), False
            try:
                world.use_cases.worker.wake(partner, id, world.turns)
                if world.judge.writes == writes and world.clock.now() == began:
                    found, is_stopped = world.backend.rows.subscription(partner, id), self._may_be_stopped(tick)
                    world.judge.due_rows.woke(found, began, is_stopped=is_stopped)
            except (Crash, PinbillError) as error:
                delivery.failed, has_died = True, isinstance(error, Crash)
                if isinstance(error, BillingStopped):
                    world.judge.stopping.refused()
            delivery.left -= 1
            if delivery.left == 0 and delivery.failed:
                world.queue.give_back(delivery.work, delivery.receives)
            if not has_died:
                world.use_cases.run_book.flush()

        return body
