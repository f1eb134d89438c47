"""AWS Signature Version 4 for one kind of request: a POST of JSON to the root of a service.

A signature by botocore costs half of what the rest of a call does. This one keeps the key that is derived for each day,
and a property test holds every signature to botocore's.
"""

import hashlib
import hmac
from datetime import datetime
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Service(NamedTuple):
    """How a service is spoken to."""

    name: str  # in signatures and addresses
    api: str  # before each operation's name
    content_type: str


DYNAMODB = Service("dynamodb", "DynamoDB_20120810", "application/x-amz-json-1.0")
KMS = Service("kms", "TrentService", "application/x-amz-json-1.1")
SECRETS_MANAGER = Service("secretsmanager", "secretsmanager", "application/x-amz-json-1.1")
SQS = Service("sqs", "AmazonSQS", "application/x-amz-json-1.0")


class SigningKeys(Protocol):
    """What is used of botocore's credentials, and of Lambda's own."""

    @property
    def access_key(self) -> str | None: ...

    @property
    def secret_key(self) -> str | None: ...

    @property
    def token(self) -> str | None: ...


def host_of(url: str) -> str:
    """The Host header: without a port that goes without saying."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return str(host) if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


class Signer:
    """Signs requests to a service at one host; may be shared by threads."""

    def __init__(self, service: Service, host: str, region: str) -> None:
        self._service, self._host, self._region = service, host, region
        self._kept: tuple[str, str, bytes] = ("", "", b"")  # of which secret and day, and the key

    def head(self, operation: str, body: bytes, credentials: SigningKeys, at: datetime) -> bytes:
        """The signed header lines of the request for an operation. `at` is in UTC."""
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        token = f"x-amz-security-token:{credentials.token}\n" if credentials.token else ""
        names = f"content-type;host;x-amz-date;{'x-amz-security-token;' if token else ''}x-amz-target"
        kind, target = self._service.content_type, f"{self._service.api}.{operation}"
        lines = f"content-type:{kind}\nhost:{self._host}\nx-amz-date:{stamp}\n{token}x-amz-target:{target}\n"
        request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._region}/{self._service.name}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = self._key(credentials.secret_key or "", stamp[:8])
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        by = f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}"
        return f"{lines}authorization:{by}, Signature={signature}\n".replace("\n", "\r\n").encode()

    def _key(self, secret: str, day: str) -> bytes:
        of, on, key = self._kept
        if (of, on) != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service.name, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._kept = (secret, day, key)
        return key
