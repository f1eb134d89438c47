"""Signatures of the Standard Webhooks specification, version 1.0.0: HMAC-SHA256 under secrets of an endpoint's own."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

SECRET_PREFIX, SCHEME = "whsec_", "v1"
SECRET_BYTES = 32  # the specification asks for 24 to 64


def secret_text(secret: bytes) -> str:
    """The form in which a secret is shown."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(secrets: Iterable[bytes], id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one delivery at this time; each secret signs, so that either may be checked."""
    seconds = str(int(at.timestamp()))
    content = b".".join((id.encode(), seconds.encode(), body))
    signatures = (_signature(secret, content) for secret in secrets)
    return {"webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": " ".join(signatures)}


def _signature(secret: bytes, content: bytes) -> str:
    return f"{SCHEME},{base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()}"
