"""An operator stops billing, of everything or of a part, and lets it go on; by the commands that are shipped."""

from collections.abc import Iterator

from ops.stops import go_on, stop
from pinbill.domain.stops import Scope
from pinbill.errors import NotFound, PinbillError
from tests.simulation.bodies import Body
from tests.simulation.story import Operation
from tests.simulation.world import PARTNER, PLAN, World


class Switches:
    """`halt`, `halt:rail`, `halt:partner`, `halt:plan`; the same of `go_on`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def halt(self, operation: Operation) -> Body:
        world, scope = self._world, self.scope(operation.argument)

        def body() -> None:
            stopping = world.judge.stopping
            if self._carried_out(stop(world.backend.operator, scope, "operator", "a test", world.clock.now())):
                stopping.answered(scope.name)

        return body

    def go_on(self, operation: Operation) -> Body:
        world, scope = self._world, self.scope(operation.argument)

        def body() -> None:
            world.judge.stopping.lifts(scope.name)
            today = world.clock.now().date()
            self._carried_out(go_on(world.backend.operator, world.backend.runs, scope, today))

        return body

    def _carried_out(self, command: Iterator[str]) -> bool:
        """Whether the operator was told that it is done; else nothing is promised."""
        self._world.judge.stopping.touches()
        try:
            for line in command:
                self._world.scheduler.note(line)
        except NotFound:
            return False
        except PinbillError as error:
            self._world.scheduler.note(f"the command fails: {error.code}")
            return False
        finally:
            self._world.judge.stopping.touches()
        return True

    def scope(self, argument: str) -> Scope:
        match argument:
            case "rail":
                return Scope(rail=self._world.configuration.rail)
            case "partner":
                return Scope(partner=PARTNER)
            case "plan":
                return Scope(partner=PARTNER, plan=PLAN)
            case _:
                return Scope()


def lifting(scope: Scope) -> Operation:
    """The operation that lets this go on."""
    part = "rail" if scope.rail else "plan" if scope.plan else "partner" if scope.partner else ""
    return Operation("go_on", part)
