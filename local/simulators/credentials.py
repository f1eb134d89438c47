"""The credentials that the simulated providers accept; none of them opens anything real."""

import hmac
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class InfomediaCredentials:
    """Key of the header, and the user and password of the body."""

    key: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """One triple per Infomedia product (environment), and Signzy's access key."""

    infomedia: dict[str, InfomediaCredentials] = field(
        default_factory=lambda: {
            "sandbox": InfomediaCredentials("sandbox-key", "sandbox-user", "sandbox-pass"),
            "production": InfomediaCredentials("production-key", "production-user", "production-pass"),
        },
        repr=False,
    )
    signzy_access_key: str = field(default="sandbox-access-key", repr=False)

    @classmethod
    def read(cls, path: Path) -> "Credentials":
        """Read {"infomedia": {"sandbox": {key, username, password}, ...}, "signzy": {"access_key"}}; parts may miss."""
        given = json.loads(path.read_text(encoding="utf-8"))
        default = cls()
        infomedia = {name: InfomediaCredentials(**triple) for name, triple in given.get("infomedia", {}).items()}
        return cls(
            infomedia=default.infomedia | infomedia,
            signzy_access_key=given.get("signzy", {}).get("access_key", default.signzy_access_key),
        )


@dataclass(slots=True)
class IssuedKeys:
    """API keys that a provider has issued beside its first one, and those that it has ended; until the process ends."""

    _further: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set), repr=False)
    _ended: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set), repr=False)

    def issue(self, provider: str, key: str) -> None:
        """Accept this key of `infomedia` or `signzy` as well."""
        self._further[provider].add(key)
        self._ended[provider].discard(key)

    def end(self, provider: str, key: str) -> None:
        """Accept this key no more, whichever it is."""
        self._further[provider].discard(key)
        self._ended[provider].add(key)

    def accepts(self, provider: str, given: object, first: str) -> bool:
        """Whether `given` is the `first` key or a further one, and has not been ended."""
        if not isinstance(given, str) or given in self._ended[provider]:
            return False
        return any(hmac.compare_digest(given.encode(), key.encode()) for key in (first, *self._further[provider]))
