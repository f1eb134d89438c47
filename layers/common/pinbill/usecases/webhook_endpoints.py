"""A partner's webhook endpoints: made, listed, switched on and off, their secrets rotated, and tried."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pinbill.domain.deliveries import Answer, Behind, Health
from pinbill.domain.signatures import SECRET_BYTES, secret_text, signed_headers
from pinbill.domain.webhook_urls import WebhookUrl
from pinbill.domain.webhooks import (
    MOST_ENDPOINTS,
    ROTATION,
    Disabled,
    Place,
    SigningSecret,
    WebhookEndpoint,
    owner_of,
)
from pinbill.errors import ConcurrentChange, TooManyWebhooks
from pinbill.usecases.owing import Owing
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.ports.webhooks import Courier, SecretBox, WebhookEndpoints

ROUNDS = 5
PING_SECONDS = 15.0

type Ping = Callable[[str], bytes]
"""The body of a ping of this id."""


@dataclass(frozen=True, slots=True)
class ShownSecret:
    """An endpoint, and its new secret as it is shown this once."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ManageWebhooks:
    """`wall` is the real time, by which receivers judge how old a delivery is; `random` gives bytes that nobody can
    guess; `loopback` lets http to this machine in, in the local stage only."""

    endpoints: WebhookEndpoints
    owing: Owing
    catalog: Catalog
    box: SecretBox
    courier: Courier
    ping: Ping
    clock: Clock
    wall: Clock
    random: Callable[[int], bytes]
    loopback: bool = False

    def listed(self, partner: str) -> Sequence[WebhookEndpoint]:
        return self.endpoints.of(partner)

    def behind(self, partner: str) -> dict[str, Behind]:
        """Which of them are owed anything, or fail, by their ids."""
        found = {Place.of(endpoint) for endpoint in self.endpoints.of(partner)}
        return {place.endpoint_id: it for place, it in self.owing.backlogs.all_behind().items() if place in found}

    def add(self, partner: str, url: str, services: Sequence[str] = ()) -> ShownSecret:
        """It gets what happens from now on. Raises WebhookUrlInvalid, ServiceNotFound, TooManyWebhooks."""
        WebhookUrl.parse(url, loopback=self.loopback)
        for service in services:
            self.catalog.service(partner, service)
        if len(self.endpoints.of(partner)) >= MOST_ENDPOINTS:
            raise TooManyWebhooks
        secret = self.random(SECRET_BYTES)
        id = f"we_{self.random(12).hex()}"
        kept = (SigningSecret(self.box.seal(secret, owner_of(partner, id))),)
        endpoint = WebhookEndpoint(partner, id, url, self.clock.now(), kept, tuple(sorted(set(services))))
        if not self.endpoints.put(endpoint):
            raise ConcurrentChange
        return ShownSecret(endpoint, secret_text(secret))

    def rotate(self, partner: str, id: str, overlap: timedelta = ROTATION) -> ShownSecret:
        """A new secret; the one before it signs as well for `overlap`. Raises WebhookNotFound."""
        secret = self.random(SECRET_BYTES)
        sealed, now = self.box.seal(secret, owner_of(partner, id)), self.clock.now()
        changed = self._change(partner, id, lambda found: found.with_new_secret(sealed, now, overlap))
        return ShownSecret(changed, secret_text(secret))

    def disable(self, partner: str, id: str) -> WebhookEndpoint:
        """Nothing is sent to it from now on. Raises WebhookNotFound."""
        now = self.clock.now()

        def off(found: WebhookEndpoint) -> WebhookEndpoint:
            return found.switched_off(Disabled.BY_HAND, now) if found.is_enabled else found

        return self._change(partner, id, off)

    def enable(self, partner: str, id: str) -> WebhookEndpoint:
        """It gets what happens from now on; what was before can be replayed. Raises WebhookNotFound."""
        return self._change(partner, id, lambda found: found if found.is_enabled else found.switched_on())

    def remove(self, partner: str, id: str) -> None:
        """Raises WebhookNotFound."""
        self.endpoints.remove(self.endpoints.endpoint(partner, id))

    def try_out(self, partner: str, id: str) -> Answer:
        """Send it a ping, whether it is on or not. One that takes it is held back no longer. Raises WebhookNotFound."""
        endpoint, now = self.endpoints.endpoint(partner, id), self.clock.now()
        ping_id = f"evt_ping_{self.random(8).hex()}"
        body = self.ping(ping_id)
        secrets = [self.box.open(sealed, endpoint.owner) for sealed in endpoint.signing(now)]
        headers = signed_headers(secrets, ping_id, self.wall.now(), body)
        answer = self.courier.post(endpoint.url, headers, body, PING_SECONDS)
        place = Place.of(endpoint)
        if answer.is_delivered and endpoint.is_enabled and self.owing.backlogs.behind(place) is not None:
            self.owing.touch(place, lambda behind: replace(behind, health=_probe_now(behind.health)))
        return answer

    def _change(self, partner: str, id: str, change: Callable[[WebhookEndpoint], WebhookEndpoint]) -> WebhookEndpoint:
        for _ in range(ROUNDS):
            found = self.endpoints.endpoint(partner, id)
            wanted = change(found)
            if wanted == found or self.endpoints.put(wanted):
                return wanted
        raise ConcurrentChange


def _probe_now(health: Health) -> Health:
    """A ping is no event: that one is taken still has to be seen, but not only after a wait."""
    return replace(health, next_at=None)
