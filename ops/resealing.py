"""What is stored under no key, or under an old one, is stored anew: after an upgrade, and when the key is rotated."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from pinbill.domain.change import Change
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.subscription import Subscription
from pinbill.domain.webhooks import SigningSecret, WebhookEndpoint
from pinbill.errors import ConcurrentChange
from pinbill.store import keys
from pinbill.store.data_keys import KEY, DataKeys
from pinbill.store.holds import HOLDER
from pinbill.store.identities import fingerprinted, sealed
from pinbill.store.items import Item
from pinbill.store.numbers import Numbers
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.secret_box import wrapper_of
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import ABSENT, Delete, Put, Table, equals
from pinbill.store.wrapping_keys import NEWEST_KEPT, WrappingKeys
from pinbill.usecases.changing import change
from pinbill.usecases.ports.catalog import Partners
from pinbill.usecases.ports.webhooks import SecretBox, WebhookEndpoints

ROUNDS = 5
# Processes wrap by the key that was the newest when they looked: an older one is done with after that, and not before.
SETTLED = 3 * NEWEST_KEPT

type Rows = Callable[[], Iterable[Item]]
"""All rows of a table."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """Subscriptions that were stored in the clear. Each is one write under its version, so that billing goes on."""

    table: Table
    store: DynamoStore
    numbers: Numbers
    data_keys: DataKeys

    def seal_all(self, rows: Iterable[Item]) -> int:
        """Returns how many were in the clear."""
        count = 0
        for row in rows:
            if row["sk"] == keys.SUBSCRIPTION and _is_plain(row):
                self._seal(*keys.partner_and_id(row["pk"]))
                count += 1
        return count

    def _seal(self, partner: str, id: str) -> None:
        found = self.store.subscription(partner, id)
        if not isinstance(found.msisdn, Msisdn):
            return  # by somebody else, meanwhile
        known = fingerprinted(found, self.numbers)
        key = self._key(known)
        self._move_hold(known)

        def step(current: Subscription) -> Change | None:
            if not isinstance(current.msisdn, Msisdn):
                return None
            kept = sealed(fingerprinted(current, self.numbers), key)
            return Change.of(current).set(msisdn=kept.msisdn, fingerprint=kept.fingerprint, mandate=kept.mandate)

        change(self.store, found, step)

    def _key(self, subscription: Subscription) -> bytes:
        """The one that an earlier round, which did not end, has made; or a new one."""
        place = (subscription.partner, subscription.id)
        fresh = self.data_keys.fresh(place, subscription.fingerprint)
        try:
            self.table.write([fresh.row], self.table.new_write_id())
        except ConditionFailed:
            return self.data_keys.key(place)
        return fresh.key

    def _move_hold(self, subscription: Subscription) -> None:
        """The mandate's row under its fingerprint, and none under the hash of its reference."""
        mandate = subscription.mandate
        if mandate is None or not isinstance(mandate.reference, str):
            return
        earlier = keys.plain_mandate(subscription.partner, mandate.reference)
        row = self.table.get(earlier)
        if row is None or row[HOLDER] != subscription.id:
            return
        there = {**row, **keys.mandate(subscription.partner, mandate.fingerprint)}
        gone = Delete(earlier, equals(HOLDER, subscription.id))
        try:
            self.table.write([Put(there, ABSENT), gone], self.table.new_write_id())
        except ConditionFailed:
            with suppress(ConditionFailed):  # the mandate is another subscription's by now, or was moved before
                self.table.write([gone], self.table.new_write_id())


@dataclass(frozen=True, slots=True)
class Secrets:
    """The signing secrets of all endpoints."""

    partners: Partners
    endpoints: WebhookEndpoints
    box: SecretBox

    def reseal_all(self, newest: str) -> int:
        """By the wrapping key `newest`, which the box uses; returns how many endpoints were not."""
        return sum(self._reseal(found, newest) for each in self.partners.all() for found in self.endpoints.of(each.id))

    def wrappers(self) -> set[str | None]:
        """The wrapping keys in use; None of what is in the clear."""
        all_of_them = (found for each in self.partners.all() for found in self.endpoints.of(each.id))
        return {wrapper_of(secret.sealed) for found in all_of_them for secret in found.secrets}

    def _reseal(self, found: WebhookEndpoint, newest: str) -> bool:
        for _ in range(ROUNDS):
            if all(wrapper_of(secret.sealed) == newest for secret in found.secrets):
                return False
            if self.endpoints.put(replace(found, secrets=tuple(self._anew(found, each) for each in found.secrets))):
                return True
            found = self.endpoints.endpoint(found.partner, found.id)
        raise ConcurrentChange

    def _anew(self, endpoint: WebhookEndpoint, secret: SigningSecret) -> SigningSecret:
        opened = self.box.open(secret.sealed, endpoint.owner)
        return replace(secret, sealed=self.box.seal(opened, endpoint.owner))


@dataclass(frozen=True, slots=True)
class Rotation:
    """A new wrapping key, under the version that KMS's key has by now, and everything under it."""

    wrapping: WrappingKeys
    data_keys: DataKeys
    secrets: Secrets
    wall: Callable[[], float]

    def run(self, rows: Rows) -> Iterator[str]:
        """Once now, and once more when no process uses an older one any more; it may be broken off at any moment."""
        ids = self.wrapping.ids()
        if len(ids) < 2:  # none that waits to be removed
            yield f"{self.wrapping.make()} is made: what is stored from now on is wrapped by it"
        newest, _ = self.wrapping.newest()
        count = sum(self.data_keys.rewrap(row) for row in rows() if row["sk"] == KEY)
        endpoints = self.secrets.reseal_all(newest)
        yield f"{count:,} keys of subscriptions and the secrets of {endpoints} endpoints are wrapped anew"
        if self.wall() < made_at(newest) + SETTLED:
            yield f"older ones may be in use for {SETTLED / 60:.0f} minutes more: run this again then, to remove them"
            return
        used = {row["wrapper"] for row in rows() if row["sk"] == KEY and "wrapper" in row} | self.secrets.wrappers()
        for id in self.wrapping.ids():
            if id != newest and id not in used:
                self.wrapping.remove(id)
                yield f"{id} is removed"


def made_at(wrapper: str) -> float:
    """The time in a wrapping key's id, in seconds since 1970."""
    return float(int(wrapper[:8], 16))


def _is_plain(row: Item) -> bool:
    return isinstance(row.get("msisdn"), str)
