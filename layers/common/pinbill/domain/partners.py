"""Partners: who may use the API, by which keys, and who in the company has let them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from pinbill.errors import ApiKeyNotFound, PartnerUnchanged, TooManyKeys

# Part of every key of the table, and short, because every renewal pays for its length.
PARTNER_ID = re.compile(r"[a-z0-9]{2,16}")
MOST_LIVE_KEYS = 2  # the one in use and the one that follows it
MOST_ENDED_KEYS = 10  # that are still listed; the record of changes knows all


class ApiScope(StrEnum):
    """What a key may do."""

    CATALOG_READ = "catalog:read"
    SUBSCRIPTIONS_READ = "subscriptions:read"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    SUBSCRIPTIONS_CANCEL = "subscriptions:cancel"
    CHARGES_WRITE = "charges:write"


ALL_SCOPES = frozenset(ApiScope)
# Users who want to cancel must not pay for a quarrel between companies: what ends billing stays open.
SCOPES_OF_SUSPENDED = frozenset({ApiScope.CATALOG_READ, ApiScope.SUBSCRIPTIONS_READ, ApiScope.SUBSCRIPTIONS_CANCEL})


class Standing(StrEnum):
    LIVE = "live"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key of a partner. Of its text only the SHA-256 is kept. `ends_at` is set by a rotation, or from the start."""

    id: str
    hash: str
    scopes: frozenset[ApiScope]
    label: str
    created_at: datetime
    created_by: str
    ends_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str = ""

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.ends_at is None or now < self.ends_at)


@dataclass(frozen=True, slots=True)
class Partner:
    """`allowance` and `guards` are the figures, by name, in which it differs from the installation's default."""

    id: str
    name: str
    created_at: datetime
    created_by: str
    standing: Standing = Standing.LIVE
    allowance: Mapping[str, int] = field(default_factory=dict)
    guards: Mapping[str, int] = field(default_factory=dict)
    keys: tuple[ApiKey, ...] = ()  # oldest first
    version: int = 0

    def key(self, id: str) -> ApiKey:
        """Raises ApiKeyNotFound."""
        found = next((key for key in self.keys if key.id == id), None)
        if found is None:
            raise ApiKeyNotFound
        return found

    def live_keys(self, now: datetime) -> tuple[ApiKey, ...]:
        return tuple(key for key in self.keys if key.is_live(now))

    def scopes_of(self, key: ApiKey) -> frozenset[ApiScope]:
        """What the key may do as the partner stands."""
        return key.scopes & SCOPES_OF_SUSPENDED if self.standing is Standing.SUSPENDED else key.scopes


@dataclass(frozen=True, slots=True)
class PartnerChange:
    """Who has changed a partner, when, how and why. Its number is the version that it made."""

    at: datetime
    by: str
    what: str
    because: str = ""


def stands(partner: Partner, standing: Standing) -> Partner:
    """Suspended, or live again. Raises PartnerUnchanged: a slip must not look like a change."""
    if partner.standing is standing:
        raise PartnerUnchanged(f"{partner.id} is {standing} already; nothing was changed.")
    return replace(partner, standing=standing)


def allowed(partner: Partner, figures: Mapping[str, int | None]) -> Partner:
    """With other figures of its own; None takes the default again. Raises PartnerUnchanged."""
    own = {name: value for name, value in {**partner.allowance, **figures}.items() if value is not None}
    if own == partner.allowance:
        raise PartnerUnchanged(f"The allowance of {partner.id} is that already; nothing was changed.")
    return replace(partner, allowance=own)


def guarded(partner: Partner, figures: Mapping[str, int | None]) -> Partner:
    """With other figures of the guards of its own; None takes the default again. Raises PartnerUnchanged."""
    own = {name: value for name, value in {**partner.guards, **figures}.items() if value is not None}
    if own == partner.guards:
        raise PartnerUnchanged(f"The guards of {partner.id} are that already; nothing was changed.")
    return replace(partner, guards=own)


def with_key(partner: Partner, key: ApiKey) -> Partner:
    """With one more key. Raises TooManyKeys when it has two live ones."""
    live = partner.live_keys(key.created_at)
    if len(live) >= MOST_LIVE_KEYS:
        ids = " and ".join(each.id for each in live)
        raise TooManyKeys(
            f"{partner.id} has two live keys, {ids}: revoke the one that is not used any more (key list says which), "
            "or wait for its end."
        )
    ended = [each for each in partner.keys if each not in live][-MOST_ENDED_KEYS:]
    return replace(partner, keys=(*(each for each in partner.keys if each in live or each in ended), key))


def rotated(partner: Partner, key: ApiKey, end: datetime) -> tuple[Partner, ApiKey]:
    """With one more key, and an end for the one that is live; returns that too, as it was.

    Raises ApiKeyNotFound when there is none, TooManyKeys when there are two.
    """
    live = partner.live_keys(key.created_at)
    if not live:
        raise ApiKeyNotFound(f"{partner.id} has no live key to follow: make one with key create.")
    after = with_key(partner, key)
    (old,) = live
    ends = min(end, old.ends_at) if old.ends_at else end
    return _with_keys(after, replace(old, ends_at=ends)), old


def revoked(partner: Partner, key_id: str, at: datetime, by: str) -> Partner:
    """With a key that opens nothing any more. Raises ApiKeyNotFound, PartnerUnchanged when it did not before."""
    key = partner.key(key_id)
    if not key.is_live(at):
        raise PartnerUnchanged(f"The key {key_id} of {partner.id} is not live; nothing was changed.")
    return _with_keys(partner, replace(key, revoked_at=at, revoked_by=by))


def _with_keys(partner: Partner, changed: ApiKey) -> Partner:
    return replace(partner, keys=tuple(changed if key.id == changed.id else key for key in partner.keys))
