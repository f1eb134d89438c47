"""KMS in memory: one key, whose ciphertexts open under their own context; it can be away, and it counts."""

import os
from collections.abc import Mapping
from typing import override

from pinbill.errors import Misconfigured, StoreUnavailable
from pinbill.store.wrapping_keys import KeyService


class FakeKms(KeyService):
    def __init__(self) -> None:
        self.is_away = False
        self.asked = 0
        self._keys: dict[bytes, tuple[bytes, Mapping[str, str]]] = {}

    @override
    def new_key(self, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        self._ask()
        key, ciphertext = os.urandom(32), os.urandom(184)
        self._keys[ciphertext] = key, dict(context)
        return key, ciphertext

    @override
    def open_key(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        self._ask()
        key, made_for = self._keys.get(ciphertext, (b"", {}))
        if not key or made_for != context:
            raise Misconfigured("KMS refused: InvalidCiphertextException.")
        return key

    def _ask(self) -> None:
        self.asked += 1
        if self.is_away:
            raise StoreUnavailable
