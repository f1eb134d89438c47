"""The provider secret of the local world: the simulators' public credentials and a key for stored numbers."""

from __future__ import annotations

import json
import secrets
from typing import Any

from botocore.exceptions import ClientError

SECRET_NAME = "pinbill/local/providers"
_CREDENTIALS = {
    "infomedia": {"default": {"key": "sandbox-key", "user": "sandbox-user", "password": "sandbox-pass"}},
    "signzy": {"default": {"access_key": "sandbox-access-key"}},
}


def ensure_provider_secret(secretsmanager: Any) -> None:
    """Make the secret once for a state folder: a new number key could not read the numbers stored under the old one."""
    try:
        secretsmanager.describe_secret(SecretId=SECRET_NAME)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        content = _CREDENTIALS | {"number_key": secrets.token_hex(32)}
        secretsmanager.create_secret(Name=SECRET_NAME, SecretString=json.dumps(content))
