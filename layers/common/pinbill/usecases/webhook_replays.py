"""What a partner may see of its deliveries, and have delivered once more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pinbill.domain.deliveries import KEPT, Delivery
from pinbill.domain.events import parse_event_id
from pinbill.domain.webhooks import Place, WebhookEndpoint
from pinbill.errors import EventNotFound, ReplayInvalid, SubscriptionNotFound, WebhookDisabled
from pinbill.usecases.owing import Owing
from pinbill.usecases.ports.store import Page
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.ports.webhooks import DeliveryLog, Histories, WebhookEndpoints

MOST_DELIVERIES = 100  # of one page


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many subscriptions' events are to come again; `cursor` continues a replay of a time."""

    subscriptions: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookReplays:
    """What is asked for is delivered by the retries, each subscription's events in order, beside what happens anew."""

    endpoints: WebhookEndpoints
    owing: Owing
    histories: Histories
    log: DeliveryLog
    clock: Clock

    def deliveries(self, partner: str, id: str, limit: int, cursor: str | None = None) -> Page[Delivery]:
        """Newest first, of the last thirty days. Raises WebhookNotFound, CursorInvalid."""
        self.endpoints.endpoint(partner, id)
        return self.log.newest(partner, id, min(limit, MOST_DELIVERIES), cursor)

    def resend(self, partner: str, id: str, event: str) -> Replayed:
        """Deliver one event again. Raises WebhookNotFound, WebhookDisabled, EventNotFound."""
        subscription_id, seq = parse_event_id(event)
        try:
            return self.replay(partner, id, subscription_id, seq, seq)
        except (SubscriptionNotFound, ReplayInvalid):
            raise EventNotFound from None

    def replay(self, partner: str, id: str, subscription_id: str, first: int, last: int | None = None) -> Replayed:
        """Deliver a subscription's events from `first` to `last` (None: the newest) again.

        Raises WebhookNotFound, WebhookDisabled, SubscriptionNotFound (also for one that the endpoint is not told of),
        ReplayInvalid.
        """
        endpoint = self._enabled(partner, id)
        subscription = self.histories.read(partner, subscription_id, 1, 1, 1).subscription
        newest = subscription.seq
        if not endpoint.wants(subscription.service_id):
            raise SubscriptionNotFound
        if not 1 <= first <= min(last or newest, newest):
            raise ReplayInvalid
        return self._again(endpoint, [(subscription_id, first, min(last or newest, newest))])

    def replay_time(
        self, partner: str, id: str, since: datetime, until: datetime, cursor: str | None = None
    ) -> Replayed:
        """Deliver again what was delivered, tried or passed over from `since` to before `until`: a part of it.

        Go on with the cursor until there is none. Raises as `replay` does, and CursorInvalid.
        """
        endpoint, now = self._enabled(partner, id), self.clock.now()
        if not now - KEPT <= since < until:
            raise ReplayInvalid
        page = self.log.between(partner, id, since, until, cursor)
        return Replayed(self._again(endpoint, _ranges(page.rows)).subscriptions, page.cursor)

    def _enabled(self, partner: str, id: str) -> WebhookEndpoint:
        endpoint = self.endpoints.endpoint(partner, id)
        if not endpoint.is_enabled:
            raise WebhookDisabled
        return endpoint

    def _again(self, endpoint: WebhookEndpoint, ranges: Iterable[tuple[str, int, int]]) -> Replayed:
        place, now, count = Place.of(endpoint), self.clock.now(), 0
        for subscription_id, first, last in ranges:
            self.owing.again(place, subscription_id, first, last, now)
            count += 1
        if count:
            self.owing.touch(place)
        return Replayed(count)


def _ranges(deliveries: Iterable[Delivery]) -> list[tuple[str, int, int]]:
    seen: dict[str, tuple[int, int]] = {}
    for delivery in deliveries:
        first, last = seen.get(delivery.subscription_id, (delivery.seq, delivery.seq))
        seen[delivery.subscription_id] = (min(first, delivery.seq), max(last, delivery.seq))
    return [(id, first, last) for id, (first, last) in seen.items()]
