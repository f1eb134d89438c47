"""Deliveries: what came of one, how long a failing endpoint or subscription waits, and when an endpoint is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.records import changed

STRIKES = 3  # subscriptions that fail in turn: it is the endpoint that fails
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
PATIENCE = timedelta(hours=72)  # of failing without one success, before an endpoint is switched off
KEPT = timedelta(days=30)  # the log of deliveries, and what is owed
GONE_STATUS = 410
# The receiver or what stands before it has too much to do, or is not there at all: one such answer says it for all.
OVERLOADED = frozenset({"429", "502", "503", "504"})
UNREACHED = frozenset({"timeout", "dns_failed", "connect_failed", "tls_failed", "address_refused"})

# What the log says of an event that was not sent.
PARKED = "parked"  # it waits behind earlier ones, or for the endpoint
OFF = "off"  # the endpoint was switched off


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered. `code` is its HTTP status, or our word for there being none; `retry_after` seconds."""

    code: str
    ms: int
    retry_after: int | None = None

    @property
    def is_delivered(self) -> bool:
        return len(self.code) == 3 and self.code.startswith("2")

    @property
    def is_gone(self) -> bool:
        return self.code == str(GONE_STATUS)

    @property
    def speaks_for_all(self) -> bool:
        """Whether any other event would fail now as well."""
        return self.code in OVERLOADED or self.code in UNREACHED


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the log: an attempt to deliver an event, or (with number 0) that it was not sent yet."""

    at: datetime
    subscription_id: str
    seq: int
    number: int  # 1 is the first attempt
    code: str
    ms: int = 0


def wait(tries: int, fraction: float) -> timedelta:
    """From the `tries`th failure to the next try: doubling, with jitter from half of it to all (`fraction` 0 to 1)."""
    full = min(FIRST_WAIT * (1 << min(tries - 1, 20)), LONGEST_WAIT)
    return full * (0.5 + fraction / 2)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint does. While it is `held`, nothing but a probe from time to time is sent to it."""

    failing_since: datetime | None = None  # the first failure since it last took anything
    strikes: int = 0  # subscriptions that failed since then
    is_held: bool = False
    tries: int = 0  # failed probes since it is held
    next_at: datetime | None = None  # of the next probe

    def after_failures(self, count: int, now: datetime, fraction: float, *, for_all: bool = False) -> "Health":
        """`count` more subscriptions failed and none was served; `for_all` says that one of them proved enough."""
        strikes = self.strikes + count
        held = self.is_held or for_all or strikes >= STRIKES
        next_at = (self.next_at or now + wait(1, fraction)) if held else None
        return Health(self.failing_since or now, strikes, held, self.tries, next_at)

    def after_probe(self, now: datetime, fraction: float, retry_after: int | None) -> "Health":
        """It failed again. What the receiver asks for is heeded, up to the longest wait."""
        tries = self.tries + 1
        asked = min(timedelta(seconds=retry_after or 0), LONGEST_WAIT)
        next_at = now + max(wait(tries + 1, fraction), asked)
        return Health(self.failing_since or now, self.strikes, True, tries, next_at)

    def slowed(self, now: datetime, fraction: float) -> "Health":
        """It takes what it is sent, but so slowly that others would have to wait: it is served apart."""
        return Health(None, 0, True, 0, now + wait(1, fraction))

    def is_given_up(self, now: datetime) -> bool:
        return self.failing_since is not None and now - self.failing_since >= PATIENCE


@dataclass(frozen=True, slots=True)
class Behind:
    """That something is owed to one generation of an endpoint. `leased_until`: somebody works it off."""

    health: Health = Health()
    leased_until: datetime | None = None
    version: int = 0

    def is_due(self, now: datetime) -> bool:
        free = self.leased_until is None or self.leased_until <= now
        return free and (not self.health.is_held or self.health.next_at is None or self.health.next_at <= now)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Events of one subscription that an endpoint is owed, from `first` on, in order.

    Live ones reach to the newest there is, `last` at least; those of a replay end at `last`.
    """

    subscription_id: str
    first: int
    last: int
    since: datetime
    is_replay: bool = False
    tries: int = 0  # of the event `first`
    next_at: datetime | None = None
    version: int = 0

    def is_due(self, now: datetime) -> bool:
        return self.next_at is None or self.next_at <= now

    def reaching(self, last: int) -> "Backlog":
        return changed(self, last=max(self.last, last))

    def delivered_before(self, first: int) -> "Backlog":
        """Once all before `first` was delivered; another event's tries are not this one's."""
        return changed(self, first=first, tries=0, next_at=None) if first > self.first else self

    def failed(self, now: datetime, fraction: float) -> "Backlog":
        tries = self.tries + 1
        return changed(self, tries=tries, next_at=now + wait(tries, fraction))

    def is_given_up(self, now: datetime) -> bool:
        return now - self.since >= KEPT
