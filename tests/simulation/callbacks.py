"""Callbacks as they reach us, each handled by an actor of its own, until it is answered."""

from collections.abc import Sequence

from pinbill.domain.attempts import AttemptState
from pinbill.errors import PinbillError
from pinbill.usecases.callback import BillReported, MandateMoved, Report, Stopped
from tests.simulation.bank_provider import BankProvider
from tests.simulation.bodies import Body, watched
from tests.simulation.ledgers import BOOKED
from tests.simulation.own_states import LIVE
from tests.simulation.provider import Waiting
from tests.simulation.scheduler import Crash
from tests.simulation.story import Operation
from tests.simulation.violation import demand
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
        mandate = str(client.mandate(self._world.plan.price.currency).reference)

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
            self._taken_in(report, cancels)

        return body

    def _taken_in(self, report: Report, cancels: Sequence[str]) -> None:
        """The callback was answered: what it says holds from now on."""
        world = self._world
        for id in cancels:
            ended = world.backend.rows.subscription(PARTNER, id)
            demand(ended.state not in LIVE, "cancel_takes_effect", ended, "a STOP or a revoked mandate was answered")
            world.judge.acknowledge(id)
        if isinstance(report, BillReported) and report.result.state is AttemptState.PAID:
            self._booked(report)

    def _booked(self, report: BillReported) -> None:
        judge, backend = self._world.judge, self._world.backend
        debit = judge.debits.get(report.reference)
        if debit is None or debit.amount != report.amount:
            return
        judge.reported(report.reference)
        subscription = backend.rows.subscription(PARTNER, judge.claims[report.reference].subscription)
        booked = {e.attempt.id for e in backend.journal(subscription) if e.kind in BOOKED and e.attempt}
        demand(report.reference in booked, "paid_report_is_booked", subscription, f"not that of {report.reference}")

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
