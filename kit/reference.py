"""The reference receiver, a small server with the client library's consumer: `python -m kit.reference --secret …`."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from pinbill_client.webhooks import LONGEST_BODY, Consumer, Event, Receipt, Seen, Verifier, WebhookRefused, missing

HOST = "127.0.0.1"
PATIENCE_SECONDS = 10.0  # for one request


class Receiver:
    """Verifies, takes note, and acts upon each event once. Its parts may be replaced, to see what goes wrong then."""

    def __init__(self, *secrets: str) -> None:
        self.verifier = Verifier(*secrets)
        self.consumer = Consumer()
        self.acted: Counter[str] = Counter()  # by subscription
        self.order: list[str] = []  # ids of events, as they came and were new
        self._lock = threading.Lock()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """The status to answer."""
        try:
            event = self.verifier.verify(headers, body)
        except WebhookRefused:
            return 400
        with self._lock:  # in the place of a transaction
            self.note(event, self.consumer.receive(event))
        return 204

    def note(self, event: Event, receipt: Receipt) -> None:
        """What an app does with it; here it counts."""
        if receipt.is_new and event.subscription_id:
            self.acted[event.subscription_id] += 1
            self.order.append(event.id)

    def state(self, subscription_id: str) -> dict[str, Any]:
        """What the receiver kit may look at."""
        with self._lock:
            seen: Seen = self.consumer.books.seen(subscription_id)
            snapshot = seen.snapshot or {}
            return {
                "state": snapshot.get("state"),
                "sequence": snapshot.get("sequence"),
                "events": self.acted[subscription_id],
                "missing": missing(seen),
            }


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    timeout = PATIENCE_SECONDS
    server_version, sys_version = "reference", ""

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            self.close_connection = True
            return self._answer(413)
        body = self.rfile.read(int(length))
        return self._answer(self.receiver.take(dict(self.headers.items()), body))

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query).get("subscription", [""])[0]
        self._answer(200, json.dumps(self.receiver.state(asked)).encode())

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: headers hold signatures."""


class Server(ThreadingHTTPServer):
    """On loopback; port 0 is any free one."""

    daemon_threads = True

    def __init__(self, receiver: Receiver, port: int = 0) -> None:
        super().__init__((HOST, port), type("BoundHandler", (Handler,), {"receiver": receiver}))

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"


class Telling(Receiver):
    """Prints each new event."""

    @override
    def note(self, event: Event, receipt: Receipt) -> None:
        super().note(event, receipt)
        state = f" -> {event.subscription['state']}" if event.subscription else ""
        note = "" if receipt.is_new or event.subscription is None else " (known already)"
        missing = f", missing {list(receipt.missing)}" if receipt.missing else ""
        sys.stdout.write(f"{event.id} {event.type}{state}{note}{missing}\n")
        sys.stdout.flush()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m kit.reference", description=__doc__)
    parser.add_argument("--secret", required=True, action="append", help="whsec_…; twice while it is rotated")
    parser.add_argument("--port", type=int, default=8430)
    given = parser.parse_args(arguments)
    with Server(Telling(*given.secret), given.port) as server:
        sys.stdout.write(f"listening at {server.url}; Ctrl-C ends\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
