"""Authenticated encryption of what must not be read: AES-256 in Galois/Counter Mode, by pyca/cryptography.

Each ciphertext is bound to its place: what is moved to another row, or into another field, does not open.
"""

import os

from pinbill.errors import IdentityUnreadable

KEY_BYTES, NONCE_BYTES = 32, 12
VERSION = b"\x01"  # of this form: a nonce that is drawn at random, the ciphertext, its tag


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """29 bytes more than `plain`. A key is used for a few texts only, so that nonces drawn at random never meet."""
    # Imported at the first use: a function that opens nothing does not pay for it.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, kept: bytes, place: str) -> bytes:
    """Raises IdentityUnreadable for what was not sealed by this key for this place."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    begins = len(VERSION)
    try:
        if kept[:begins] != VERSION:
            raise IdentityUnreadable
        nonce, sealed = kept[begins : begins + NONCE_BYTES], kept[begins + NONCE_BYTES :]
        return AESGCM(key).decrypt(nonce, sealed, place.encode())
    except (InvalidTag, ValueError):
        raise IdentityUnreadable from None
