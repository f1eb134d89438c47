"""One POST to an endpoint over real sockets: what counts as taken, how long it may take, and where it goes."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pinbill.domain.deliveries import Answer
from pinbill.receivers.addresses import AddressBook
from pinbill.receivers.courier import HttpCourier
from pinbill.receivers.timed_sockets import TimedSocket, connect
from tests.integration.providers.raw_server import Script, answering, dripping, free_port, raw_server, resetting

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEADERS = {"webhook-id": "evt_SUB1_7", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
BODY = b'{"type":"bill.paid"}'
NAME = "hooks.example.com"


def post(url: str, seconds: float = 5.0) -> Answer:
    return HttpCourier(certifi.where(), loopback=True).post(url + "/hook?token=t", HEADERS, BODY, seconds)


def status(line: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + line, *headers, b"Content-Length: 0", b"", b""])


def test_an_event_is_posted_with_its_headers_and_taken_by_a_2xx() -> None:
    with raw_server(answering(OK)) as server:
        answer = post(server.url)

    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert (answer.code, answer.is_delivered) == ("200", True)
    assert lines[0] == "POST /hook?token=t HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}" in lines
    assert "Content-Type: application/json" in lines
    assert {"webhook-id: evt_SUB1_7", "webhook-timestamp: 1", "webhook-signature: v1,x"} <= set(lines)
    assert body == BODY


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        (b"200 OK", True),
        (b"204 No Content", True),
        (b"299 Fine", True),
        (b"301 Moved", False),
        (b"400 Bad", False),
        (b"410 Gone", False),
        (b"500 Oh", False),
    ],
)
def test_only_a_2xx_is_a_success(line: bytes, *, taken: bool) -> None:
    with raw_server(answering(status(line))) as server:
        answer = post(server.url)

    assert (answer.code, answer.is_delivered) == (line[:3].decode(), taken)


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with raw_server(answering(OK)) as inner:
        moved = status(b"307 Temporary Redirect", b"Location: " + inner.url.encode())
        with raw_server(answering(moved)) as outer:
            answer = post(outer.url)

    assert answer.code == "307"
    assert inner.requests == []


def test_the_end_of_a_throttling_is_heard() -> None:
    with raw_server(answering(status(b"429 Slow", b"Retry-After: 120"))) as server:
        assert post(server.url).retry_after == 120
    with raw_server(answering(status(b"503 Later", b"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"))) as server:
        assert post(server.url).retry_after is None


def silent(peer: socket.socket, _: Callable[[], None]) -> None:
    """Say nothing until the other side gives up."""
    peer.recv(1)


def deaf(stopping: threading.Event) -> Script:
    """Read nothing at all."""

    def script(peer: socket.socket, _: Callable[[], None]) -> None:
        stopping.wait(5)

    return script


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (silent, "timeout"),
        (resetting, "connection_lost"),
        (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), "answer_unreadable"),
        (answering(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\n"), "answer_unreadable"),
        (answering(b""), "connection_lost"),
    ],
)
def test_whatever_else_a_server_does_is_no_success(script: Script, code: str) -> None:
    with raw_server(script) as server:
        answer = post(server.url, seconds=0.5)

    assert (answer.code, answer.is_delivered) == (code, False)


def test_an_answer_that_drips_in_ends_when_its_time_is_over() -> None:
    stopping = threading.Event()
    with raw_server(dripping(b"HTTP/1.1 200 OK\r\nX: ", b"y", stopping, pause=0.05)) as server:
        begun = time.monotonic()
        answer = post(server.url, seconds=0.6)
        took = time.monotonic() - begun
        stopping.set()

    assert answer.code == "timeout"
    assert took >= 0.6, "each byte came in time"


def test_a_body_that_does_not_end_changes_no_answer_and_is_not_read() -> None:
    stopping = threading.Event()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    with raw_server(dripping(head, b"z" * 100, stopping, pause=0.02)) as server:
        answer = post(server.url)
        stopping.set()

    assert answer.code == "200"


def test_a_receiver_that_reads_slowly_is_given_up_in_time() -> None:
    stopping = threading.Event()
    with raw_server(deaf(stopping), read_first=False) as server:
        large = HttpCourier(certifi.where(), loopback=True).post(server.url, HEADERS, b"x" * 30_000_000, 0.5)
        stopping.set()

    assert large.code == "timeout"


def test_nobody_there_is_no_success() -> None:
    assert post(f"http://127.0.0.1:{free_port()}").code == "connect_failed"


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")

    with raw_server(answering(OK)) as server:
        assert post(server.url).code == "200"


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "https://localhost:{port}", "https://10.0.0.1"])
def test_outside_of_the_local_stage_this_machine_is_not_even_asked(url: str) -> None:
    with raw_server(answering(OK)) as server:
        answer = HttpCourier(certifi.where()).post(url.format(port=server.port), HEADERS, BODY, 1.0)

    assert answer.code == "address_refused"
    assert server.connections == 0


def test_a_name_that_means_this_machine_is_not_called() -> None:
    book = AddressBook(lambda host, port: ["127.0.0.1"])

    answer = HttpCourier(certifi.where(), book=book).post(f"https://{NAME}/", HEADERS, BODY, 1.0)

    assert answer.code == "address_refused"


def test_a_name_that_is_none_is_no_success() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    answer = HttpCourier(certifi.where(), book=AddressBook(unknown)).post(f"https://{NAME}/", HEADERS, BODY, 1.0)

    assert answer.code == "dns_failed"


@dataclass
class Identity:
    """A server's side of TLS, and the file by which a client may trust it."""

    context: ssl.SSLContext
    trusted_by: Path


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """Of NAME."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
        .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = certificate.public_bytes(encoding)
    folder = tmp_path_factory.mktemp("tls")
    (folder / "server.pem").write_bytes(private + public)
    (folder / "trusted.pem").write_bytes(public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return Identity(context, folder / "trusted.pem")


class Rebinding:
    """A name server that gives a public address first and this machine's from then on."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return ["8.8.8.8"] if self.asked == 1 else ["127.0.0.1"]


