"""The operator: decides what is on the list, truthfully by the provider's ledger."""

from pinbill.domain.attempts import Attempt, AttemptState, Decision
from pinbill.domain.rails import RULES
from pinbill.errors import PinbillError
from pinbill.usecases.decide import OpenOutcome
from tests.simulation.bodies import Body
from tests.simulation.provider import HANGS
from tests.simulation.story import Operation
from tests.simulation.world import PARTNER, World


class Operator:
    def __init__(self, world: World) -> None:
        self._world = world

    def decide(self, operation: Operation) -> Body:
        return self._decide_all

    def _decide_all(self) -> None:
        try:
            for outcome in list(self._world.use_cases.decide.listed()):
                self._decide(outcome)
        except PinbillError as error:
            self._world.scheduler.note(f"the list cannot be read: {error.code}")

    def _decide(self, outcome: OpenOutcome) -> None:
        attempt, subscription = outcome.attempt, outcome.subscription
        shown = self._world.provider.shows(attempt.id)
        if shown is AttemptState.PENDING:
            return  # the bank has it and will say
        verdict = AttemptState.PAID if shown is AttemptState.PAID else AttemptState.NOT_CHARGED
        if verdict is AttemptState.NOT_CHARGED and self._may_still_land(attempt):
            return
        decision = Decision("operator", "by the provider's report", len(attempt.evidence))
        try:
            self._world.use_cases.decide(PARTNER, subscription.id, attempt.id, verdict, decision)
        except PinbillError as error:
            self._world.scheduler.note(f"{verdict} is refused: {error.code}")

    def _may_still_land(self, attempt: Attempt) -> bool:
        """By the operator's own watch, where our clock was wrong and the times of our records cannot be trusted."""
        world = self._world
        ends = world.judge.claims[attempt.id].at + HANGS + RULES[world.configuration.rail].settle_window
        return world.clock.was_wrong and world.clock.true < ends
