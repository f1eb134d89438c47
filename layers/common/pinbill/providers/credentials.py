"""The providers' keys and passwords, read from one Secrets Manager secret at first use."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from pinbill.aws.direct_client import is_unreadable
from pinbill.errors import SecretUnreadable

CACHED_SECONDS = 300
SHORTEST_REREAD_SECONDS = 10.0  # a key that stays wrong must not turn every bill into a read of the secret
_NUMBER_KEY_BYTES = 32


class SecretSource(Protocol):
    def read(self, fresh: bool) -> str:
        """The secret's text, past every cache if `fresh`. Raises SecretUnreadable."""
        ...


class SecretsClient(Protocol):
    """What is used of boto3's client."""

    def get_secret_value(self, **given: Any) -> Any: ...


class SecretsManager:
    """The secret `name`, kept for CACHED_SECONDS of `wall`; `client` is made at the first use."""

    def __init__(self, name: str, client: Callable[[], SecretsClient], wall: Callable[[], float] = time.time) -> None:
        self._name, self._wall = name, wall
        self._client = cache(client)
        self._kept: tuple[str, float] | None = None  # and until when

    def read(self, fresh: bool) -> str:
        if fresh or self._kept is None or self._wall() >= self._kept[1]:
            self._kept = (self._asked(), self._wall() + CACHED_SECONDS)
        return self._kept[0]

    def _asked(self) -> str:
        try:
            found = self._client().get_secret_value(SecretId=self._name).get("SecretString")
        except Exception as error:
            if not (isinstance(error, ClientError | BotoCoreError) or is_unreadable(error)):
                raise
            raise SecretUnreadable from None  # its text is AWS's, which names the account
        if not isinstance(found, str):
            raise SecretUnreadable("The provider secret is not text.")
        return found


def _sendable(secret: SecretStr) -> SecretStr:
    """Only what may stand in an HTTP header: a copied line break would make every call fail before it is sent."""
    value = secret.get_secret_value()
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError("must be printable ASCII without spaces around it")
    return secret


type Sendable = Annotated[SecretStr, AfterValidator(_sendable)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class InfomediaAccount(_Part):
    """The key of the header, user and password of the body."""

    key: Sendable
    user: Sendable
    password: Sendable


class SignzyAccount(_Part):
    """The access key, and the client id that some accounts must send."""

    access_key: Sendable
    client_id: Sendable | None = None


class _Secret(_Part):
    infomedia: Mapping[str, InfomediaAccount] = Field(default_factory=dict)
    signzy: Mapping[str, SignzyAccount] = Field(default_factory=dict)
    number_key: SecretStr | None = None  # hex


@dataclass(slots=True)
class Credentials:
    """What the secret holds, by account. Every method raises SecretUnreadable; may be shared by threads."""

    source: SecretSource = field(repr=False)
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _parsed: tuple[str, _Secret] | None = field(default=None, init=False, repr=False)
    _stale: bool = field(default=False, init=False)
    _reread_at: float | None = field(default=None, init=False)

    def infomedia(self, account: str) -> InfomediaAccount:
        return self._of(self._secret().infomedia, "infomedia", account)

    def signzy(self, account: str) -> SignzyAccount:
        return self._of(self._secret().signzy, "signzy", account)

    def number_key(self) -> bytes:
        """The key of the fingerprints under which numbers are stored: at least 32 bytes."""
        found = self._secret().number_key
        try:
            key = bytes.fromhex(found.get_secret_value()) if found else b""
        except ValueError:
            key = b""
        if len(key) < _NUMBER_KEY_BYTES:
            self.forget()
            raise SecretUnreadable(f"The provider secret needs `number_key`: {_NUMBER_KEY_BYTES} bytes or more in hex.")
        return key

    def forget(self) -> None:
        """What was read is of no use: it may have been repaired since, so the next use reads the secret anew."""
        self._stale = True

    def _of[T](self, accounts: Mapping[str, T], provider: str, account: str) -> T:
        if account not in accounts:
            self.forget()
            raise SecretUnreadable(f"The provider secret has no account {account!r} under {provider!r}.")
        return accounts[account]

    def _secret(self) -> _Secret:
        with self._lock:  # one read for all threads of a cold start
            fresh = self._stale and self._may_reread()
            if fresh:
                self._reread_at = self.monotonic()
            text = self.source.read(fresh)
            if fresh:
                self._stale = False
            if self._parsed is None or self._parsed[0] != text:
                self._parsed = (text, self._parse(text))
            return self._parsed[1]

    def _parse(self, text: str) -> _Secret:
        try:
            return _parse(text)
        except SecretUnreadable:
            self.forget()
            raise

    def _may_reread(self) -> bool:
        return self._reread_at is None or self.monotonic() - self._reread_at >= SHORTEST_REREAD_SECONDS


def _parse(text: str) -> _Secret:
    try:
        return _Secret.model_validate_json(text)
    except ValidationError as error:
        wrong = {
            ".".join(str(step) for step in problem["loc"]) or "JSON"
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        }
        raise SecretUnreadable(f"The provider secret is not valid at: {', '.join(sorted(wrong))}.") from None
