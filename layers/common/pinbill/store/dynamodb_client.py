"""DynamoDB's JSON protocol: the few calls that the table makes, at an eighth of what they cost by boto3.

Credentials and region are those that Lambda gives, or else botocore's, with their refresh; retries are the table's own.
Calls are named, answer and fail as those of boto3's client, of which nothing is imported before it is needed.
"""

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, cast

import certifi
from botocore.exceptions import ClientError, NoCredentialsError

from pinbill.store.kept_connections import KeptConnections, Reply
from pinbill.store.signature import Signer, SigningKeys, host_of

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_dynamodb.client import DynamoDBClient

API = "DynamoDB_20120810"
FIRST_ERROR = 300


def _bytes_as_text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"no request holds a {type(value).__name__}")


_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_bytes_as_text).encode


class DirectClient:
    """What the table uses of boto3's client. May be shared by threads: each call has a connection to itself."""

    def __init__(
        self, url: str, region: str, credentials: Callable[[], SigningKeys], trusted: str | None = None
    ) -> None:
        """`trusted` is a file of certificates, if not those that botocore trusts, too: certifi's."""
        self._connections = KeptConnections(url, trusted or certifi.where())
        self._signer = Signer(host_of(url), region)
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

    def as_client(self) -> "DynamoDBClient":
        return cast("DynamoDBClient", self)

    def close(self) -> None:
        self._connections.close()

    def get_item(self, **given: Any) -> Any:
        return self._call("GetItem", given)

    def batch_get_item(self, **given: Any) -> Any:
        return self._call("BatchGetItem", given)

    def query(self, **given: Any) -> Any:
        return self._call("Query", given)

    def put_item(self, **given: Any) -> Any:
        return self._call("PutItem", given)

    def update_item(self, **given: Any) -> Any:
        return self._call("UpdateItem", given)

    def delete_item(self, **given: Any) -> Any:
        return self._call("DeleteItem", given)

    def transact_write_items(self, **given: Any) -> Any:
        return self._call("TransactWriteItems", given)

    def _call(self, operation: str, given: Mapping[str, Any]) -> Any:
        """Raises ClientError or BotoCoreError."""
        body = _encode(given).encode()
        signed = self._signer.head(f"{API}.{operation}", body, self._credentials(), datetime.now(UTC))
        head = b"POST / HTTP/1.1\r\n%buser-agent:pinbill\r\ncontent-length:%d\r\n\r\n" % (signed, len(body))
        reply = self._connections.exchange(head + body)
        if reply.checksum is not None and reply.checksum != str(zlib.crc32(reply.body)):
            raise _unreadable("the answer has another checksum")
        answer = _object(reply.body)
        if reply.status >= FIRST_ERROR:
            raise _error(operation, reply, answer or {})
        if answer is None:
            raise _unreadable("the answer is no JSON object")
        return answer


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _unreadable(what: str) -> Exception:
    # Imported here: with it comes most of botocore, and it hardly ever happens.
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    return ResponseParserError(what)


def _error(operation: str, reply: Reply, answer: Mapping[str, Any]) -> ClientError:
    """An answer without a code is one of something that stands between; its status is its code, as with botocore."""
    code = str(answer.get("__type") or reply.status).rpartition("#")[2]
    message = str(answer.get("message") or answer.get("Message") or "")
    shown = {name: answer[name] for name in ("Item", "CancellationReasons") if name in answer}
    said: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": reply.status},
        **shown,
    }
    return ClientError(said, operation)
