"""How signing secrets are kept at rest: the only place that knows what is stored in a secret's stead."""

import base64
from typing import override

from pinbill.usecases.webhook_ports import SecretBox


class OpenSecretBox(SecretBox):
    """Keeps a secret as it is, under the table's own encryption only: envelope encryption takes its place here."""

    @override
    def seal(self, secret: bytes) -> str:
        return base64.b64encode(secret).decode()

    @override
    def open(self, sealed: str) -> bytes:
        return base64.b64decode(sealed)
