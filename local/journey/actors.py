"""Who acts in the journey: a partner that calls the API, a user with a handset, the providers' back office, time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT = 40


class JourneyError(Exception):
    """A step did not do what it is for."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner's backend: an API key and plain HTTP."""

    api: str
    key: str

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self._call("POST", path, json=body, headers=headers)

    def get(self, path: str) -> Answer:
        return self._call("GET", path)

    def subscription(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/v1/subscriptions/{id}").body["subscription"]
        return found

    def bills(self, id: str) -> list[dict[str, Any]]:
        """All ledger entries of a subscription, newest first."""
        bills: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(f"/v1/subscriptions/{id}/bills?limit=100{cursor}").body
            bills += page["bills"]
            if page["cursor"] is None:
                return bills
            cursor = f"&cursor={page['cursor']}"

    def _call(self, method: str, path: str, headers: dict[str, str] | None = None, **arguments: Any) -> Answer:
        sent = {"x-api-key": self.key} | {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        answer = requests.request(method, self.api + path, headers=sent, timeout=TIMEOUT, **arguments)
        body = answer.json() if answer.content else {}
        return Answer(answer.status_code, body, dict(answer.headers))


@dataclass(frozen=True, slots=True)
class BackOffice:
    """The simulated providers: their ledger, their users' handsets, and what only they can do."""

    url: str

    def debits(self, **only: str) -> list[dict[str, Any]]:
        """The money that the providers have really taken."""
        rows: list[dict[str, Any]] = self.get("/control/ledger", **only)["debits"]
        return rows

    def inbox(self, msisdn: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.get(f"/handset/{msisdn}")["inbox"]
        return messages

    def pin(self, msisdn: str) -> str:
        """The PIN of the newest PIN message in the inbox."""
        pins = [str(message["pin"]) for message in self.inbox(msisdn) if message["kind"] == "pin"]
        if not pins:
            raise JourneyError("no PIN came to the handset")
        return pins[-1]

    def get(self, path: str, **query: str) -> Any:
        answer = requests.get(self.url + path, params=query, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = requests.post(self.url + path, json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def delete(self, path: str) -> None:
        requests.delete(self.url + path, timeout=TIMEOUT).raise_for_status()


def eventually[Found](look: Callable[[], Found | None], what: str, seconds: float = 240, every: float = 0.2) -> Found:
    """Look `every` so many seconds until there is something to see; raises JourneyError after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise JourneyError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(every)
