"""A partner's webhook endpoint: where events go, of which services, signed by which secrets, and whether it is on."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pinbill.domain.records import changed

MOST_ENDPOINTS = 5  # of a partner
ROTATION = timedelta(hours=24)  # for which the secret before the newest signs as well


def owner_of(partner: str, endpoint_id: str) -> str:
    """Whose a signing secret is."""
    return f"{partner}#{endpoint_id}"


class Disabled(StrEnum):
    """Why an endpoint is off."""

    BY_HAND = "by_hand"
    FAILED = "failed"  # nothing was taken for as long as deliveries are tried
    GONE = "gone"  # it answered 410


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """Sealed, as it is stored. It signs until then, or for as long as the endpoint lives."""

    sealed: str = field(repr=False)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """`generation` counts how often it was switched on: what one generation was owed is none of the next one's."""

    partner: str
    id: str
    url: str = field(repr=False)  # partners put tokens into paths
    created_at: datetime
    secrets: tuple[SigningSecret, ...]  # the newest first
    services: tuple[str, ...] = ()  # empty: all of the partner's
    generation: int = 1
    disabled_at: datetime | None = None
    disabled: Disabled | None = None
    version: int = 0  # as stored; 0 before it is

    @property
    def owner(self) -> str:
        return owner_of(self.partner, self.id)

    @property
    def is_enabled(self) -> bool:
        return self.disabled is None

    def wants(self, service_id: str) -> bool:
        """Whether it is told of this service's subscriptions: of all their events, or a sequence would have gaps."""
        return not self.services or service_id in self.services

    def signing(self, now: datetime) -> tuple[str, ...]:
        """The sealed secrets that sign at this time."""
        return tuple(secret.sealed for secret in self.secrets if secret.until is None or now < secret.until)

    def with_new_secret(self, sealed: str, now: datetime, overlap: timedelta = ROTATION) -> "WebhookEndpoint":
        """The newest of the earlier secrets goes on signing for `overlap`; any before it ends now."""
        earlier = changed(self.secrets[0], until=now + overlap)
        return changed(self, secrets=(SigningSecret(sealed), *([earlier] if overlap else [])))

    def switched_off(self, why: Disabled, now: datetime) -> "WebhookEndpoint":
        return changed(self, disabled=why, disabled_at=now)

    def switched_on(self) -> "WebhookEndpoint":
        """It gets events from now on; what was before is for a replay."""
        return changed(self, disabled=None, disabled_at=None, generation=self.generation + 1)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One generation of an endpoint: what is owed is owed to it."""

    partner: str
    endpoint_id: str
    generation: int

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> "Place":
        return cls(endpoint.partner, endpoint.id, endpoint.generation)
