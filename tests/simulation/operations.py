"""The operations of a story, by their names; each is the body of one actor, and may spawn further ones."""

from collections.abc import Callable

from tests.simulation.bodies import Body, watched
from tests.simulation.callbacks import Callbacks
from tests.simulation.decisions import Operator
from tests.simulation.requests import Requests
from tests.simulation.story import Operation
from tests.simulation.switches import Switches
from tests.simulation.workers import Workers
from tests.simulation.world import World


class Operations:
    def __init__(self, world: World) -> None:
        self._world = world
        requests, workers = Requests(world), Workers(world)
        callbacks, operator, switches = Callbacks(world), Operator(world), Switches(world)
        self._bodies: dict[str, Callable[[Operation], Body | None]] = {
            "subscribe": requests.subscribe,
            "resend": requests.resend,
            "confirm": requests.confirm,
            "charge": requests.charge,
            "cancel": requests.cancel,
            "pause": requests.pause,
            "resume": requests.resume,
            "notice": requests.notice,
            "opt_out": requests.opt_out,
            "again": self._again,
            "run": workers.run,
            "sweep": workers.sweep,
            "wake": workers.wake,
            "deliver": workers.redeliver,
            "callbacks": callbacks.arrive,
            "stop": callbacks.stop,
            "revoke": callbacks.revoke,
            "decide": operator.decide,
            "halt": switches.halt,
            "go_on": switches.go_on,
        }

    def body(self, operation: Operation) -> Body | None:
        """None when the operation has nothing to act upon; raises KeyError for an unknown one."""
        found = self._bodies[operation.name](operation)
        return watched(found) if found else None

    def _again(self, operation: Operation) -> Body:
        """Clients repeat what was not answered."""

        def body() -> None:
            for client in self._world.clients.values():
                for request in list(client.unanswered):
                    repeat = self.body(request)
                    if repeat:
                        self._world.scheduler.spawn(f"{request} again", repeat)

        return body
