"""Tell partners what has just happened: send each event once, and leave what is not taken to the retries.

The journal is the outbox. What was delivered at the first try leaves no trace but a line of the log; what was not is
owed to the endpoint from then on, and everything of that subscription waits behind it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinbill.domain.deliveries import KEPT
from pinbill.domain.webhooks import Place, WebhookEndpoint
from pinbill.usecases.feeding import AT_ONCE, Chain, Feeding, Recorded
from pinbill.usecases.ports.webhooks import Crew, Step
from pinbill.usecases.webhook_lane import WebhookParts

# Of a batch, for every endpoint: what it has not taken by then waits, so that others need not.
LANE_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Fed:
    delivered: int = 0
    parked: int = 0


@dataclass(frozen=True, slots=True)
class WebhookFeed:
    parts: WebhookParts
    crew: Crew

    def __call__(self, changes: Sequence[Recorded]) -> Fed:
        """Where this raises, the same changes come again, and some of their events are delivered twice."""
        behind = self.parts.owing.backlogs.all_behind()
        until = self.parts.post.steady() + LANE_SECONDS
        feedings = [
            Feeding(self.parts, endpoint, behind.get(Place.of(endpoint)), chains, until)
            for endpoint, chains in self._addressed(changes)
        ]
        self.crew(_by_turns([feeding.workers() for feeding in feedings]))
        for feeding in feedings:
            feeding.close()
        return Fed(sum(each.lane.delivered for each in feedings), sum(each.parked for each in feedings))

    def _addressed(self, changes: Sequence[Recorded]) -> Iterator[tuple[WebhookEndpoint, list[Chain]]]:
        """Who is to be told what. An endpoint that is off is passed over in its log, as long as that is kept."""
        by_partner: dict[str, dict[str, list[Recorded]]] = defaultdict(lambda: defaultdict(list))
        for change in changes:
            by_partner[change.partner][change.subscription_id].append(change)
        now = self.parts.post.clock.now()
        for partner, chains in by_partner.items():
            for endpoint in self.parts.endpoints.of(partner):
                wanted: list[Chain] = [chain for chain in chains.values() if endpoint.wants(chain[0].service_id)]
                if wanted and (endpoint.disabled_at is None or now - endpoint.disabled_at < KEPT):
                    yield endpoint, wanted


def _by_turns(lanes: Sequence[list[Step]]) -> list[Step]:
    """First one worker of each endpoint, then a second of each: none gets all threads."""
    return [lane[turn] for turn in range(AT_ONCE) for lane in lanes if turn < len(lane)]
