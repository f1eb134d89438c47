"""A fresh simulator for every test, and a partner's endpoint that receives callbacks."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override
from urllib.parse import parse_qsl, urlsplit

import pytest

from local.simulators import SimulatorServer
from tests.integration.simulators.driver import Driver


@pytest.fixture
def simulator() -> Iterator[SimulatorServer]:
    with SimulatorServer() as server:
        yield server


@pytest.fixture
def driver(simulator: SimulatorServer) -> Iterator[Driver]:
    driver = Driver(simulator)
    yield driver
    driver.close()


type Eventually = Callable[[Callable[[], bool]], None]


class Partner:
    """What was delivered to the partner's callback address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[dict[str, Any]] = []
        self._news = threading.Condition()

    def take(self, delivery: dict[str, Any]) -> None:
        with self._news:
            self.received.append(delivery)
            self._news.notify_all()

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """The deliveries once there are so many; fails after ten seconds."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.received) >= count, timeout=10), self.received
            return list(self.received)


@pytest.fixture
def partner() -> Iterator[Partner]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._note(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)), "query")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_json = self.headers["Content-Type"] == "application/json"
            self._note(json.loads(body) if is_json else dict(parse_qsl(body)), "json" if is_json else "form")

        def _note(self, params: dict[str, Any], encoding: str) -> None:
            found.take({"params": params, "encoding": encoding, "verb": self.command})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Partner(f"http://127.0.0.1:{server.server_port}/callback?secret=abc")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition holds; fails after ten seconds."""

    def wait(holds: Callable[[], bool]) -> None:
        tick = threading.Event()
        for _ in range(200):
            if holds():
                return
            tick.wait(0.05)
        raise AssertionError("it never came true")

    return wait
