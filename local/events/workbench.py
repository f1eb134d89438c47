"""Brings one subscription with a fixed id into a wanted state, through the real use cases and the local world."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import override

from local.events.running_world import RunningWorld
from local.journey.actors import BackOffice
from ops.quiet import Quiet
from pinbill.domain.ending import When
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.renewal import recall
from pinbill.domain.subscription import Mandate, Timer
from pinbill.entrypoints.repeats import keyed
from pinbill.entrypoints.requests import PauseBody
from pinbill.errors import IdentityUnreadable
from pinbill.ids import RandomIds
from pinbill.parts import Parts
from pinbill.providers.credentials import Credentials
from pinbill.settings import PinGuardSettings
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.clocks import SystemClock
from pinbill.store.data_keys import DataKeys, Fresh, Place
from pinbill.store.kms import Kms
from pinbill.store.numbers import Numbers
from pinbill.store.table import Put, Table
from pinbill.store.tallies import DynamoTallies
from pinbill.store.wrapping_keys import WrappingKeys
from pinbill.usecases.activities import Activities
from pinbill.usecases.cancel import Cancel
from pinbill.usecases.changing import change
from pinbill.usecases.charge import ChargeCommand, ChargeNow
from pinbill.usecases.confirmations import Confirmed
from pinbill.usecases.due_streams import Mark
from pinbill.usecases.follow_up import FollowUp
from pinbill.usecases.pause import Pause
from pinbill.usecases.payments import Payments
from pinbill.usecases.pin_confirm import PinConfirm
from pinbill.usecases.pin_guard import PinGuard
from pinbill.usecases.pin_request import PinRequest, Subscribe
from pinbill.usecases.ports.due import Reading
from pinbill.usecases.ports.time_and_ids import Clock, Ids
from pinbill.usecases.settling import Settling

PARTNER = "acme"
NETWORK = ("234", "02")
PIN = "246810"  # of every prepared PIN
PIN_LIFE_SECONDS = 3600
MANDATE_MAXIMUM = Money.parse("1500.00", "INR")


class FixedIds(Ids):
    """The id that an event names; owners stay random."""

    def __init__(self, id: str) -> None:
        self._id = id

    @override
    def subscription(self) -> str:
        return self._id

    @override
    def owner(self) -> str:
        return RandomIds().owner()


class Earlier(Clock):
    """A clock that is behind another one: what is done by it lies in the past."""

    def __init__(self, clock: Clock, by: timedelta) -> None:
        self._clock = clock
        self._by = by

    @override
    def now(self) -> datetime:
        return self._clock.now() - self._by


class SameKeys(DataKeys):
    """A subscription that is brought anew keeps the key of its id: functions remember it for a minute."""

    @override
    def fresh(self, place: Place, fingerprint: str) -> Fresh:
        try:
            key = self.key(place)
        except IdentityUnreadable:
            return super().fresh(place, fingerprint)
        return Fresh(key, Put(self.row(place, key, fingerprint), None, self._table.name))


def parts_of(world: RunningWorld) -> Parts:
    """The adapters that the functions have, with clients of our own: nothing comes from this process's environment."""
    variables = world.variables["PinConfirmFunction"]
    parts = Parts(variables)
    parts.table = Table(world.client("dynamodb"), world.table)
    parts.catalog = DynamoCatalog(parts.table, time.monotonic)
    parts.credentials = Credentials(WorldSecret(world))
    counters = Table(world.client("dynamodb"), variables["PINBILL_COUNTER_TABLE"])
    tallies = DynamoTallies(counters, Numbers(parts.credentials.number_key), time.time)
    guards = PinGuardSettings.load(variables).guards
    parts.pin_guard = PinGuard(tallies, guards, lambda partner: {}, SystemClock(), Quiet())
    parts.key_table = Table(world.client("dynamodb"), variables["PINBILL_KEY_TABLE"])
    kms = Kms(variables["PINBILL_KMS_KEY"], lambda: world.client("kms"))
    parts.wrapping_keys = WrappingKeys(parts.key_table, kms, time.monotonic, time.time)
    parts.data_keys = SameKeys(parts.key_table, parts.wrapping_keys)
    return parts


