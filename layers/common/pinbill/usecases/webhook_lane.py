"""One endpoint's part of a batch of deliveries: sends event after event, keeps the book, and says when to stop."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pinbill.domain.deliveries import OFF, STRIKES, Answer, Delivery, Health
from pinbill.domain.events import event_id
from pinbill.domain.journal import Entry
from pinbill.domain.signatures import signed_headers
from pinbill.domain.subscription import Subscription
from pinbill.domain.webhooks import Disabled, Place, WebhookEndpoint
from pinbill.errors import ConcurrentChange
from pinbill.usecases.owing import Owing
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.ports.webhooks import Courier, DeliveryLog, Histories, Render, SecretBox, WebhookEndpoints

SLOW_SECONDS = 1.0  # of a delivery, on average: who takes longer holds up others
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Post:
    """How events are sent. `wall` is the real time, by which receivers judge how old a delivery is, also where a test
    clock is ahead; `steady` tells seconds that no clock's move changes, `fraction` draws a jitter (0 to 1)."""

    courier: Courier
    box: SecretBox
    render: Render
    clock: Clock
    wall: Clock
    steady: Callable[[], float]
    fraction: Callable[[], float]

    def letters(self, entries: Iterable[Entry], subscription: Subscription) -> Sequence["Letter"]:
        return [Letter(entry.seq, self.render(entry, subscription)) for entry in entries]


@dataclass(frozen=True, slots=True)
class WebhookParts:
    """What both the feed and the retries work with."""

    endpoints: WebhookEndpoints
    owing: Owing
    histories: Histories
    log: DeliveryLog
    post: Post
    telemetry: Telemetry


@dataclass(frozen=True, slots=True)
class Letter:
    """An event of a subscription, as it is sent."""

    seq: int
    body: bytes


@dataclass(slots=True)
class Lane:
    """May be shared by threads. `until` is a steady time, after which nothing is begun; `seconds` bounds one answer."""

    endpoint: WebhookEndpoint
    post: Post
    until: float
    seconds: float
    is_held: bool = False  # nothing is sent, everything waits
    delivered: int = 0
    failed: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    last_failure: Answer | None = None
    was_cut_short: bool = False  # there was more to send when its time was over
    is_gone: bool = False
    _for_all: bool = False  # an answer said that no other event would be taken either
    _ms: int = 0
    _keys: Sequence[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def place(self) -> Place:
        return Place.of(self.endpoint)

    @property
    def is_failing(self) -> bool:
        """Whether it has taken nothing, and it is not because of what one subscription holds."""
        return not self.delivered and (self._for_all or self.failed >= STRIKES)

    def may_send(self) -> bool:
        if self.is_held or self.is_gone or self.is_failing:
            return False
        self.was_cut_short |= self.post.steady() >= self.until
        return not self.was_cut_short

    def send(self, subscription_id: str, letter: Letter, number: int) -> Answer:
        """The `number`th attempt to deliver an event."""
        id, now = event_id(subscription_id, letter.seq), self.post.clock.now()
        headers = signed_headers(self._opened(), id, self.post.wall.now(), letter.body)
        answer = self.post.courier.post(self.endpoint.url, headers, letter.body, self.seconds)
        self.deliveries.append(Delivery(now, subscription_id, letter.seq, number, answer.code, answer.ms))
        self._count(answer)
        return answer

    def pass_over(self, subscription_id: str, first: int, last: int, code: str = OFF) -> None:
        """Keep in the book that these were not sent."""
        now = self.post.clock.now()
        self.deliveries.extend(Delivery(now, subscription_id, seq, 0, code) for seq in range(first, last + 1))

    def health(self, before: Health) -> Health:
        """How the endpoint does after what was sent to it here, to one subscription's events after the other."""
        now, fraction = self.post.clock.now(), self.post.fraction()
        if self.delivered:
            is_slow = self.was_cut_short and self._ms > (self.delivered + self.failed) * SLOW_SECONDS * 1000
            return before.slowed(now, fraction) if is_slow else Health()
        return before.after_failures(self.failed, now, fraction, for_all=self._for_all) if self.failed else before

    def _count(self, answer: Answer) -> None:
        with self._lock:
            self._ms += answer.ms
            if answer.is_delivered:
                self.delivered += 1
                return
            self.failed += 1
            self.last_failure = answer
            self._for_all |= answer.speaks_for_all
            self.is_gone |= answer.is_gone

    def _opened(self) -> Sequence[bytes]:
        with self._lock:
            if self._keys is None:
                owner, now = self.endpoint.owner, self.post.clock.now()
                self._keys = [self.post.box.open(sealed, owner) for sealed in self.endpoint.signing(now)]
            return self._keys


def told(telemetry: Telemetry, lane: Lane, parked: int) -> None:
    """Count what became of the events of a lane."""
    counts = {
        Observation.WEBHOOKS_DELIVERED: lane.delivered,
        Observation.WEBHOOKS_NOT_DELIVERED: lane.failed,
        Observation.WEBHOOKS_PARKED: parked,
    }
    for what, count in counts.items():
        if count:
            telemetry.observe(what, count, partner=lane.endpoint.partner, endpoint=lane.endpoint.id)


def switch_off(endpoints: WebhookEndpoints, place: Place, why: Disabled, clock: Clock, telemetry: Telemetry) -> None:
    """Send nothing to this generation of an endpoint any more, and tell the operator. Raises ConcurrentChange."""
    for _ in range(ROUNDS):
        found = next((each for each in endpoints.of(place.partner) if Place.of(each) == place), None)
        if found is None or not found.is_enabled:
            return
        if endpoints.put(found.switched_off(why, clock.now())):
            what = Observation.WEBHOOK_SWITCHED_OFF
            telemetry.observe(what, partner=place.partner, endpoint=place.endpoint_id, because=why.value)
            return
    raise ConcurrentChange


def held(telemetry: Telemetry, place: Place) -> None:
    """Tell the operator that an endpoint is sent nothing but probes from now on."""
    telemetry.observe(Observation.WEBHOOK_HELD, partner=place.partner, endpoint=place.endpoint_id)
