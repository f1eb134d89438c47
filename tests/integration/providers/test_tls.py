"""A TLS handshake is not yet sending; what comes after it is."""

import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pinbill.providers import connections
from pinbill.providers.connections import OneTryAdapter, Phase
from pinbill.providers.failures import classify
from pinbill.providers.http import Answer, Endpoint, Failure, Transport
from tests.integration.providers.raw_server import OK, Script, answering, raw_server, resetting


def post(url: str, connect_timeout: float = 10.0) -> Answer | Failure:
    endpoint = Endpoint(url.replace("http:", "https:"), "", connect_timeout, read_timeout=10.0)
    return Transport(endpoint).post("/bill", {"X-Key": "k"}, b"{}")


@dataclass
class Identity:
    """A server's side of TLS, and the file by which a client may trust it."""

    context: ssl.SSLContext
    trusted_by: Path


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
        .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    folder = tmp_path_factory.mktemp("tls")
    (folder / "server.pem").write_bytes(private + public)
    (folder / "trusted.pem").write_bytes(public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return Identity(context, folder / "trusted.pem")


def test_tls_against_a_plain_port_is_not_sent() -> None:
    with raw_server(answering(OK), read_first=False) as server:
        failed = post(server.url.replace("http:", "https:"))

    assert failed == Failure(True, "tls_failed")


def test_a_certificate_that_nobody_vouches_for_is_not_sent(identity: Identity) -> None:
    with raw_server(answering(OK), tls=identity.context) as server:
        failed = post(server.url)

    assert failed == Failure(True, "tls_failed")
    assert server.requests == []


def test_a_tls_handshake_that_does_not_end_is_not_sent() -> None:
    def silent(peer: socket.socket, _: object) -> None:
        peer.recv(65536)
        peer.recv(65536)

    with raw_server(silent, read_first=False) as server:
        failed = post(server.url.replace("http:", "https:"), connect_timeout=0.4)

    assert isinstance(failed, Failure)
    assert failed.not_sent


def test_a_request_over_tls_is_seen_as_sent(identity: Identity) -> None:
    with raw_server(answering(OK), tls=identity.context) as server:
        outcome = _trusting(server.url, identity)

    assert outcome == (None, Phase.SENDING)
    assert len(server.requests) == 1


def alerting(peer: socket.socket, next_request: Callable[[], None]) -> None:
    """Break the encryption itself: bytes that are no TLS record, beneath the TLS layer."""
    beneath = socket.socket(fileno=socket.dup(peer.fileno()))
    beneath.sendall(b"\x17\x03\x03\x00\x20" + b"\x00" * 32)
    beneath.close()


@pytest.mark.parametrize(("script", "code"), [(resetting, "connection_lost"), (alerting, "tls_failed")])
def test_a_failure_after_the_handshake_is_unknown_even_if_tls_reports_it(
    identity: Identity, script: Script, code: str
) -> None:
    with raw_server(script, tls=identity.context) as server:
        error, phase = _trusting(server.url, identity)

    assert error is not None
    assert classify(error, phase) == (False, code)
    assert len(server.requests) == 1


def _trusting(url: str, identity: Identity) -> tuple[Exception | None, Phase]:
    """The transport's own connections with another idea of whom to trust: what they raised, and how far they got."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", OneTryAdapter(1))
        connections.begin()
        try:
            session.post(url.replace("http:", "https:"), b"{}", verify=str(identity.trusted_by), timeout=10)
        except requests.RequestException as error:
            return error, connections.reached()
        return None, connections.reached()