class WorldSecret:
    """The SecretSource of the local world, which is asked once: its secret does not change while it is up."""

    def __init__(self, world: RunningWorld) -> None:
        found = world.client("secretsmanager").get_secret_value(SecretId=world.secret)
        self._text: str = found["SecretString"]

    def read(self, fresh: bool) -> str:
        return self._text


class Workbench:
    """One subscription to be. `ago` is how long before now everything on this bench happens."""

    def __init__(
        self,
        simulators_url: str,
        parts: Parts,
        id: str,
        plan: str,
        msisdn: str,
        mandate: int | None,
        ago: timedelta = timedelta(),
    ) -> None:
        self.id, self._plan, self._mandate = id, plan, mandate
        self._msisdn = Msisdn.parse(msisdn)
        self._office = BackOffice(simulators_url)
        self._parts = parts
        self._clock: Clock = Earlier(parts.clock, ago)
        telemetry = Quiet()
        settling = Settling(parts.store, self._clock, telemetry)
        self._payments = Payments(parts.store, parts.rails, self._clock, FixedIds(id), settling, parts.stops)
        self._activities = Activities(parts.store, parts.rails.infomedia, self._clock, telemetry)
        self._follow_up = FollowUp(parts.store, parts.rails.signzy, settling, self._clock, telemetry)

    def subscribe(self) -> None:
        """A pending subscription; on the phone bill its PIN is PIN."""
        parts, mandate = self._parts, None
        if self._mandate:
            mandate = Mandate(str(self._mandate), MANDATE_MAXIMUM)
        phone = parts.rails.infomedia
        request = PinRequest(parts.store, parts.catalog, phone, self._clock, FixedIds(self.id), parts.pin_guard)
        request.subscribe(Subscribe(PARTNER, self._plan, self._msisdn, None if mandate else NETWORK, mandate))
        if not mandate:
            self._office.post("/control/pins", msisdn=self._msisdn.e164, pin=PIN, life_seconds=PIN_LIFE_SECONDS)

    def confirm(self) -> Confirmed:
        parts = self._parts
        phone = parts.rails.infomedia
        confirm = PinConfirm(
            parts.store, parts.catalog, phone, self._payments, self._activities, self._clock, parts.pin_guard
        )
        return confirm(PARTNER, self.id, None if self._mandate else PIN)

    def pay_first_debit(self, confirmed: Confirmed, *, learn: bool) -> None:
        """The bank takes the pending first debit; with `learn` we look and see it."""
        if confirmed.attempt is None or confirmed.attempt.provider_reference is None:
            raise AssertionError("a mandate's first bill has a payment at the bank")
        self._office.post(f"/control/payments/{confirmed.attempt.provider_reference}/settle", status="SUCCESS")
        if learn:
            subscription, catalog = confirmed.subscription, self._parts.catalog
            plan, service = catalog.plan(PARTNER, self._plan), catalog.service(PARTNER, subscription.service_id)
            self._follow_up.look(subscription, plan, service)

    def turn_back_the_run(self) -> None:
        """Let the next run begin just before its renewal: by now runs have passed that time."""
        subscription = self._parts.store.subscription(PARTNER, self.id)
        before = Mark(subscription.timers[Timer.BILL] - timedelta(seconds=1))
        bookmarks = self._parts.indexes.bookmarks
        bookmarks.save(Reading.RUN, subscription.rail, subscription.cohort.name, str(before))

    def overlook(self) -> None:
        """Its renewal is due by now, its message was lost, and an audit has found that out."""
        store, now = self._parts.store, self._parts.clock.now()
        change(store, store.subscription(PARTNER, self.id), lambda current: recall(current, now))

    def charge(self, key: str, amount: str, currency: str, description: str) -> None:
        """Charge on demand; whatever comes of it, the simulators' fate for the number included, is wanted."""
        charge = ChargeNow(self._parts.store, self._parts.catalog, self._payments)
        charge(ChargeCommand(PARTNER, self.id, key, Money.parse(amount, currency), description))

    def cancel(self) -> None:
        cancel = Cancel(self._parts.store, self._parts.catalog, self._activities, self._clock)
        cancel(PARTNER, self.id, When.NOW, "cancelled_by_partner")

    def pause(self, key: str | None = None) -> None:
        Pause(self._parts.store, self._clock).pause(PARTNER, self.id, None, keyed("pause", key, PauseBody()))

    def resume(self) -> None:
        Pause(self._parts.store, self._clock).resume(PARTNER, self.id)
