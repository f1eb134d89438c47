"""One try, and an honest account of whether a byte left us."""

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing

import pytest

from pinbill.providers.connections import IDLE_LIMIT_SECONDS, ObservedHTTPConnection
from pinbill.providers.http import LARGEST_ANSWER, Answer, Endpoint, Failure, Transport
from tests.integration.providers.raw_server import OK, Script, answering, dripping, free_port, raw_server, resetting


def transport(url: str, connect_timeout: float = 10.0, read_timeout: float = 10.0) -> Transport:
    return Transport(Endpoint(url, "", connect_timeout, read_timeout))


def post(url: str, connect_timeout: float = 10.0, read_timeout: float = 10.0) -> Answer | Failure:
    return transport(url, connect_timeout, read_timeout).post("/bill", {"X-Key": "k"}, b'{"amount": 4.50}')


def test_a_refused_connection_is_not_sent() -> None:
    assert post(f"http://127.0.0.1:{free_port()}") == Failure(True, "connect_failed")


def test_a_name_that_does_not_resolve_is_not_sent() -> None:
    assert post("https://provider.invalid") == Failure(True, "dns_failed")


def test_a_connection_that_is_never_accepted_is_not_sent() -> None:
    with ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = listener.getsockname()[1]
        for _ in range(4):  # with its backlog full, the kernel drops whoever else comes
            queued = held.enter_context(closing(socket.socket()))
            queued.setblocking(False)
            queued.connect_ex(("127.0.0.1", port))

        assert post(f"http://127.0.0.1:{port}", connect_timeout=0.4) == Failure(True, "connect_timeout")


def test_no_answer_in_time_is_unknown() -> None:
    def silent(peer: socket.socket, _: object) -> None:
        peer.recv(1)

    with raw_server(silent) as server:
        assert post(server.url, read_timeout=0.4) == Failure(False, "read_timeout")
    assert len(server.requests) == 1


BROKEN: dict[str, Script] = {
    "closed without an answer": answering(),
    "reset": resetting,
    "half a status line": answering(b"HTTP/1."),
    "no HTTP at all": answering(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "less than its length": answering(OK[:-5]),
    "a chunk that stops": answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"),
    "a chunk without a length": answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "no last chunk": answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
    "what is not gzip": answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_breaks_off_is_unknown_and_asked_for_once(script: Script) -> None:
    with raw_server(script) as server:
        failed = post(server.url)

    assert isinstance(failed, Failure)
    assert not failed.not_sent
    assert (server.connections, len(server.requests)) == (1, 1)


def test_an_answer_that_ends_in_its_headers_says_nothing() -> None:
    with raw_server(answering(b"HTTP/1.1 200 OK\r\nContent-Ty")) as server:
        assert post(server.url) == Answer(200, None)


def test_a_kept_connection_that_was_closed_is_replaced_before_anything_is_sent() -> None:
    with raw_server(answering(OK)) as server:
        client = transport(server.url)
        first = client.post("/bill", {}, b"{}")
        assert server.closed.wait(5)
        second = client.post("/bill", {}, b"{}")

    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert (server.connections, len(server.requests)) == (2, 2)


def test_a_kept_connection_that_dies_under_the_request_is_unknown_and_not_sent_again() -> None:
    def closes_at_the_second(peer: socket.socket, next_request: Callable[[], None]) -> None:
        peer.sendall(OK)
        next_request()

    with raw_server(closes_at_the_second) as server:
        client = transport(server.url)
        first = client.post("/bill", {}, b"{}")
        second = client.post("/bill", {}, b"{}")

    assert isinstance(first, Answer)
    assert second == Failure(False, "connection_lost")
    assert (server.connections, len(server.requests)) == (1, 2)


def test_connections_are_kept_between_requests() -> None:
    with raw_server(answering(OK, OK, OK)) as server:
        client = transport(server.url)
        answers = [client.post("/bill", {}, b"{}") for _ in range(3)]

    assert [isinstance(each, Answer) for each in answers] == [True] * 3
    assert (server.connections, len(server.requests)) == (1, 3)


@pytest.mark.parametrize(
    ("monotonic", "wall", "is_trusted"),
    [(0.0, 0.0, True), (IDLE_LIMIT_SECONDS, 0.0, False), (0.0, IDLE_LIMIT_SECONDS, False)],
)
def test_a_connection_is_not_trusted_after_a_pause_on_either_clock(
    monotonic: float, wall: float, is_trusted: bool
) -> None:
    with raw_server(answering(OK)) as server, closing(ObservedHTTPConnection("127.0.0.1", server.port)) as connection:
        connection.connect()
        used = connection.last_used

        connection.last_used = (used[0] - monotonic, used[1] - wall)

        assert connection.is_connected is is_trusted


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(status: int) -> None:
    with raw_server(answering(OK)) as elsewhere:
        head = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {elsewhere.url}/x\r\nContent-Length: 0\r\n\r\n"
        with raw_server(answering(head.encode())) as server:
            answer = post(server.url)

    assert isinstance(answer, Answer)
    assert answer.status == status
    assert (len(server.requests), elsewhere.connections) == (1, 0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        (" 12 ", 12),
        ("99999999999999", 86_400),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-1", None),
    ],
)
def test_retry_after_is_read_in_seconds_up_to_a_day(header: str, seconds: int | None) -> None:
    head = f"HTTP/1.1 429 Slow down\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n"
    with raw_server(answering(head.encode())) as server:
        answer = post(server.url)

    assert answer == Answer(429, None, seconds)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [b"200 OK", b"302 Found\r\nLocation: /elsewhere"])
def test_an_answer_is_read_up_to_a_limit(status: bytes) -> None:
    head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, LARGEST_ANSWER + 1)
    with raw_server(answering(head + b" " * (LARGEST_ANSWER + 1))) as server:
        assert post(server.url) == Failure(False, "answer_too_large")


def test_an_answer_that_drips_in_ends_at_the_deadline() -> None:
    stopping = threading.Event()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with raw_server(dripping(head, b" ", stopping, pause=0.05)) as server:
        failed = transport(server.url, connect_timeout=0.2, read_timeout=0.3).post("/bill", {}, b"{}")
        stopping.set()

    assert failed == Failure(False, "read_timeout")
