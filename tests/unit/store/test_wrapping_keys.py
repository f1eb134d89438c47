"""KMS is asked seldom; while it is away a process goes on with what it has, and not for ever."""

import pytest

from pinbill.errors import IdentityUnreadable, Misconfigured, StoreUnavailable
from pinbill.store.table import Put
from pinbill.store.wrapping_keys import BETWEEN_TRIES, LONGEST_KEPT, NEWEST_KEPT, REFRESHED, WRAPPING
from tests.unit.store.keyring import Keyring


@pytest.fixture
def ring() -> Keyring:
    return Keyring()


def test_the_first_key_is_made_where_there_is_none_and_is_everybodys(ring: Keyring) -> None:
    id, key = ring.wrapping().newest()
    assert ring.wrapping().newest() == (id, key)
    assert len(key) == 32


def test_only_its_ciphertext_is_stored(ring: Keyring) -> None:
    id, key = ring.wrapping().newest()
    row = ring.table.get({"pk": WRAPPING, "sk": id})
    assert row is not None
    assert key not in row["sealed"]
    assert set(row) == {"pk", "sk", "sealed", "write_id"}


def test_kms_is_asked_once_for_hours_of_use(ring: Keyring) -> None:
    id, _ = ring.wrapping().newest()
    wrapping, asked = ring.wrapping(), ring.kms.asked
    for _ in range(int(REFRESHED)):
        wrapping.key(id)
        ring.seconds += 0.99
    assert ring.kms.asked == asked + 1
    ring.seconds += REFRESHED
    wrapping.key(id)
    assert ring.kms.asked == asked + 2


def test_a_process_goes_on_for_hours_while_kms_is_away_and_asks_it_once_a_minute(ring: Keyring) -> None:
    wrapping = ring.wrapping()
    id, key = wrapping.newest()
    ring.kms.is_away, asked = True, ring.kms.asked
    ring.seconds += REFRESHED
    for _ in range(600):
        assert wrapping.key(id) == key
        ring.seconds += 1
    assert ring.kms.asked == asked + 600 / BETWEEN_TRIES
    ring.seconds += LONGEST_KEPT
    for _ in range(2):  # also between two tries
        with pytest.raises(StoreUnavailable):
            wrapping.key(id)
    ring.kms.is_away = False
    ring.seconds += BETWEEN_TRIES
    assert wrapping.key(id) == key


def test_a_process_that_has_no_key_yet_fails_while_kms_is_away(ring: Keyring) -> None:
    id, _ = ring.wrapping().newest()
    ring.kms.is_away = True
    with pytest.raises(StoreUnavailable):
        ring.wrapping().key(id)


def test_what_kms_refuses_for_good_ends_the_key_at_once(ring: Keyring) -> None:
    """As when the operator has taken the right to use it: no process goes on for longer than it would anyway."""
    wrapping = ring.wrapping()
    id, _ = wrapping.newest()
    ring.table.write([Put({"pk": WRAPPING, "sk": id, "sealed": b"another"})], "w1")
    ring.seconds += REFRESHED
    with pytest.raises(Misconfigured):
        wrapping.key(id)


def test_a_ciphertext_opens_under_its_own_name_only(ring: Keyring) -> None:
    wrapping = ring.wrapping()
    first, second = wrapping.make(), wrapping.make()
    row = ring.table.get({"pk": WRAPPING, "sk": first})
    assert row is not None
    ring.table.write([Put({**row, "sk": second})], "w1")
    with pytest.raises(Misconfigured):
        ring.wrapping().key(second)


def test_the_newest_is_used_by_every_process_some_minutes_after_it_was_made(ring: Keyring) -> None:
    wrapping, operator = ring.wrapping(), ring.wrapping()
    first, _ = wrapping.newest()
    ring.seconds += 1
    made = operator.make()
    assert wrapping.newest()[0] == first
    ring.seconds += NEWEST_KEPT
    assert wrapping.newest()[0] == made
    assert ring.wrapping().ids() == [first, made]


def test_a_key_that_is_gone_is_not_made_anew(ring: Keyring) -> None:
    wrapping = ring.wrapping()
    id = wrapping.make()
    wrapping.remove(id)
    with pytest.raises(IdentityUnreadable):
        wrapping.key(id)
    assert wrapping.ids() == []
