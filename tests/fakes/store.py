"""The Store port in memory: one dictionary a kind of row and one lock, with the semantics that DynamoDB's has."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import override

from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.rails import MANDATE_REST
from pinbill.domain.repeats import Remembered
from pinbill.domain.subscription import Subscription
from pinbill.errors import MandateInUse, SubscriptionExists, SubscriptionNotFound
from pinbill.store import keys
from pinbill.store.cursors import cursor_of, seq_of
from pinbill.usecases.calls import Identity
from pinbill.usecases.ports.store import AlreadyRemembered, ChargeExists, Page, StaleVersion, Store
from tests.fakes.identities import in_the_clear

type Place = tuple[str, str]  # partner, subscription id


class InMemoryStore(Store):
    """Rows are the domain's own immutable objects; `subscriptions` and `entries` may be read by tests."""

    def __init__(self) -> None:
        self.subscriptions: dict[Place, Subscription] = {}
        self.entries: dict[Place, list[Entry]] = {}
        self._charges: dict[tuple[Place, str], Charge] = {}
        self._requests: dict[tuple[str, str | None, str], Remembered] = {}  # by partner, subscription id and key
        self._numbers: dict[tuple[str, Msisdn], dict[str, str]] = {}  # of a partner: plan -> subscription id
        self._mandates: dict[tuple[str, str], tuple[str, datetime | None]] = {}  # -> subscription id, free from
        self._lock = threading.Lock()

    @override
    def subscription(self, partner: str, id: str) -> Subscription:
        found = self.subscriptions.get((partner, id))
        if found is None:
            raise SubscriptionNotFound
        return found

    @override
    def identity(self, subscription: Subscription) -> Identity:
        return in_the_clear(subscription)

    @override
    def expect(self, places: Sequence[Place]) -> None:
        pass

    @override
    def create(self, subscription: Subscription, entry: Entry, remembered: Remembered | None = None) -> Subscription:
        who = in_the_clear(subscription)
        subscription = replace(subscription, fingerprint=f"fp{who.msisdn.digits[-4:]}")
        place = (subscription.partner, subscription.id)
        with self._lock:
            self._check_request(subscription, remembered)
            plans = self._numbers.setdefault((subscription.partner, who.msisdn), {})
            if subscription.plan_id in plans:
                raise SubscriptionExists(plans[subscription.plan_id])
            mandate = (subscription.partner, who.mandate) if who.mandate else None
            if mandate and mandate in self._mandates:
                holder, free_at = self._mandates[mandate]
                if free_at is None or subscription.created_at < free_at:
                    raise MandateInUse(holder)
            if place in self.subscriptions:
                raise AssertionError("the id of a new subscription was used before")
            plans[subscription.plan_id] = subscription.id
            if mandate:
                self._mandates[mandate] = (subscription.id, None)
            self.subscriptions[place] = subscription
            self.entries[place] = [entry]
            self._remember(subscription, remembered)
        return subscription

    @override
    def commit(self, change: Change) -> None:
        place = (change.before.partner, change.before.id)
        with self._lock:
            stored = self.subscriptions[place]
            if stored.version != change.before.version:
                raise StaleVersion(stored)
            self._check_charge(place, change)
            self._check_request(stored, change.remembered)
            entries = self.entries[place]
            if [entry.seq for entry in change.entries] != [len(entries) + 1 + at for at in range(len(change.entries))]:
                raise AssertionError("a journal entry exists that its subscription does not know of")
            entries.extend(change.entries)
            if change.charge:
                self._charges[place, change.charge.key] = change.charge
            self._remember(stored, change.remembered)
            self.subscriptions[place] = change.after
            self._release(change)

    @override
    def charge(self, partner: str, id: str, key: str) -> Charge | None:
        keys.subscription_pk(partner, id)  # refuses an id that nobody can have
        return self._charges.get(((partner, id), key))

    @override
    def remembered(self, partner: str, id: str | None, key: str) -> Remembered | None:
        if id is not None:
            keys.subscription_pk(partner, id)
        return self._requests.get((partner, id, key))

    @override
    def journal(self, partner: str, id: str, limit: int, cursor: str | None, money_only: bool) -> Page[Entry]:
        keys.subscription_pk(partner, id)
        below = seq_of(cursor) if cursor is not None else None
        found = [
            entry
            for entry in reversed(self.entries.get((partner, id), []))
            if (below is None or entry.seq < below) and (entry.attempt or not money_only)
        ]
        return Page(found[:limit], cursor_of(found[limit - 1].seq) if len(found) > limit else None)

    @override
    def with_number(self, partner: str, msisdn: Msisdn) -> Sequence[str]:
        plans = self._numbers.get((partner, msisdn), {})
        return [plans[plan] for plan in sorted(plans)]

    @override
    def with_mandate(self, partner: str, reference: str) -> str | None:
        holder, _ = self._mandates.get((partner, reference), (None, None))
        return holder

    def _check_charge(self, place: Place, change: Change) -> None:
        if change.charge is None:
            return
        stored = self._charges.get((place, change.charge.key))
        if (stored.revision if stored else 0) != change.charge_revision:
            raise ChargeExists

    def _check_request(self, subscription: Subscription, request: Remembered | None) -> None:
        if request is None:
            return
        stored = self._requests.get(_place_of(subscription, request))
        if (stored.revision if stored else 0) != request.revision - 1:
            raise AlreadyRemembered

    def _remember(self, subscription: Subscription, request: Remembered | None) -> None:
        if request is not None:
            self._requests[_place_of(subscription, request)] = request

    def _release(self, change: Change) -> None:
        held = change.before
        if change.frees_number:
            del self._numbers[held.partner, in_the_clear(held).msisdn][held.plan_id]
        mandate = in_the_clear(held).mandate
        if change.frees_mandate and mandate:
            self._mandates[held.partner, mandate] = (held.id, change.entries[-1].at + MANDATE_REST)


def _place_of(subscription: Subscription, request: Remembered) -> tuple[str, str | None, str]:
    return subscription.partner, None if request.subscription else subscription.id, request.key
