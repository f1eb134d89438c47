"""KMS, Secrets Manager and SQS, called by boto3 and by the functions' own clients: same answers, same errors."""

import json
import socket
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from pinbill.aws.access import Aws
from pinbill.aws.clients import Waits
from pinbill.aws.services import DirectKms, DirectSecretsManager, DirectSqs
from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Allotment
from pinbill.entrypoints.work_queue import SqsQueue, WorkMessage
from pinbill.errors import Misconfigured, PinbillError, SecretUnreadable, StoreUnavailable
from pinbill.providers.credentials import SecretsManager
from pinbill.store.kms import Kms
from pinbill.usecases.ports.billing import Work
from tests.contracts.engines import LOCAL_AWS, MOTO_SERVER
from tests.contracts.moto_server import moto_server
from tests.fakes.clock import START
from tests.integration.providers.raw_server import RawServer, Script, answering, free_port, raw_server, resetting

CONTEXT = {"pinbill": "wrapping-key", "id": "0000002a"}
ATTEMPTS = 2
HURRIED = Waits(0.3, 0.3, ATTEMPTS)
WORK = Work(RailName.INFOMEDIA, [("acme", "SUB1")], Allotment(START, 1, timedelta(seconds=1), START), is_quiet=False)


@pytest.fixture(params=["boto3", "direct"])
def callers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Aws]:
    """From an address to the clients that an operator's command has, or those that a function has."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    if request.param == "direct":
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "pinbill-tests")
    for kind in (DirectKms, DirectSecretsManager, DirectSqs):
        monkeypatch.setattr(kind, "waits", HURRIED)

    def made(url: str) -> Aws:
        aws = Aws(url)
        assert isinstance(aws.kms(), DirectKms) == (request.param == "direct")
        return aws

    return made


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture(params=[MOTO_SERVER, LOCAL_AWS])
def url(request: pytest.FixtureRequest) -> str:
    of = "moto_url" if request.param == MOTO_SERVER else "local_endpoint"
    found: str = request.getfixturevalue(of)
    return found


@pytest.fixture
def aws(callers: Callable[[str], Aws], url: str) -> Aws:
    return callers(url)


@pytest.fixture
def kms(aws: Aws, url: str) -> Kms:
    return Kms(_tester("kms", url).create_key()["KeyMetadata"]["Arn"], aws.kms)


def test_a_data_key_opens_under_the_context_that_it_was_made_under(kms: Kms) -> None:
    key, ciphertext = kms.new_key(CONTEXT)

    assert len(key) == 32
    assert key not in ciphertext
    assert kms.open_key(ciphertext, CONTEXT) == key
    assert kms.new_key(CONTEXT)[0] != key


def test_a_data_key_does_not_open_under_another_context(kms: Kms) -> None:
    _, ciphertext = kms.new_key(CONTEXT)

    with pytest.raises(Misconfigured, match="InvalidCiphertextException"):
        kms.open_key(ciphertext, CONTEXT | {"id": "0000002b"})


def test_a_key_that_is_not_there_is_refused(aws: Aws) -> None:
    with pytest.raises(Misconfigured, match="NotFoundException"):
        Kms(f"arn:aws:kms:eu-west-2:000000000000:key/{uuid.uuid4()}", aws.kms).new_key(CONTEXT)


def test_what_boto3_sealed_opens(kms: Kms, url: str) -> None:
    theirs = _tester("kms", url)
    made = theirs.generate_data_key(KeyId=kms._key, KeySpec="AES_256", EncryptionContext=CONTEXT)

    assert kms.open_key(made["CiphertextBlob"], CONTEXT) == made["Plaintext"]


def test_a_secret_is_read_as_it_was_written(aws: Aws, url: str) -> None:
    name, text = f"pinbill/{uuid.uuid4()}", json.dumps({"key": 'ünïcödé " \\ \n'})
    _tester("secretsmanager", url).create_secret(Name=name, SecretString=text)

    assert SecretsManager(name, aws.secrets_manager).read(fresh=False) == text


def test_a_secret_that_is_not_there_is_unreadable(aws: Aws) -> None:
    with pytest.raises(SecretUnreadable):
        SecretsManager("pinbill/nowhere", aws.secrets_manager).read(fresh=False)


def test_a_secret_of_bytes_is_unreadable(aws: Aws, url: str) -> None:
    name = f"pinbill/{uuid.uuid4()}"
    _tester("secretsmanager", url).create_secret(Name=name, SecretBinary=b"\xff\xfe")

    with pytest.raises(SecretUnreadable, match="not text"):
        SecretsManager(name, aws.secrets_manager).read(fresh=False)


def test_groups_come_out_of_the_queue_as_they_were_put_in(aws: Aws, url: str) -> None:
    tester = _tester("sqs", url)
    queue = tester.create_queue(QueueName=f"q{uuid.uuid4().hex}")["QueueUrl"]

    SqsQueue(aws.sqs(), queue).send([(WORK, 0)])

    (message,) = tester.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert WorkMessage.model_validate_json(message["Body"]).work() == WORK


def test_a_queue_that_is_not_there_takes_no_group(aws: Aws, url: str) -> None:
    with pytest.raises(StoreUnavailable):
        SqsQueue(aws.sqs(), f"{url}/000000000000/nowhere").send([(WORK, 0)])


def reply(content: object, status: str = "200 OK") -> bytes:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def refusal(code: str, status: str = "400 Bad Request") -> Script:
    return answering(reply({"__type": code, "message": "arn:aws:iam::1234 said so"}, status))


def _silent(peer: socket.socket, next_request: Callable[[], None]) -> None:
    peer.recv(65536)


HTML = b"<html>no</html>"
# What is answered, what KMS's adapter makes of it, and how often it is asked.
ANSWERS: dict[str, tuple[Script, type[PinbillError], int]] = {
    "access denied": (refusal("AccessDeniedException"), Misconfigured, 1),
    "no such key": (refusal("NotFoundException"), Misconfigured, 1),
    "disabled": (refusal("com.amazonaws.kms#DisabledException"), Misconfigured, 1),
    "with a namespace and an address": (refusal("NotFoundException:http://internal/"), Misconfigured, 1),
    "throttled": (refusal("ThrottlingException"), StoreUnavailable, ATTEMPTS),
    "throttled by status": (answering(reply(HTML, "429 Too Many Requests")), StoreUnavailable, ATTEMPTS),
    "internal": (refusal("KMSInternalException", "500 Internal Server Error"), StoreUnavailable, ATTEMPTS),
    "gateway": (answering(reply(HTML, "503 Service Unavailable")), StoreUnavailable, ATTEMPTS),
    "unknown refusal": (refusal("SomethingNewException"), StoreUnavailable, 1),
    "silence": (_silent, StoreUnavailable, ATTEMPTS),
    "closed": (answering(), StoreUnavailable, ATTEMPTS),
    "reset": (resetting, StoreUnavailable, ATTEMPTS),
}
# Where boto3 takes what it has got for an answer.
DAMAGED = {
    "half a body": (answering(reply({"Plaintext": "QUJD"})[:-5]), ATTEMPTS),
    "no JSON": (answering(reply(HTML)), 1),
    "no object": (answering(reply([])), 1),
    "nothing of what was asked for": (answering(reply({"Plaintext": "?"})), 1),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_kms_is_asked_as_often_and_understood_alike(case: str, callers: Callable[[str], Aws]) -> None:
    script, kind, asked = ANSWERS[case]
    with raw_server(script) as server:
        with pytest.raises(kind) as failed:
            Kms("alias/pinbill", callers(server.url).kms).open_key(b"sealed", CONTEXT)
        assert len(server.requests) == asked
    assert "1234" not in str(failed.value)


@pytest.mark.parametrize("case", ANSWERS)
def test_the_secret_is_asked_for_as_often_and_unreadable(case: str, callers: Callable[[str], Aws]) -> None:
    script, _, asked = ANSWERS[case]
    with raw_server(script) as server:
        with pytest.raises(SecretUnreadable) as failed:
            SecretsManager("pinbill/providers", callers(server.url).secrets_manager).read(fresh=False)
        assert len(server.requests) == asked
    assert "1234" not in str(failed.value)


@pytest.mark.parametrize("case", ANSWERS)
def test_the_queue_is_asked_as_often_and_takes_no_group(case: str, callers: Callable[[str], Aws]) -> None:
    script, _, asked = ANSWERS[case]
    with raw_server(script) as server:
        with pytest.raises(StoreUnavailable):
            SqsQueue(callers(server.url).sqs(), f"{server.url}/1234/bills").send([(WORK, 0)])
        assert len(server.requests) == asked


@pytest.mark.parametrize("case", DAMAGED)
@pytest.mark.parametrize("callers", ["direct"], indirect=True)
def test_a_damaged_answer_is_none(case: str, callers: Callable[[str], Aws]) -> None:
    script, asked = DAMAGED[case]
    with raw_server(script) as server:
        with pytest.raises(StoreUnavailable):
            Kms("alias/pinbill", callers(server.url).kms).open_key(b"sealed", CONTEXT)
        with pytest.raises(SecretUnreadable):
            SecretsManager("pinbill/providers", callers(server.url).secrets_manager).read(fresh=False)
        assert len(server.requests) == 2 * asked


def test_a_call_that_fails_once_is_made_again(callers: Callable[[str], Aws]) -> None:
    found = answering(reply({"KeyId": "k", "Plaintext": "QUJD"}))
    with raw_server(refusal("KMSInternalException", "500 Internal Server Error"), found) as server:
        assert Kms("alias/pinbill", callers(server.url).kms).open_key(b"sealed", CONTEXT) == b"ABC"
        assert server.connections == 2


def test_an_address_that_nobody_listens_on_is_a_store_that_stays_away(callers: Callable[[str], Aws]) -> None:
    with pytest.raises(StoreUnavailable):
        Kms("alias/pinbill", callers(f"http://127.0.0.1:{free_port()}").kms).open_key(b"sealed", CONTEXT)


def test_a_part_of_the_queues_refusal_is_told(callers: Callable[[str], Aws]) -> None:
    failed = [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]
    with raw_server(answering(reply({"Successful": [], "Failed": failed}))) as server, pytest.raises(StoreUnavailable):
        SqsQueue(callers(server.url).sqs(), f"{server.url}/1234/bills").send([(WORK, 0)])


def test_both_ask_for_the_same(callers: Callable[[str], Aws]) -> None:
    """The body of each request, which the signature covers."""
    found = answering(reply({"Plaintext": "QUJD", "CiphertextBlob": "QUJD", "SecretString": "{}"}))
    with raw_server(found) as server:
        aws = callers(server.url)
        kms = Kms("alias/pinbill", aws.kms)
        kms.new_key(CONTEXT)
        kms.open_key(b"sealed", CONTEXT)
        SecretsManager("pinbill/providers", aws.secrets_manager).read(fresh=False)
        SqsQueue(aws.sqs(), f"{server.url}/1234/bills").send([(WORK, 7)])
    assert [_asked(server, at) for at in range(4)] == [
        (
            "TrentService.GenerateDataKey",
            {"KeyId": "alias/pinbill", "KeySpec": "AES_256", "EncryptionContext": CONTEXT},
        ),
        (
            "TrentService.Decrypt",
            {"KeyId": "alias/pinbill", "CiphertextBlob": "c2VhbGVk", "EncryptionContext": CONTEXT},
        ),
        ("secretsmanager.GetSecretValue", {"SecretId": "pinbill/providers"}),
        (
            "AmazonSQS.SendMessageBatch",
            {
                "QueueUrl": f"{server.url}/1234/bills",
                "Entries": [
                    {
                        "Id": "0",
                        "MessageBody": WorkMessage.of(WORK).model_dump_json(exclude_defaults=True),
                        "DelaySeconds": 7,
                    }
                ],
            },
        ),
    ]


def _asked(server: RawServer, at: int) -> tuple[str, object]:
    head, _, body = server.requests[at].partition(b"\r\n\r\n")
    headers = dict(line.lower().split(":", 1) for line in head.decode().split("\r\n")[1:])
    assert headers["authorization"].strip().startswith("aws4-hmac-sha256 credential=test/")
    target = next(line for line in head.decode().split("\r\n") if line.lower().startswith("x-amz-target"))
    return target.partition(":")[2].strip(), json.loads(body)


def _tester(service: str, url: str) -> Any:
    """What sets the stage: a client of boto3's."""
    made: Any = boto3.client
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return made(service, region_name="eu-west-2", endpoint_url=url, **keys)
