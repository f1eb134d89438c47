"""Deliveries as Pinbill makes them, and as others might: events, signatures, and how they are put on the wire.

It signs by itself: what certifies receivers must not share a mistake with what sends, nor with the client library.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, override
from urllib.parse import urlsplit

ANSWER_SECONDS = 5.0  # as long as Pinbill waits at the first try


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is None where there was none; `why` says then what happened."""

    status: int | None
    seconds: float
    why: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500

    @override
    def __str__(self) -> str:
        return f"{self.status} after {self.seconds:.1f} s" if self.status else f"{self.why} after {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`body` is sent as it is, and in as many pieces as `pauses` has pauses (in seconds) between."""

    id: str
    body: bytes
    headers: Mapping[str, str]
    pauses: tuple[float, ...] = ()


@dataclass(slots=True)
class Story:
    """A subscription of nobody's, to which things happen."""

    id: str = field(default_factory=lambda: f"kit{secrets.token_hex(8)}")

    def event(self, sequence: int, state: str = "active", type: str = "bill.paid", **more: Any) -> bytes:
        """The event of this sequence number; the subscription is in this state since it."""
        body: dict[str, Any] = {
            "id": f"evt_{self.id}_{sequence}",
            "type": type,
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "sequence": sequence,
            "data": {"attempt": None, "detail": {}, "subscription": self.subscription(sequence, state)},
            **more,
        }
        return json.dumps(body, separators=(",", ":")).encode()

    def subscription(self, sequence: int, state: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "plan": "kit-weekly",
            "rail": "infomedia",
            "state": state,
            "access": state == "active",
            "msisdn": "+44*******000",
            "price": {"amount": "4.50", "currency": "GBP"},
            "sequence": sequence,
        }


def signature(secret: str, id: str, at: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join((id.encode(), str(at).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def signed(secret: str, body: bytes, at: float | None = None, id: str | None = None) -> Delivery:
    """A delivery that is right, but perhaps for its time."""
    id, seconds = id or str(json.loads(body)["id"]), int(time.time() if at is None else at)
    headers = {
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secret, id, seconds, body),
    }
    return Delivery(id, body, headers)


def send(url: str, delivery: Delivery, seconds: float = ANSWER_SECONDS) -> Answer:
    """Never raises for what the other side does. No redirect is followed."""
    parts = urlsplit(url)
    begun = time.monotonic()
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/json", "Content-Length": str(len(delivery.body)), **delivery.headers}
    try:
        connection.request("POST", target, _pieces(delivery), headers)
        status = connection.getresponse().status
    except TimeoutError:
        return Answer(None, time.monotonic() - begun, "no answer")
    except (OSError, http.client.HTTPException) as error:
        return Answer(None, time.monotonic() - begun, f"the connection failed ({type(error).__name__})")
    finally:
        connection.close()
    return Answer(status, time.monotonic() - begun)


def _pieces(delivery: Delivery) -> bytes | Iterator[bytes]:
    if not delivery.pauses:
        return delivery.body
    size = max(1, len(delivery.body) // (len(delivery.pauses) + 1))

    def dripping() -> Iterator[bytes]:
        rest = delivery.body
        for pause in delivery.pauses:
            yield rest[:size]
            rest = rest[size:]
            time.sleep(pause)
        yield rest

    return dripping()
