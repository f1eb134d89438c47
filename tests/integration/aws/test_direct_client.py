"""The functions' own client, as the table uses it, before servers that answer, refuse, break off and hang."""

import json
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import certifi
import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from pinbill.aws.direct_client import is_unreadable
from pinbill.aws.kept_connections import IDLE_SECONDS, KeptConnections
from pinbill.aws.retrying import NO_ANSWER
from pinbill.aws.services import DirectDynamoDB
from pinbill.aws.trust import first_trust, whole_trust
from tests.integration.providers.raw_server import RawServer, Script, answering, free_port, raw_server, resetting
from tests.integration.providers.test_tls import Identity, alerting, identity

__all__ = ["identity"]

ROW = {"pk": {"S": "P#acme"}, "n": {"N": "1"}}
SHORT = 0.3  # seconds, of a timeout that is waited for
THREADS, CALLS = 8, 25


def reply(content: object, status: str = "200 OK", checksum: int | None = None, close: bool = False) -> bytes:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        f"x-amz-crc32: {zlib.crc32(body) if checksum is None else checksum}",
        *(["Connection: close"] if close else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def refusal(code: str, status: str = "400 Bad Request", **more: object) -> bytes:
    return reply({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "said so", **more}, status)


FOUND = reply({"Item": ROW})


@contextmanager
def client_of(url: str, trusted: str | None = None, **connections: Any) -> Iterator[DirectDynamoDB]:
    """A client, with other timeouts or clocks for its connections if given."""
    client = DirectDynamoDB(url, "eu-west-2", Credentials("test", "test").get_frozen_credentials, trusted)
    if connections:
        client = Hurried(url, trusted or "", connections)
    yield client
    client.close()


class Hurried(DirectDynamoDB):
    def __init__(self, url: str, trusted: str, connections: dict[str, Any]) -> None:
        super().__init__(url, "eu-west-2", Credentials("test", "test").get_frozen_credentials, trusted or None)
        self._connections = KeptConnections(url, trusted, **connections)


def over_tls(server: RawServer) -> str:
    return server.url.replace("http:", "https:")


def get(client: DirectDynamoDB) -> Any:
    return client.get_item(TableName="t", Key={"pk": {"S": "P#acme"}}, ConsistentRead=True)


def failure(*scripts: Script, **connections: Any) -> tuple[Exception, RawServer]:
    with raw_server(*scripts) as server, client_of(server.url, **connections) as client:
        with pytest.raises(Exception) as failed:  # noqa: PT011  # what it is, is the test's to say
            get(client)
        return failed.value, server


def test_a_call_is_one_signed_post_of_json() -> None:
    with raw_server(answering(FOUND)) as server, client_of(server.url) as client:
        assert get(client) == {"Item": ROW}
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    sent = dict(header.split(":", 1) for header in headers)
    assert line == "POST / HTTP/1.1"
    assert sent["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert sent["host"] == f"127.0.0.1:{server.port}"
    assert sent["authorization"].startswith("AWS4-HMAC-SHA256 Credential=test/")
    assert json.loads(body) == {"TableName": "t", "Key": {"pk": {"S": "P#acme"}}, "ConsistentRead": True}


OPERATIONS = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")


def test_every_operation_has_the_name_that_boto3_gives_it() -> None:
    made = boto3.client("dynamodb", region_name="eu-west-2").meta.method_to_api_mapping
    assert {made[name] for name in vars(DirectDynamoDB) if name in made} == set(OPERATIONS)
    with raw_server(answering(*[FOUND] * len(OPERATIONS))) as server, client_of(server.url) as client:
        for name in (name for name in vars(DirectDynamoDB) if name in made):
            getattr(client, name)(Given=name)
    for request in server.requests:
        asked = json.loads(request.partition(b"\r\n\r\n")[2])["Given"]
        assert f"x-amz-target:DynamoDB_20120810.{made[asked]}\r\n".encode() in request


def test_calls_one_after_the_other_share_a_connection() -> None:
    with raw_server(answering(FOUND, refusal("ThrottlingException"), FOUND)) as server:
        with client_of(server.url) as client:
            get(client)
            with pytest.raises(ClientError):
                get(client)
            get(client)
        assert server.connections == 1


def test_a_connection_that_the_server_means_to_close_is_not_kept() -> None:
    with raw_server(answering(reply({}, close=True), FOUND)) as server, client_of(server.url) as client:
        get(client)
        get(client)
        assert server.connections == 2


def test_an_error_has_the_code_the_message_and_the_status_as_with_boto3() -> None:
    error, _ = failure(answering(refusal("ResourceNotFoundException")))
    assert isinstance(error, ClientError)
    assert error.response["Error"] == {"Code": "ResourceNotFoundException", "Message": "said so"}
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error.operation_name == "GetItem"


def test_a_failed_condition_shows_the_row() -> None:
    error, _ = failure(answering(refusal("ConditionalCheckFailedException", Item=ROW)))
    assert isinstance(error, ClientError)
    assert error.response["Item"] == ROW  # type: ignore[typeddict-item]  # of DynamoDB alone


def test_a_cancelled_transaction_shows_its_reasons() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": ROW}]
    error, _ = failure(answering(refusal("TransactionCanceledException", CancellationReasons=reasons)))
    assert isinstance(error, ClientError)
    assert error.response["CancellationReasons"] == reasons


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Service Unavailable", "403 Forbidden", "301 Moved"])
def test_an_error_that_dynamodb_did_not_write_has_its_status_as_code(status: str) -> None:
    error, _ = failure(answering(reply(b"<html>no</html>", status)))
    assert isinstance(error, ClientError)
    assert error.response["Error"]["Code"] == status[:3]
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == int(status[:3])


@pytest.mark.parametrize("content", [b"", b"{", b"<html/>", b"[]", b"\xff\xfe"])
def test_an_answer_that_is_no_object_cannot_be_read(content: bytes) -> None:
    error, _ = failure(answering(reply(content)))
    assert isinstance(error, ResponseParserError)


@pytest.mark.parametrize("damaged", [reply({"Item": ROW}, checksum=1), reply({}, checksum=-1)])
def test_an_answer_with_another_checksum_cannot_be_read(damaged: bytes) -> None:
    error, _ = failure(answering(damaged))
    assert isinstance(error, ResponseParserError)


def test_an_answer_without_a_checksum_is_taken() -> None:
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with raw_server(answering(plain)) as server, client_of(server.url) as client:
        assert get(client) == {}


def _silent(peer: socket.socket, next_request: Callable[[], None]) -> None:
    peer.recv(65536)


NOT_HTTP = b"SSH-2.0-OpenSSH\r\n\r\n"
UNANSWERED: dict[str, tuple[Script, type[Exception]]] = {
    "closed": (answering(), ConnectionClosedError),
    "reset": (resetting, ConnectionClosedError),
    "half a head": (answering(FOUND[:20]), ResponseParserError),
    "no HTTP": (answering(NOT_HTTP), ConnectionClosedError),
    "half a body": (answering(FOUND[:-5]), IncompleteReadError),
    "half a chunk": (
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{}"),
        IncompleteReadError,
    ),
    "silence": (_silent, ReadTimeoutError),
}


@pytest.mark.parametrize("case", UNANSWERED)
def test_a_call_without_a_whole_answer_may_have_taken_effect(case: str) -> None:
    script, kind = UNANSWERED[case]
    error, server = failure(script, read_seconds=SHORT)
    assert type(error) is kind
    assert isinstance(error, NO_ANSWER) or is_unreadable(error)
    assert len(server.requests) == 1, "sent once"


def test_an_address_that_nobody_listens_on_is_told_as_such() -> None:
    with client_of(f"http://127.0.0.1:{free_port()}") as client, pytest.raises(EndpointConnectionError) as failed:
        get(client)
    assert isinstance(failed.value, NO_ANSWER)


def test_a_name_that_nobody_has_is_told_as_such() -> None:
    with client_of("http://nobody.invalid") as client, pytest.raises(EndpointConnectionError):
        get(client)


def test_an_endpoint_with_a_path_is_refused() -> None:
    with pytest.raises(ValueError, match="endpoint"):
        DirectDynamoDB("http://127.0.0.1:8000/dynamodb", "eu-west-2", Credentials("a", "b").get_frozen_credentials)


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(identity: Identity) -> None:
    with (
        raw_server(answering(FOUND), tls=identity.context) as server,
        client_of(over_tls(server)) as client,
        pytest.raises(SSLError) as failed,
    ):
        get(client)
    assert server.requests == []
    assert isinstance(failed.value, NO_ANSWER)


def test_a_certificate_of_another_host_is_refused_before_anything_is_sent(identity: Identity) -> None:
    with raw_server(answering(FOUND), tls=identity.context) as server:
        url, trusted = f"https://localhost:{server.port}", str(identity.trusted_by)
        with client_of(url, trusted) as client, pytest.raises(SSLError):
            get(client)
    assert server.requests == []


def test_calls_over_tls_share_a_connection(identity: Identity) -> None:
    with raw_server(answering(FOUND, FOUND), tls=identity.context) as server:
        with client_of(over_tls(server), str(identity.trusted_by)) as client:
            assert get(client) == get(client) == {"Item": ROW}
        assert server.connections == 1


def test_encryption_that_breaks_after_the_call_was_sent_is_a_lost_answer(identity: Identity) -> None:
    with (
        raw_server(alerting, tls=identity.context) as server,
        client_of(over_tls(server), str(identity.trusted_by)) as client,
        pytest.raises(ConnectionClosedError),
    ):
        get(client)


def test_a_handshake_that_does_not_end_is_given_up(identity: Identity) -> None:
    def deaf(peer: socket.socket, _: object) -> None:
        while peer.recv(65536):
            pass

    with raw_server(deaf, read_first=False) as server:
        url, trusted = over_tls(server), str(identity.trusted_by)
        with client_of(url, trusted, connect_seconds=SHORT) as client, pytest.raises(ConnectTimeoutError):
            get(client)


def test_servers_are_trusted_by_the_certificates_that_botocore_trusts() -> None:
    from botocore.httpsession import get_cert_path  # noqa: PLC0415

    assert certifi.where() == get_cert_path(True)
    ssl.create_default_context(cafile=certifi.where())  # it is there, and can be read


def subjects(context: ssl.SSLContext) -> set[str]:
    return {dict(part[0] for part in one["subject"])["commonName"] for one in context.get_ca_certs()}  # type: ignore[misc]


def test_of_those_certificates_aws_own_are_read_first() -> None:
    assert subjects(first_trust(certifi.where())) == {
        *(f"Amazon Root CA {number}" for number in range(1, 5)),
        "Starfield Services Root Certificate Authority - G2",
    }
    first, whole = first_trust(certifi.where()), whole_trust(certifi.where())
    assert len(whole.get_ca_certs()) > len(first.get_ca_certs())
    assert (first.verify_mode, first.check_hostname) == (whole.verify_mode, whole.check_hostname)
    assert first.verify_flags == whole.verify_flags


def test_whom_aws_does_not_vouch_for_is_trusted_if_the_others_do(identity: Identity, tmp_path: Path) -> None:
    trusted = tmp_path / "trusted.pem"
    trusted.write_text(Path(certifi.where()).read_text() + identity.trusted_by.read_text())
    with raw_server(answering(FOUND, FOUND), tls=identity.context) as server:
        with client_of(over_tls(server), str(trusted)) as client:
            assert get(client) == get(client) == {"Item": ROW}
        assert server.connections == 2, "one was refused by us, before anything was sent"
        assert len(server.requests) == 2


def test_a_kept_connection_that_the_server_has_closed_is_not_used() -> None:
    with raw_server(answering(FOUND)) as server, client_of(server.url) as client:
        get(client)
        assert server.closed.wait(5)
        get(client)
        assert server.connections == 2


def test_what_comes_unasked_over_a_kept_connection_is_no_answer() -> None:
    heard, said = threading.Event(), threading.Event()

    def talkative(peer: socket.socket, next_request: Callable[[], None]) -> None:
        peer.sendall(FOUND)
        heard.wait(5)
        peer.sendall(reply({"Item": {}}))
        said.set()
        next_request()

    with raw_server(talkative, answering(FOUND)) as server, client_of(server.url) as client:
        get(client)
        heard.set()
        assert said.wait(5)
        assert get(client) == {"Item": ROW}


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("which", [0, 1], ids=["monotonic", "wall"])
def test_a_connection_that_was_idle_for_long_is_opened_anew_by_either_clock(which: int) -> None:
    clocks = (Clock(), Clock())
    with raw_server(answering(FOUND, FOUND, FOUND)) as server, client_of(server.url, clocks=clocks) as client:
        get(client)
        clocks[which].now = IDLE_SECONDS - 0.1
        get(client)
        assert server.connections == 1
        clocks[which].now += IDLE_SECONDS
        get(client)
        assert server.connections == 2


@dataclass
class Together:
    """Connections whose first call is answered when all have come; the next ends the connection without an answer."""

    barrier: threading.Barrier = field(default_factory=lambda: threading.Barrier(THREADS, timeout=5))

    def __call__(self, peer: socket.socket, next_request: Callable[[], None]) -> None:
        self.barrier.wait()
        peer.sendall(FOUND)
        next_request()


def test_a_call_that_fails_takes_all_idle_connections_with_it() -> None:
    scripts = [Together()] * THREADS
    with raw_server(*scripts, answering(FOUND)) as server, client_of(server.url) as client:
        threads = [threading.Thread(target=get, args=[client]) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections == THREADS
        with pytest.raises(ConnectionClosedError):
            get(client)
        assert get(client) == {"Item": ROW}
        assert server.connections == THREADS + 1


def echo(peer: socket.socket, next_request: Callable[[], None]) -> None:
    """Answer each call with the key that it asks for, as long as the connection lasts."""
    with peer.makefile("rb") as requests:
        while requests.readline():
            length = 0
            while (line := requests.readline()) != b"\r\n":
                if line.startswith(b"content-length:"):
                    length = int(line.removeprefix(b"content-length:"))
            peer.sendall(reply({"Item": json.loads(requests.read(length))["Key"]}))


def test_threads_that_share_a_client_have_each_their_own_answers() -> None:
    with raw_server(echo, read_first=False) as server, client_of(server.url) as client:
        answers: dict[str, object] = {}

        def ask(thread: int) -> None:
            for call in range(CALLS):
                name = f"{thread}-{call}"
                answers[name] = client.get_item(TableName="t", Key={"pk": {"S": name}})

        threads = [threading.Thread(target=ask, args=[at]) for at in range(THREADS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert server.connections <= THREADS
    assert len(answers) == THREADS * CALLS
    assert [name for name, answer in answers.items() if answer != {"Item": {"pk": {"S": name}}}] == []


def test_credentials_that_end_are_refreshed_before_a_call_is_signed_by_them() -> None:
    def metadata(token: str, lasts: timedelta) -> dict[str, str]:
        ends = (datetime.now(UTC) + lasts).isoformat()
        return {"access_key": "AKID", "secret_key": "secret", "token": token, "expiry_time": ends}

    credentials = RefreshableCredentials.create_from_metadata(
        metadata("old", timedelta(seconds=1)), lambda: metadata("new", timedelta(hours=1)), "a test"
    )
    with raw_server(answering(FOUND)) as server:
        client = DirectDynamoDB(server.url, "eu-west-2", credentials.get_frozen_credentials)
        get(client)
        client.close()
    assert b"x-amz-security-token:new\r\n" in server.requests[0]


def test_a_client_is_where_boto3s_is_and_signs_by_its_sessions_credentials() -> None:
    with raw_server(answering(FOUND)) as server:
        session = boto3.Session("AKIDSESSION", "secret", "token", region_name="eu-central-1")
        client = DirectDynamoDB.like(session.client("dynamodb", endpoint_url=server.url), session)
        get(client)
        client.close()
    assert b"Credential=AKIDSESSION/" in server.requests[0]
    assert b"/eu-central-1/dynamodb/aws4_request" in server.requests[0]
    assert b"x-amz-security-token:token\r\n" in server.requests[0]


def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with raw_server(answering(FOUND)) as server:
        session = boto3.Session(region_name="eu-west-2", botocore_session=botocore.session.Session())
        client = DirectDynamoDB.like(session.client("dynamodb", endpoint_url=server.url), session)
        with pytest.raises(NoCredentialsError):
            get(client)
    assert server.connections == 0
