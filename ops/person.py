"""One person over all partners: the subscriptions of a number, with what is held of each; export and erasure."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from pinbill.domain.ending import When, cancel
from pinbill.domain.erasing import erase, obstacles
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.sealed import Sealed
from pinbill.domain.subscription import Subscription
from pinbill.errors import NotSealedYet, SubscriptionNotFound
from pinbill.store.data_keys import DataKeys, Place
from pinbill.store.holds import HOLDER, mandate_key
from pinbill.store.items import time_out
from pinbill.store.numbers import Numbers
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.privacy_requests import PrivacyRequest, PrivacyRequests
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Delete, Table, equals
from pinbill.usecases.changing import change
from pinbill.usecases.ports.catalog import Partners
from pinbill.usecases.ports.time_and_ids import Clock

ERASED_ON_REQUEST = "erased_on_request"  # the reason of an end
TOKEN_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Registry:
    """What finds and keeps everything of a person."""

    table: Table
    store: DynamoStore
    numbers: Numbers
    data_keys: DataKeys
    partners: Partners
    requests: PrivacyRequests
    clock: Clock

    def of(self, msisdn: Msisdn, partner: str | None) -> list[Subscription]:
        """The subscriptions of a number, live and ended, of one partner or all; none that was erased.

        Raises NotSealedYet where one is stored as before there were keys: those that have ended are not found then.
        """
        places = self.data_keys.of_number(self.numbers.fingerprint(msisdn))
        known = {place for place in places if partner in (None, place[0])}
        for each in [partner] if partner else [found.id for found in self.partners.all()]:
            if {(each, id) for id in self.store.with_number(each, msisdn)} - known:
                raise NotSealedYet
        found: list[Subscription] = []
        for place in sorted(known):
            with suppress(SubscriptionNotFound):  # younger than the state of the table that was brought back
                found.append(self.store.subscription(*place))
        return found

    def record(self, kind: str, found: Sequence[Subscription], by: str, because: str) -> Callable[[], None]:
        """Write down what is about to be done; what is returned writes down that it was."""
        places: list[Place] = [(each.partner, each.id) for each in found]
        request = PrivacyRequest(kind, self.clock.now(), by, because, places)
        self.requests.keep(request)
        return lambda: self.requests.keep(replace(request, done_at=self.clock.now()))


@dataclass(frozen=True, slots=True)
class Erasure:
    registry: Registry

    def end(self, found: Sequence[Subscription]) -> list[Subscription]:
        """End those that are live; the worker tells the provider of it."""
        now = self.registry.clock.now()
        return [
            change(self.registry.store, each, lambda current: cancel(current, When.NOW, ERASED_ON_REQUEST, now))
            for each in found
        ]

    def erase(self, subscription: Subscription) -> None:
        """For good. A step that fails leaves the key, by which the rest is found again."""
        if subscription.mandate is not None:
            self._release(subscription)
        after = change(self.registry.store, subscription, lambda now_is: None if _is_bare(now_is) else erase(now_is))
        assert _is_bare(after)
        place = (subscription.partner, subscription.id)
        self.registry.data_keys.erase(place, time_out(self.registry.clock.now()))

    def again(self, places: Iterator[Place]) -> Iterator[tuple[Subscription, list[str]]]:
        """After an older state of the table was brought back: what was erased is so again. Yields what it met, with
        what stands in the way of erasing it now."""
        for place in places:
            try:
                found = self.registry.store.subscription(*place)
            except SubscriptionNotFound:
                continue  # the state is older than the subscription
            if _is_bare(found):
                continue
            (ended,) = self.end([found])
            in_the_way = list(obstacles(ended, untold=True))  # its provider was told, or cannot be
            if not in_the_way:
                self.erase(ended)
            yield ended, in_the_way

    def _release(self, subscription: Subscription) -> None:
        table = self.registry.table
        with suppress(ConditionFailed):  # another subscription's by now, or released before
            table.write([Delete(mandate_key(subscription), equals(HOLDER, subscription.id))], table.new_write_id())


def token_of(found: Sequence[Subscription]) -> str:
    """What confirms that these were looked at, as they stand: it changes as soon as one of them does."""
    text = " ".join(sorted(f"{each.partner}#{each.id}#{each.version}" for each in found))
    return hashlib.sha256(text.encode()).hexdigest()[:TOKEN_DIGITS]


def _is_bare(subscription: Subscription) -> bool:
    return isinstance(subscription.msisdn, Sealed) and subscription.msisdn.is_erased


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"
