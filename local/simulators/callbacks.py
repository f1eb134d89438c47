"""Callbacks to the partner: queued in the database, delivered from a small pool, at most once unless told otherwise."""

import ipaddress
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import requests

from local.simulators.clock import Clock
from local.simulators.database import Database
from local.simulators.faults import Fault
from local.simulators.knobs import Knobs

_TIMEOUT_SECONDS = 5
_POLL_SECONDS = 0.1
QUEUED, SENDING, SENT, FAILED, LOST, NO_URL = "queued", "sending", "sent", "failed", "lost", "no_url"


def is_loopback(url: str) -> bool:
    """Whether the address is http(s) on this very machine: the simulators call nobody else."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Callbacks:
    """The queue of callbacks and its log."""

    def __init__(self, database: Database, clock: Clock, knobs: Knobs) -> None:
        self._database = database
        self._clock = clock
        self._knobs = knobs
        self._wake = threading.Event()

    def announce(
        self,
        provider: str,
        event: str,
        params: dict[str, Any],
        fault: Fault | None = None,
        url: str | None = None,
        delay_seconds: float | None = None,
    ) -> list[int]:
        """Queue one callback as its fault says; returns ids that must be delivered before the call is answered.

        `delay_seconds` are real ones, by default those of the knob.
        """
        delay = self._knobs["callback_delay_seconds"] if delay_seconds is None else delay_seconds
        name = fault.name if fault else None
        copies = int(fault.args["copies"]) if fault and name == "callback_duplicate" else 1
        early = name == "callback_early"
        url = url or self._knobs[f"callback_{provider}"]
        state = LOST if name == "callback_lost" else NO_URL if url is None else SENDING if early else QUEUED
        ids = [
            self._database.insert(
                "deliveries",
                provider=provider,
                event=event,
                url=url,
                verb="GET" if provider == "infomedia" else "POST",
                encoding="query" if provider == "infomedia" else self._knobs["signzy_encoding"],
                params=json.dumps(params),
                not_before=time.time() + delay,
                state=state,
                fault=name,
                at=self._clock.stamp(),
            )
            for _ in range(copies)
        ]
        self._wake.set()
        return ids if state == SENDING else []

    def deliver(self, delivery_id: int) -> None:
        """Send one callback now and note how it went. Not to be called inside a transaction."""
        row = self._database.row("SELECT * FROM deliveries WHERE id = ?", delivery_id)
        if row is None:
            return
        state, http_status, error = _send(row)
        self._database.run(
            "UPDATE deliveries SET state = ?, http_status = ?, error = ?, at = ? WHERE id = ?",
            state,
            http_status,
            error,
            self._clock.stamp(),
            delivery_id,
        )

    def log(self) -> list[dict[str, Any]]:
        """Every callback with its state: queued, sending, sent, failed, lost, no_url."""
        rows = self._database.rows("SELECT * FROM deliveries ORDER BY id")
        return [row | {"params": json.loads(row["params"])} for row in rows]

    def run(self, stopping: threading.Event) -> None:
        """Deliver what is due until told to stop; what an earlier process left half sent is sent again."""
        self._database.run("UPDATE deliveries SET state = ? WHERE state = ?", QUEUED, SENDING)
        with ThreadPoolExecutor(max_workers=4, thread_name_prefix="callback") as pool:
            while not stopping.is_set():
                for delivery_id in self._claim():
                    pool.submit(self.deliver, delivery_id)
                self._wake.wait(_POLL_SECONDS)
                self._wake.clear()
            pool.shutdown(wait=True, cancel_futures=True)

    def wake(self) -> None:
        """Let the delivering thread look up at once."""
        self._wake.set()

    def _claim(self) -> list[int]:
        with self._database.transaction():
            due = self._database.rows(
                "SELECT id FROM deliveries WHERE state = ? AND not_before <= ? ORDER BY id LIMIT 32",
                QUEUED,
                time.time(),
            )
            for row in due:
                self._database.run("UPDATE deliveries SET state = ? WHERE id = ?", SENDING, row["id"])
            return [row["id"] for row in due]


def _send(row: dict[str, Any]) -> tuple[str, int | None, str | None]:
    params = json.loads(row["params"])
    given = {"query": {"params": params}, "form": {"data": params}, "json": {"json": params}}[row["encoding"]]
    try:
        answer = requests.request(row["verb"], row["url"], timeout=_TIMEOUT_SECONDS, allow_redirects=False, **given)
    except requests.RequestException as problem:
        return FAILED, None, type(problem).__name__
    return SENT, answer.status_code, None
