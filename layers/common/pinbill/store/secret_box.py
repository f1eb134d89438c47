"""How signing secrets are kept at rest: the only place that knows what is stored in a secret's stead."""

import base64
from collections.abc import Callable
from typing import override

from pinbill.store.sealing import seal, unseal
from pinbill.store.wrapping_keys import WrappingKeys
from pinbill.usecases.ports.webhooks import SecretBox

FORM, PARTS = "1", "."  # a secret that is kept as it is, as before there were keys, is plain base64


class SealedSecretBox(SecretBox):
    """Seals by a wrapping key, which it asks for at the first use. Raises StoreUnavailable while it cannot be had."""

    def __init__(self, wrapping: Callable[[], WrappingKeys]) -> None:
        self._wrapping = wrapping

    @override
    def seal(self, secret: bytes, owner: str) -> str:
        wrapper, key = self._wrapping().newest()
        kept = base64.urlsafe_b64encode(seal(key, secret, _place(owner, wrapper))).decode()
        return PARTS.join((FORM, wrapper, kept))

    @override
    def open(self, sealed: str, owner: str) -> bytes:
        if PARTS not in sealed:
            return base64.b64decode(sealed)
        _, wrapper, kept = sealed.split(PARTS)
        return unseal(self._wrapping().key(wrapper), base64.urlsafe_b64decode(kept), _place(owner, wrapper))


def wrapper_of(sealed: str) -> str | None:
    """The wrapping key of a sealed secret; None of one that is kept as it is."""
    return sealed.split(PARTS)[1] if PARTS in sealed else None


def _place(owner: str, wrapper: str) -> str:
    return f"{owner}#secret#{wrapper}"