def test_the_checked_address_is_called_by_the_hosts_name_and_no_name_is_looked_up_again(identity: Identity) -> None:
    called: list[tuple[str, int, str]] = []
    names = Rebinding()

    def dial(address: str, port: int, ends: float, tls: ssl.SSLContext | None, host: str) -> TimedSocket:
        """To the test's own server, in the place of the address that was meant."""
        called.append((address, port, host))
        return connect("127.0.0.1", server.port, ends, tls, host)

    with raw_server(answering(OK), tls=identity.context) as server:
        courier = HttpCourier(str(identity.trusted_by), book=AddressBook(names), connect=dial)
        answer = courier.post(f"https://{NAME}/hook", HEADERS, BODY, 5.0)

    assert answer.code == "200"
    assert called == [("8.8.8.8", 443, NAME)]
    assert names.asked == 1
    assert f"Host: {NAME}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize(("name", "trusts"), [("other.example.com", True), (NAME, False)])
def test_a_certificate_of_another_name_or_by_nobody_known_is_refused_before_anything_is_sent(
    identity: Identity, name: str, *, trusts: bool
) -> None:
    def dial(*given: Any) -> TimedSocket:
        return connect("127.0.0.1", server.port, *given[2:])

    with raw_server(answering(OK), tls=identity.context) as server:
        trusted = str(identity.trusted_by) if trusts else certifi.where()
        book = AddressBook(lambda host, port: ["8.8.8.8"])
        answer = HttpCourier(trusted, book=book, connect=dial).post(f"https://{name}/", HEADERS, BODY, 5.0)

    assert answer.code == "tls_failed"
    assert server.requests == []


def test_a_tls_server_that_never_answers_is_given_up_in_time(identity: Identity) -> None:
    def dial(*given: Any) -> TimedSocket:
        return connect("127.0.0.1", server.port, *given[2:])

    with raw_server(silent, tls=identity.context) as server:
        book = AddressBook(lambda host, port: ["8.8.8.8"])
        courier = HttpCourier(str(identity.trusted_by), book=book, connect=dial)
        assert courier.post(f"https://{NAME}/", HEADERS, BODY, 0.5).code == "timeout"
    stopping = threading.Event()
    with raw_server(deaf(stopping), read_first=False) as server:
        assert courier.post(f"https://{NAME}/", HEADERS, BODY, 0.5).code == "timeout"
        stopping.set()
