"""AWS's JSON protocol, at an eighth of what a call costs by boto3.

Credentials and region are those that Lambda gives, or else botocore's, with their refresh. Calls answer and fail as
those of boto3's clients, of which nothing is imported before it is needed.
"""

import base64
import json
import random
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

import certifi
from botocore.exceptions import ClientError, NoCredentialsError

from pinbill.aws.clients import QUICK, Waits
from pinbill.aws.kept_connections import KeptConnections, Reply
from pinbill.aws.retrying import longest_pause
from pinbill.aws.signature import Service, Signer, SigningKeys, host_of

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_dynamodb.client import DynamoDBClient

FIRST_ERROR = 300


def _bytes_as_text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"no request holds a {type(value).__name__}")


_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_bytes_as_text).encode


class DirectClient:
    """Of one service. May be shared by threads: each call has a connection to itself."""

    service: ClassVar[Service]
    waits: ClassVar[Waits] = QUICK

    def __init__(
        self, url: str, region: str, credentials: Callable[[], SigningKeys], trusted: str | None = None
    ) -> None:
        """`trusted` is a file of certificates, if not those that botocore trusts, too: certifi's."""
        connect, read, _ = self.waits
        self._connections = KeptConnections(url, trusted or certifi.where(), connect, read)
        self._signer = Signer(self.service, host_of(url), region)
        self._credentials = credentials

    @classmethod
    def like(cls, client: "DynamoDBClient", session: "Session") -> Self:
        """With the address and region of a boto3 client, and the credentials of the session that made it."""
        found = session.get_credentials()

        def credentials() -> SigningKeys:
            if found is None:
                raise NoCredentialsError
            return found.get_frozen_credentials()  # refreshed, where they end

        return cls(client.meta.endpoint_url, client.meta.region_name, credentials)

    def close(self) -> None:
        self._connections.close()

    def _call(self, operation: str, given: Mapping[str, Any]) -> Any:
        """Sent once. Raises ClientError or BotoCoreError, or what `is_unreadable` knows."""
        body = _encode(given).encode()
        signed = self._signer.head(operation, body, self._credentials(), datetime.now(UTC))
        head = b"POST / HTTP/1.1\r\n%buser-agent:pinbill\r\ncontent-length:%d\r\n\r\n" % (signed, len(body))
        reply = self._connections.exchange(head + body)
        if reply.checksum is not None and reply.checksum != str(zlib.crc32(reply.body)):
            raise unreadable("the answer has another checksum")
        answer = _object(reply.body)
        if reply.status >= FIRST_ERROR:
            raise _error(operation, reply, answer or {})
        if answer is None:
            raise unreadable("the answer is no JSON object")
        return answer

    def _call_again(self, operation: str, given: Mapping[str, Any]) -> Any:
        """The same, sent again after what may pass: as often, and after such pauses, as boto3 would send it."""
        for _ in range(1, self.waits.attempts):
            try:
                return self._call(operation, given)
            except Exception as error:
                longest = longest_pause(error)
                if longest is None:
                    raise
            time.sleep(random.random() * longest)
        return self._call(operation, given)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def unreadable(what: str) -> Exception:
    # Imported here: with it comes most of botocore, and it hardly ever happens.
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    return ResponseParserError(what)


def is_unreadable(error: Exception) -> bool:
    """Whether an answer came that cannot be read: the call may have taken effect."""
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    return isinstance(error, ResponseParserError)


def _error(operation: str, reply: Reply, answer: Mapping[str, Any]) -> ClientError:
    """An answer without a code is one of something that stands between; its status is its code, as with botocore."""
    code = str(answer.get("__type") or reply.status).partition(":")[0].rpartition("#")[2]
    message = str(answer.get("message") or answer.get("Message") or "")
    shown = {name: answer[name] for name in ("Item", "CancellationReasons") if name in answer}
    said: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": reply.status},
        **shown,
    }
    return ClientError(said, operation)
