"""Each subscription has a key of its own, which can be found by its number, wrapped anew, and erased for good."""

import pytest

from pinbill.errors import IdentityUnreadable, Misconfigured, PinbillError, StoreUnavailable, SubscriberErased
from pinbill.store.data_keys import READ_AHEAD, USED, DataKeys, Place, erased_places
from pinbill.store.items import from_wire
from pinbill.store.table import Put
from tests.fakes.units import Units
from tests.unit.store.keyring import Keyring

ONE, OTHER = ("acme", "SUB1"), ("rival", "SUB2")
FP = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def ring() -> Keyring:
    return Keyring()


def _made(ring: Keyring, place: Place = ONE, fingerprint: str = FP) -> bytes:
    fresh = ring.data_keys().fresh(place, fingerprint)
    ring.table.write([fresh.row], "w1")
    return fresh.key


def _row(keys: DataKeys, ring: Keyring, place: Place = ONE) -> dict[str, object]:
    row = ring.table.get({"pk": f"P#{place[0]}#S#{place[1]}", "sk": "KEY"})
    assert row is not None
    return row


def test_a_key_is_another_processs_too(ring: Keyring) -> None:
    key = _made(ring)
    assert ring.data_keys().key(ONE) == key
    assert _made(ring, OTHER) != key


def test_a_key_is_stored_wrapped_and_names_no_number(ring: Keyring) -> None:
    key = _made(ring)
    row = _row(ring.data_keys(), ring)
    assert set(row) == {"pk", "sk", "sealed", "wrapper", "fp", "write_id"}
    assert key not in row["sealed"]  # type: ignore[operator]


def test_a_row_that_was_moved_to_another_subscription_does_not_open(ring: Keyring) -> None:
    _made(ring)
    row = _row(ring.data_keys(), ring)
    ring.table.write([Put({**row, "pk": "P#rival#S#SUB2"})], "w2")
    with pytest.raises(IdentityUnreadable):
        ring.data_keys().key(OTHER)


def test_a_key_that_is_erased_is_told_from_one_that_is_missing(ring: Keyring) -> None:
    _made(ring)
    ring.data_keys().erase(ONE, 1_234)
    with pytest.raises(SubscriberErased):
        ring.data_keys().key(ONE)
    with pytest.raises(IdentityUnreadable):
        ring.data_keys().key(OTHER)
    row = _row(ring.data_keys(), ring)
    assert set(row) == {"pk", "sk", "erased", "write_id"}
    assert list(erased_places(iter([from_wire({"pk": {"S": "P#acme#S#SUB1"}, "sk": {"S": "KEY"}}), row]))) == [ONE]


def test_the_process_that_erases_a_key_forgets_it_at_once_and_others_within_a_minute(ring: Keyring) -> None:
    _made(ring)
    eraser, other = ring.data_keys(), ring.data_keys()
    eraser.key(ONE)
    other.key(ONE)
    eraser.erase(ONE, 1)
    with pytest.raises(SubscriberErased):
        eraser.key(ONE)
    ring.seconds += USED
    with pytest.raises(SubscriberErased):
        other.key(ONE)


def test_the_subscriptions_of_a_number_are_found_over_all_partners_until_they_are_erased(ring: Keyring) -> None:
    _made(ring)
    _made(ring, OTHER)
    _made(ring, ("acme", "SUB3"), "f" * 32)
    keys = ring.data_keys()
    assert keys.of_number(FP) == [ONE, OTHER]
    keys.erase(ONE, 1)
    assert keys.of_number(FP) == [OTHER]


def test_keys_that_are_expected_are_read_a_hundred_at_a_time_at_half_the_price(ring: Keyring) -> None:
    places = [("acme", f"SUB{n}") for n in range(250)]
    made = {place: _made(ring, place) for place in places}
    ring.engine.meter = units = Units()
    keys = ring.data_keys()
    keys.expect(places)
    assert units.spent().reads == {"batch": 125}
    assert {place: keys.key(place) for place in places} == made
    assert units.spent().reads == {"WRAPPING": 1}


def test_what_was_expected_is_forgotten_when_its_group_is_over(ring: Keyring) -> None:
    _made(ring)
    keys = ring.data_keys()
    keys.expect([ONE])
    ring.engine.meter = units = Units()
    ring.seconds += READ_AHEAD
    keys.key(ONE)
    assert units.spent().reads["KEY"] == 1


def test_a_key_that_is_too_young_to_be_expected_is_found_all_the_same(ring: Keyring) -> None:
    keys = ring.data_keys()
    keys.expect([ONE])
    key = _made(ring)
    assert keys.key(ONE) == key


@pytest.mark.parametrize("failure", [StoreUnavailable, Misconfigured])
def test_a_table_that_does_not_answer_fails_who_needs_a_key_and_not_who_expects_one(
    ring: Keyring, failure: type[PinbillError]
) -> None:
    key = _made(ring)
    keys = ring.data_keys()

    def away(request: object) -> dict[str, object]:
        raise failure

    ring.engine.around = away
    keys.expect([ONE])
    with pytest.raises(failure):
        keys.key(ONE)
    ring.engine.around = None
    assert keys.key(ONE) == key


def test_a_key_is_wrapped_anew_by_the_newest_wrapping_key_once(ring: Keyring) -> None:
    key = _made(ring)
    old = ring.wrapping().ids()[0]
    ring.seconds += 1
    new = ring.wrapping().make()
    keys = ring.data_keys()
    assert keys.rewrap(_row(keys, ring))
    row = _row(keys, ring)
    assert (row["wrapper"], row["fp"]) == (new, FP)
    assert not keys.rewrap(row)
    ring.wrapping().remove(old)
    assert ring.data_keys().key(ONE) == key


def test_wrapping_anew_does_not_bring_back_what_was_erased_meanwhile(ring: Keyring) -> None:
    _made(ring)
    keys = ring.data_keys()
    read = _row(keys, ring)
    keys.erase(ONE, 1)
    ring.seconds += 1
    ring.wrapping().make()
    ring.data_keys().rewrap(read)
    with pytest.raises(SubscriberErased):
        ring.data_keys().key(ONE)
    assert not ring.data_keys().rewrap(_row(keys, ring))
