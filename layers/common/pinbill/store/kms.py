"""The KeyService port on KMS."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol, override

from botocore.exceptions import BotoCoreError, ClientError

from pinbill.aws.direct_client import is_unreadable
from pinbill.errors import Misconfigured, StoreUnavailable
from pinbill.store.wrapping_keys import KeyService

# Refusals that a repeat cannot change. Whatever else KMS or the way to it does may pass.
REFUSED = frozenset(
    {
        "AccessDeniedException",
        "DisabledException",
        "IncorrectKeyException",
        "InvalidCiphertextException",
        "InvalidKeyUsageException",
        "KMSInvalidStateException",
        "NotFoundException",
        "ValidationException",
    }
)


class KmsClient(Protocol):
    """What is used of boto3's client."""

    def generate_data_key(self, **given: Any) -> Any: ...

    def decrypt(self, **given: Any) -> Any: ...


class Kms(KeyService):
    """`key` is the ARN or alias of the key that data keys are made under; `client` is made at the first use."""

    def __init__(self, key: str, client: Callable[[], KmsClient]) -> None:
        self._key = key
        self._client = cache(client)

    @override
    def new_key(self, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        answer = _asked(
            lambda: self._client().generate_data_key(KeyId=self._key, KeySpec="AES_256", EncryptionContext=context)
        )
        return answer["Plaintext"], answer["CiphertextBlob"]

    @override
    def open_key(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        answer = _asked(
            lambda: self._client().decrypt(KeyId=self._key, CiphertextBlob=ciphertext, EncryptionContext=context)
        )
        key: bytes = answer["Plaintext"]
        return key


def _asked[T](call: Callable[[], T]) -> T:
    try:
        return call()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in REFUSED:
            raise Misconfigured(f"KMS refused: {code}.") from None
        raise StoreUnavailable from None
    except Exception as error:
        if not (isinstance(error, BotoCoreError) or is_unreadable(error)):
            raise
        raise StoreUnavailable from None
