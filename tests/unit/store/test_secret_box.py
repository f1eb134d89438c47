"""Signing secrets are sealed by a wrapping key, each for its own endpoint."""

import base64

import pytest

from pinbill.errors import IdentityUnreadable, StoreUnavailable
from pinbill.store.secret_box import SealedSecretBox, wrapper_of
from tests.unit.store.keyring import Keyring

OWNER, SECRET = "acme#we_1", b"twenty-four bytes of secret"


@pytest.fixture
def ring() -> Keyring:
    return Keyring()


def _box(ring: Keyring) -> SealedSecretBox:
    wrapping = ring.wrapping()
    return SealedSecretBox(lambda: wrapping)


def test_a_secret_opens_in_another_process_for_its_owner_only(ring: Keyring) -> None:
    sealed = _box(ring).seal(SECRET, OWNER)
    assert _box(ring).open(sealed, OWNER) == SECRET
    with pytest.raises(IdentityUnreadable):
        _box(ring).open(sealed, "rival#we_1")


def test_what_is_kept_does_not_show_it(ring: Keyring) -> None:
    sealed = _box(ring).seal(SECRET, OWNER)
    assert base64.b64encode(SECRET).decode()[:12] not in sealed
    assert wrapper_of(sealed) == ring.wrapping().ids()[0]


def test_a_secret_that_was_kept_as_it_is_opens_without_any_key(ring: Keyring) -> None:
    earlier = base64.b64encode(SECRET).decode()
    ring.kms.is_away = True
    assert _box(ring).open(earlier, OWNER) == SECRET
    assert wrapper_of(earlier) is None


def test_without_its_key_a_secret_is_not_made_up(ring: Keyring) -> None:
    sealed = _box(ring).seal(SECRET, OWNER)
    ring.kms.is_away = True
    with pytest.raises(StoreUnavailable):
        _box(ring).open(sealed, OWNER)
