"""A partner's webhook endpoint: made by the operator's command, served on loopback, with a mood and a book."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import override

from kit.reference import Receiver, Server
from pinbill_client.webhooks import Event, Receipt, Verifier
from tests.e2e.desk import PARTNER, Desk
from tests.e2e.operating import operate
from tests.e2e.waiting import wait_until

HANG_SECONDS = 7.0  # longer than the feed waits for an answer


class Book(Receiver):
    """The reference receiver with a mood, and with every body that it was told."""

    def __init__(self) -> None:
        super().__init__("whsec_" + "A" * 43 + "=")
        self.mood = 204
        self.hangs = threading.Event()
        self.events: list[Event] = []
        self.bodies: list[bytes] = []
        self.refused = 0

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        if self.hangs.is_set():
            self.hangs_out()
            return 500
        if self.mood != 204:
            self.refused += 1
            return self.mood
        status = super().take(headers, body)
        self.bodies.append(body)
        assert status == 204, "a signature was not right"
        return status

    def hangs_out(self) -> None:
        self.refused += 1
        threading.Event().wait(HANG_SECONDS)

    @override
    def note(self, event: Event, receipt: Receipt) -> None:
        super().note(event, receipt)
        self.events.append(event)

    def told(self, subscription_id: str) -> list[int]:
        """Sequence numbers of a subscription's events in the order in which they first came."""
        told = [event.sequence for event in self.events if event.subscription_id == subscription_id]
        return [sequence for sequence in dict.fromkeys(told) if sequence is not None]


class Hooked:
    """A partner's endpoint: made by the operator's command, served on loopback."""

    def __init__(self, desk: Desk, book: Book, server: Server, partner: str = PARTNER, *services: str) -> None:
        chosen = [option for service in services for option in ("--service", service)]
        made = operate(desk, "webhook", "add", partner, f"{server.url}/hook?token=t0ken", *chosen)
        assert made.returncode == 0, made.stderr
        told = made.stdout.splitlines()
        self.desk, self.book, self.partner = desk, book, partner
        self.id, self.secret = told[0].split()[1], told[1]
        desk.secrets.append(self.secret)
        book.verifier = Verifier(self.secret)

    def command(self, action: str, *more: str) -> str:
        done = operate(self.desk, "webhook", action, self.partner, self.id, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def is_told_all(self, subscription_id: str) -> bool:
        """Whether every event since the first came, in order."""
        newest = self.desk.read(subscription_id)["sequence"]
        told = self.book.told(subscription_id)
        return bool(told) and told == list(range(told[0], newest + 1))

    def wait_until_told(self, subscription_id: str) -> None:
        wait_until(f"all events of {subscription_id}", lambda: self.is_told_all(subscription_id))

    def retry(self) -> dict[str, int]:
        found: dict[str, int] = self.desk.world.invoke("WebhookRetryFunction", {})
        return found


@contextmanager
def hooked(desk: Desk, partner: str = PARTNER, *services: str) -> Iterator[Hooked]:
    book = Book()
    with Server(book) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        hook = Hooked(desk, book, server, partner, *services)
        try:
            yield hook
        finally:
            operate(desk, "webhook", "remove", partner, hook.id)
            server.shutdown()
            thread.join()
