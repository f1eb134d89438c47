"""The kit passes the reference receiver, and fails one that is broken in one way by the check that is for it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, override

import pytest

from kit import __main__ as certify_command
from kit.checks import CHECKS, Check, Target, Verdict, certify
from kit.reference import Handler, Receiver, Server
from pinbill_client.webhooks import Consumer, Event, Receipt, Verifier, WebhookRefused

SECRET = "whsec_" + "q" * 43 + "="


@contextmanager
def serving(receiver: Receiver, handler: type[Handler] = Handler) -> Iterator[Server]:
    server = Server(receiver)
    server.RequestHandlerClass = type("Bound", (handler,), {"receiver": receiver})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def target(server: Server, receiver: Receiver) -> Target:
    return Target(server.url, SECRET, receiver.state)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_reference_receiver_passes(check: Check) -> None:
    receiver = Receiver(SECRET)
    with serving(receiver) as server:
        finding = certify(target(server, receiver), check)

    assert finding.verdict is Verdict.PASSED, finding


class Deaf(Receiver):
    """Refuses everything."""

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        return 500


class Forgetful(Receiver):
    """Acts upon every delivery."""

    @override
    def note(self, event: Event, receipt: Receipt) -> None:
        super().note(event, Receipt(is_new=True, is_newest=receipt.is_newest))


class Strict(Receiver):
    """Takes a known event for an error."""

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        known = headers.get("webhook-id") in self.order
        return 409 if known else super().take(headers, body)


class LastWins(Receiver):
    """Keeps the snapshot that came last."""

    def __init__(self, *secrets: str) -> None:
        super().__init__(*secrets)
        self.last: dict[str, Any] = {}

    @override
    def note(self, event: Event, receipt: Receipt) -> None:
        super().note(event, receipt)
        self.last[event.subscription_id or ""] = event.subscription

    @override
    def state(self, subscription_id: str) -> dict[str, Any]:
        snapshot = self.last.get(subscription_id) or {}
        return {**super().state(subscription_id), "state": snapshot.get("state"), "sequence": snapshot.get("sequence")}


class Carefree(Receiver):
    """Sees no gap."""

    @override
    def state(self, subscription_id: str) -> dict[str, Any]:
        return {**super().state(subscription_id), "missing": []}


class _Trusting(Verifier):
    """Believes what it is told, but for `checks`."""

    def __init__(self, *left_out: str) -> None:
        super().__init__(SECRET)
        self._left_out = left_out

    @override
    def _check_signature(self, given: str, signed: bytes) -> None:
        if "signature" not in self._left_out:
            super()._check_signature(given, signed)

    @override
    def _check_time(self, timestamp: str) -> None:
        if "time" not in self._left_out:
            super()._check_time(timestamp)


class Naive(Receiver):
    """Verifies no signature."""

    def __init__(self, *secrets: str) -> None:
        super().__init__(*secrets)
        self.verifier = _Trusting("signature")


class Timeless(Receiver):
    """Looks at no timestamp."""

    def __init__(self, *secrets: str) -> None:
        super().__init__(*secrets)
        self.verifier = _Trusting("time")


class Reparsing(Receiver):
    """Verifies what it makes of the body after parsing it."""

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        try:
            again = json.dumps(json.loads(body), separators=(",", ":")).encode()
        except ValueError:
            return 400
        return super().take(headers, again)


class BodyOnly(Receiver):
    """Takes the id from the body, and checks the signature by it."""

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        found = {name.lower(): value for name, value in headers.items()}
        try:
            if "webhook-id" in found:
                found["webhook-id"] = str(json.loads(body)["id"])
        except (ValueError, TypeError, KeyError):
            return 400
        return super().take(found, body)


class Careless(Receiver):
    """Takes what lacks a header for good."""

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        names = {name.lower() for name in headers}
        complete = {"webhook-id", "webhook-timestamp", "webhook-signature"} <= names
        return super().take(headers, body) if complete else 204


class OneSignature(Receiver):
    """Reads the first signature only."""

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        first = {name: value.split(" ")[0] for name, value in headers.items()}
        return super().take(first, body)


class KnowItAll(Receiver):
    """Knows the types of today."""

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        return super().take(headers, body) if b'"bill.paid"' in body or b"webhook.ping" in body else 422


class NoPings(Receiver):
    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        return 404 if b"webhook.ping" in body else super().take(headers, body)


class Racy(Receiver):
    """Looks whether an event is known, and takes note of it later."""

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        try:
            event = self.verifier.verify(headers, body)
        except WebhookRefused:
            return 400
        before = self.consumer.books.seen(event.subscription_id or "")
        is_known = Consumer().receive(event).is_new and event.sequence in range(before.first, before.complete + 1)
        self.meet.wait(0.3)
        if not is_known or not before.first:
            self.acted[event.subscription_id or ""] += 1
        self.consumer.receive(event)
        return 204

    meet = threading.Event()


class Sleepy(Receiver):
    """Works before it answers."""

    @override
    def take(self, headers: dict[str, str], body: bytes) -> int:
        status = super().take(headers, body)
        if b'"sequence":5' in body:
            time.sleep(2.3)
        return status


class Queued(Handler):
    """One request at a time, whoever is slow."""

    lock = threading.Lock()

    @override
    def do_POST(self) -> None:
        with self.lock:
            super().do_POST()


class Small(Handler):
    """Takes no more than 16 KiB."""

    @override
    def do_POST(self) -> None:
        if int(self.headers.get("Content-Length", "0")) > 16 * 1024:
            self.close_connection = True
            return self._answer(413)
        return super().do_POST()


class Redirecting(Handler):
    @override
    def do_POST(self) -> None:
        self.send_response(308)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()


BROKEN: list[tuple[str, Callable[..., Receiver], type[Handler]]] = [
    ("a good delivery is taken", Deaf, Handler),
    ("a good delivery is taken", Receiver, Redirecting),
    ("a duplicate is taken and not acted upon again", Forgetful, Handler),
    ("a duplicate is taken and not acted upon again", Strict, Handler),
    ("duplicates at once are acted upon once", Racy, Handler),
    ("events in another order lead to the newest state", LastWins, Handler),
    ("a gap is noticed", Carefree, Handler),
    ("a bad signature is refused", Naive, Handler),
    ("a missing header is refused", Careless, Handler),
    ("an altered body is refused", Reparsing, Handler),
    ("another id is refused", BodyOnly, Handler),
    ("an old timestamp is refused", Timeless, Handler),
    ("two signatures are taken", OneSignature, Handler),
    ("an unknown type or field is taken", KnowItAll, Handler),
    ("a ping is taken", NoPings, Handler),
    ("a slow sender keeps no other waiting", Receiver, Queued),
    ("a large body does no harm", Receiver, Small),
    ("answers come in time", Sleepy, Handler),
]


@pytest.mark.parametrize(("name", "broken", "handler"), BROKEN)
def test_a_receiver_that_is_broken_in_one_way_fails_the_check_that_is_for_it(
    name: str, broken: Callable[..., Receiver], handler: type[Handler]
) -> None:
    (check,) = (each for each in CHECKS if each.name == name)
    receiver = broken(SECRET)
    with serving(receiver, handler) as server:
        finding = certify(target(server, receiver), check)

    assert finding.verdict is Verdict.FAILED
    assert finding.seen
    assert finding.advice == check.advice


def test_each_check_has_a_receiver_that_it_fails() -> None:
    assert {name for name, _, _ in BROKEN} == {check.name for check in CHECKS}


def test_what_shows_only_in_a_state_that_is_not_shown_is_not_called_passed() -> None:
    receiver = Forgetful(SECRET)
    with serving(receiver) as server:
        findings = [certify(Target(server.url, SECRET), check) for check in CHECKS if check.by_state]

    assert {finding.verdict for finding in findings} == {Verdict.NOT_SEEN}


def test_the_command_prints_a_line_for_each_check_and_its_sum(capsys: pytest.CaptureFixture[str]) -> None:
    receiver = Receiver(SECRET)
    with serving(receiver) as server:
        code = certify_command.main(["--url", server.url, "--secret", SECRET, "--state-url", server.url])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line.split("  ")[0] for line in lines[:-1]] == ["pass"] * len(CHECKS)
    assert lines[-1] == f"{len(CHECKS)} passed, 0 failed, 0 not seen without --state-url"


def test_the_command_fails_where_a_check_does_and_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Naive(SECRET)) as server:
        code = certify_command.main(["--url", server.url, "--secret", SECRET])

    printed = capsys.readouterr().out
    assert code == 1
    assert "FAIL  a bad signature is refused" in printed
    assert "-> Answer 4xx, and change nothing." in printed


@pytest.mark.parametrize("url", ["http://hooks.example.com/x", "ftp://127.0.0.1/", "hooks.example.com"])
def test_nothing_is_fired_over_the_network_without_tls(url: str) -> None:
    with pytest.raises(SystemExit):
        certify_command.main(["--url", url, "--secret", SECRET])
