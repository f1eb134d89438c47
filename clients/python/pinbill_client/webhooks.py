"""Webhooks at the partner's side: verify what comes, know what came before, and see at once what is missing.

verifier = Verifier("whsec_...")
consumer = Consumer()  # with books of your own, so that it outlives the process

def hook(headers, body):                    # the body as it came, in bytes
    try:
        event = verifier.verify(headers, body)
    except WebhookRefused as refused:
        return 400, str(refused)
    seen = consumer.receive(event)
    if seen.is_newest:
        save(event.subscription)            # the state of the subscription, whatever order events come in
    if seen.is_new:
        react(event)                        # a mail, a booking: once for each event
    if seen.missing:
        ask_for_a_replay(event.subscription_id, seen.missing)
    return 204, ""
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

TOLERANCE_SECONDS = 300
LONGEST_BODY = 256 * 1024
_PREFIX, _SCHEME = "whsec_", "v1"


class WebhookRefused(Exception):
    """The delivery is not to be trusted: answer 400, and do nothing. Its text may be shown to who sent it."""


class SecretInvalid(ValueError):
    """A secret is not one that Pinbill shows. It is not quoted."""


@dataclass(frozen=True)
class Event:
    """What has happened. `sequence` counts a subscription's events without a gap; both are None for a ping.

    `subscription` is its state as of `subscription["sequence"]`: this event's, or a later one's when it comes late.
    """

    id: str
    type: str
    timestamp: str
    sequence: int | None
    data: Mapping[str, Any]

    @property
    def subscription(self) -> Mapping[str, Any] | None:
        return self.data.get("subscription")

    @property
    def subscription_id(self) -> str | None:
        return str(self.subscription["id"]) if self.subscription else None


class Verifier:
    """By the Standard Webhooks specification. While a secret is rotated, give both."""

    def __init__(
        self, *secrets: str, tolerance_seconds: float = TOLERANCE_SECONDS, now: Callable[[], float] = time.time
    ) -> None:
        """Raises SecretInvalid."""
        if not secrets:
            raise SecretInvalid("there is no secret")
        self._keys = [_key(secret) for secret in secrets]
        self._tolerance = tolerance_seconds
        self._now = now

    def verify(self, headers: Mapping[str, str], body: bytes) -> Event:
        """The event of a delivery. `body` is what came, byte for byte. Raises WebhookRefused."""
        found = {name.lower(): value for name, value in headers.items()}
        id, timestamp = _header(found, "webhook-id"), _header(found, "webhook-timestamp")
        self._check_time(timestamp)
        signed = b".".join((id.encode(), timestamp.encode(), body))
        self._check_signature(_header(found, "webhook-signature"), signed)
        event = _event(body)
        if event.id != id:
            raise WebhookRefused("the id in the body is not that in the header")
        return event

    def _check_time(self, timestamp: str) -> None:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise WebhookRefused("webhook-timestamp is no time")
        if abs(self._now() - int(timestamp)) > self._tolerance:
            raise WebhookRefused("webhook-timestamp is too far from now")

    def _check_signature(self, given: str, signed: bytes) -> None:
        signatures = [
            text for scheme, _, text in (part.partition(",") for part in given.split(" ")) if scheme == _SCHEME
        ]
        expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in self._keys]
        # Every signature is compared with every key, so that the time says nothing of which was right.
        matches = [hmac.compare_digest(_decoded(text), digest) for text in signatures[:10] for digest in expected]
        if not any(matches):
            raise WebhookRefused("no signature is right")


class Books(Protocol):
    """What a consumer remembers, in a store of yours. `remember` is one transaction, together with what you do."""

    def seen(self, subscription_id: str) -> Seen:
        """What is known of a subscription; an empty Seen when nothing is."""
        ...

    def remember(self, subscription_id: str, seen: Seen) -> None: ...


@dataclass(frozen=True)
class Seen:
    """What has come of a subscription: every event up to `complete` since `first`, and those of `beyond`.

    `snapshot` is the newest state, as of `newest`.
    """

    first: int = 0  # the first event that came; 0 when none did
    complete: int = 0
    beyond: frozenset[int] = frozenset()
    newest: int = -1
    snapshot: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Receipt:
    """What an event is to you: whether it is new, whether its state is the newest, and which events are missing."""

    is_new: bool
    is_newest: bool
    missing: Sequence[int] = ()


@dataclass
class MemoryBooks:
    """For tests, and for who starts anew each time."""

    subscriptions: dict[str, Seen] = field(default_factory=dict)

    def seen(self, subscription_id: str) -> Seen:
        return self.subscriptions.get(subscription_id, Seen())

    def remember(self, subscription_id: str, seen: Seen) -> None:
        self.subscriptions[subscription_id] = seen


class Consumer:
    """Knows again what came before, and reaches the right state whatever is late, doubled or lost."""

    def __init__(self, books: Books | None = None) -> None:
        self.books = books or MemoryBooks()

    def receive(self, event: Event) -> Receipt:
        """Take note of an event. Two at once of one subscription need a lock or a transaction of yours."""
        if event.sequence is None or event.subscription is None or event.subscription_id is None:
            return Receipt(is_new=False, is_newest=False)
        before = self.books.seen(event.subscription_id)
        as_of = int(event.subscription["sequence"])
        is_newest = as_of > before.newest
        after = Seen(
            *_counted(before, event.sequence),
            as_of if is_newest else before.newest,
            event.subscription if is_newest else before.snapshot,
        )
        if after != before:
            self.books.remember(event.subscription_id, after)
        return Receipt(_is_new(before, event.sequence), is_newest, missing(after))


def missing(seen: Seen) -> list[int]:
    """Events between the first and the last that came which have not come: events come in order, so they are late."""
    end = max(seen.beyond, default=0)
    return [sequence for sequence in range(seen.complete + 1, end) if sequence not in seen.beyond]


def _is_new(seen: Seen, sequence: int) -> bool:
    return not seen.first or not (seen.first <= sequence <= seen.complete or sequence in seen.beyond)


def _counted(seen: Seen, sequence: int) -> tuple[int, int, frozenset[int]]:
    """`first`, `complete` and `beyond` with one more event. One before the first is of a replay: it moves the start."""
    if not _is_new(seen, sequence):
        return seen.first, seen.complete, seen.beyond
    if not seen.first:
        return sequence, sequence, frozenset()
    come = set(seen.beyond) | {sequence}
    first, complete = seen.first, seen.complete
    if sequence < first:
        come |= set(range(first, complete + 1))
        first = complete = sequence
        come.discard(sequence)
    while complete + 1 in come:
        complete += 1
    return first, complete, frozenset(each for each in come if each > complete)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SecretInvalid("a secret is whsec_ and base64") from None
    if not key:
        raise SecretInvalid("a secret is whsec_ and base64")
    return key


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip()
    if not value or len(value) > 2000:
        raise WebhookRefused(f"the header {name} is missing")
    return value


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _event(body: bytes) -> Event:
    if len(body) > LONGEST_BODY:
        raise WebhookRefused("the body is too long")
    try:
        found = json.loads(body)
        sequence = found.get("sequence")
        event = Event(str(found["id"]), str(found["type"]), str(found["timestamp"]), sequence, found["data"])
        is_event = isinstance(event.data, dict) and (sequence is None or isinstance(sequence, int))
        if is_event and event.subscription is not None:
            is_event = isinstance(event.subscription["sequence"], int) and bool(event.subscription_id)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WebhookRefused("the body is no event") from None
    if not is_event:
        raise WebhookRefused("the body is no event")
    return event
