"""Callbacks as they reach us, each handled by an actor of its own, until it is answered."""

from pinbill.errors import PinbillError
from pinbill.usecases.callback import MandateMoved, Report, Stopped
from tests.simulation.bank_provider import BankProvider
from tests.simulation.bodies import Body, watched
from tests.simulation.provider import Waiting
from tests.simulation.scheduler import Crash
from tests.simulation.story import Operation
from tests.simulation.world import PARTNER, World


class Callbacks:
    def __init__(self, world: World) -> None:
        self._world = world
        world.provider.deliver = lambda report: world.scheduler.run_now("callback", watched(self._handler(report)))

    def arrive(self, operation: Operation) -> Body:
        return self._arrive

    def stop(self, operation: Operation) -> Body | None:
        """The user sends STOP."""
        client, world = self._world.clients[operation.user], self._world
        if world.provider is not world.phone:
            return None
        return self._handler(Stopped(client.msisdn, world.service.product_id))

    def revoke(self, operation: Operation) -> Body | None:
        """The user withdraws the mandate at the bank."""
        bank, client = self._world.provider, self._world.clients[operation.user]
        if not isinstance(bank, BankProvider):
            return None
        mandate = client.mandate(self._world.plan.price.currency).reference

        def body() -> None:
            bank.revoke(mandate)
            self._arrive()

        return body

    def _arrive(self) -> None:
        for report in self._world.provider.take_arrived():
            self._world.scheduler.spawn(f"callback {type(report).__name__}", watched(self._handler(report)))

    def _handler(self, report: Report) -> Body:
        """Handle one callback; its sender tries again until it is answered."""

        def body() -> None:
            cancels = self._cancels(report)
            self._world.judge.cancelled_now.update(cancels)
            try:
                self._world.use_cases.callback(self._world.service, lambda: report)
            except (Crash, PinbillError):
                self._world.provider.waiting.append(Waiting(report, self._world.clock.true))
                return
            for id in cancels:
                self._world.judge.acknowledge(id)

        return body

    def _cancels(self, report: Report) -> list[str]:
        """The subscriptions that this callback has to end, as they are stored when it comes in."""
        rows = self._world.backend.rows
        match report:
            case Stopped():
                return list(rows.with_number(PARTNER, report.msisdn))
            case MandateMoved(revoked=True):
                found = rows.with_mandate(PARTNER, report.reference)
                return [found] if found else []
            case _:
                return []
