"""A session that answers from a list and remembers what it was sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, override

import requests

from contract.schema_changes import resolved
from pinbill_client import Client
from pinbill_client.transport import Retries
from tests.unit.contract.kept import contract, responses

API, KEY = "https://api.example.com/production", "pinbill_test_" + "k" * 46
CORRELATION = "order-4711-try-1"


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    url: str
    body: Any
    headers: dict[str, str]
    query: Any
    timeout: Any


class FakeSession(requests.Session):
    """`answers` are given one after the other; an exception among them is raised."""

    def __init__(self, *answers: requests.Response | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.sent: list[Sent] = []

    @override
    def request(self, method: Any, url: Any, *_: Any, **sent: Any) -> requests.Response:
        assert sent["allow_redirects"] is False
        self.sent.append(Sent(method, url, sent["json"], sent["headers"], sent["params"], sent["timeout"]))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(slots=True)
class Bench:
    """A client at a session that is scripted, and the pauses that it made."""

    client: Client
    session: FakeSession
    pauses: list[float]


def bench(*answers: requests.Response | Exception, retries: Retries | None = None) -> Bench:
    session, pauses = FakeSession(*answers), list[float]()
    client = Client(API, KEY, session=session, retries=retries)
    client._transport.sleep = pauses.append
    client._transport.chance = lambda: 0.5
    return Bench(client, session, pauses)


def answer(status: int, body: Any, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({"X-Correlation-Id": CORRELATION, **headers})
    made._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return made


def success(operation: str, example: str | None = None) -> requests.Response:
    """An answer as the contract shows it."""
    for label, status, response in responses():
        if _name(label) == operation and status < "300":
            shown = response["content"]["application/json"]["examples"]
            if example is None or example in shown:
                return answer(int(status), shown[example or next(iter(shown))]["value"])
    raise AssertionError(f"the contract shows no {example} of {operation}")


def problem(code: str, **headers: str) -> requests.Response:
    """A problem as the contract shows it."""
    for _, status, response in responses():
        if status >= "400":
            for media in response["content"].values():
                if code in media["examples"]:
                    return answer(int(status), resolved(contract(), media["examples"][code])["value"], **headers)
    raise AssertionError(f"the contract has no problem {code}")


def _name(label: str) -> str:
    verb, _, path = label.partition(" ")
    return str(contract()["paths"][path][verb.lower()]["operationId"])
