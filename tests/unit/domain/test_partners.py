"""Partners and their keys: two live ones at most, an end for the one that is followed, and nothing by a slip."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.partners import (
    ALL_SCOPES,
    MOST_ENDED_KEYS,
    PARTNER_ID,
    ApiKey,
    ApiScope,
    Partner,
    Standing,
    allowed,
    guarded,
    revoked,
    rotated,
    stands,
    with_key,
)
from pinbill.errors import ApiKeyNotFound, PartnerUnchanged, TooManyKeys
from tests.fakes.clock import START

ACME = Partner("acme", "Acme", START, "ann")
DAY = timedelta(days=1)


def key(id: str, at: timedelta = timedelta()) -> ApiKey:
    return ApiKey(id, f"hash of {id}", ALL_SCOPES, "", START + at, "ann")


def test_a_third_live_key_is_refused_and_both_are_named() -> None:
    two = with_key(with_key(ACME, key("one")), key("two"))

    with pytest.raises(TooManyKeys, match="one and two"):
        with_key(two, key("three"))


def test_a_key_that_is_revoked_or_has_ended_makes_room() -> None:
    two = with_key(with_key(ACME, key("one")), key("two"))

    assert len(with_key(revoked(two, "one", START, "bob"), key("three")).live_keys(START)) == 2
    followed, _ = rotated(with_key(ACME, key("one")), key("two"), START + DAY)
    with pytest.raises(TooManyKeys):
        with_key(followed, key("three", DAY - timedelta.resolution))
    assert [it.id for it in with_key(followed, key("three", DAY)).live_keys(START + DAY)] == ["two", "three"]


def test_a_rotation_gives_the_live_key_an_end_and_the_new_one_none() -> None:
    after, old = rotated(with_key(ACME, key("one")), key("two"), START + DAY)

    assert old == key("one")
    assert after.keys == (replace(key("one"), ends_at=START + DAY), key("two"))
    assert [it.id for it in after.live_keys(START + DAY - timedelta.resolution)] == ["one", "two"]
    assert [it.id for it in after.live_keys(START + DAY)] == ["two"]


def test_a_rotation_puts_no_end_off() -> None:
    ending = replace(key("one"), ends_at=START + timedelta(hours=1))

    after, _ = rotated(with_key(ACME, ending), key("two"), START + DAY)

    assert after.key("one").ends_at == ending.ends_at


def test_a_rotation_needs_exactly_one_live_key() -> None:
    one = with_key(ACME, key("one"))
    with pytest.raises(ApiKeyNotFound, match="key create"):
        rotated(ACME, key("two"), START)
    with pytest.raises(ApiKeyNotFound):
        rotated(revoked(one, "one", START, "bob"), key("two"), START)
    with pytest.raises(TooManyKeys):
        rotated(with_key(one, key("two")), key("three"), START)


def test_a_revoked_key_is_never_live_again_whatever_the_clock_says() -> None:
    after = revoked(with_key(ACME, key("one")), "one", START, "bob")

    assert after.live_keys(START - DAY) == ()
    assert (after.key("one").revoked_at, after.key("one").revoked_by) == (START, "bob")


def test_what_is_not_live_cannot_be_revoked() -> None:
    gone = revoked(with_key(ACME, key("one")), "one", START, "bob")
    with pytest.raises(PartnerUnchanged):
        revoked(gone, "one", START, "bob")
    with pytest.raises(ApiKeyNotFound):
        revoked(gone, "two", START, "bob")
    with pytest.raises(PartnerUnchanged):
        revoked(with_key(ACME, replace(key("one"), ends_at=START)), "one", START, "bob")


def test_the_newest_ended_keys_stay_listed_and_live_ones_always() -> None:
    partner = with_key(ACME, key("first"))
    for n in range(3 * MOST_ENDED_KEYS):
        partner = revoked(with_key(partner, key(f"k{n}")), f"k{n}", START, "bob")

    listed = [it.id for it in partner.keys]
    assert listed[0] == "first"
    assert len(listed) <= MOST_ENDED_KEYS + 2
    assert listed[-1] == f"k{3 * MOST_ENDED_KEYS - 1}"


def test_the_guards_are_changed_alike() -> None:
    once = guarded(ACME, {"credit": 0, "sms": 5})

    assert guarded(once, {"sms": None, "tries": 2}).guards == {"credit": 0, "tries": 2}
    for nothing in ({"sms": 5}, {"tries": None}):
        with pytest.raises(PartnerUnchanged):
            guarded(once, nothing)


def test_an_allowance_is_changed_figure_by_figure_and_back_to_the_default() -> None:
    once = allowed(ACME, {"reads_a_day": 5, "writes_a_day": 6})
    again = allowed(once, {"reads_a_day": None, "writes_a_minute": 7})

    assert again.allowance == {"writes_a_day": 6, "writes_a_minute": 7}
    for nothing in ({"writes_a_day": 6}, {"reads_a_day": None}):
        with pytest.raises(PartnerUnchanged):
            allowed(again, nothing)


def test_suspending_and_resuming_take_turns() -> None:
    suspended = stands(ACME, Standing.SUSPENDED)
    assert stands(suspended, Standing.LIVE) == ACME
    with pytest.raises(PartnerUnchanged, match="suspended already"):
        stands(suspended, Standing.SUSPENDED)
    with pytest.raises(PartnerUnchanged, match="live already"):
        stands(ACME, Standing.LIVE)


def test_a_suspended_partners_key_gains_no_scope() -> None:
    charging = replace(key("one"), scopes=frozenset({ApiScope.CHARGES_WRITE, ApiScope.CATALOG_READ}))

    assert ACME.scopes_of(charging) == charging.scopes
    assert stands(ACME, Standing.SUSPENDED).scopes_of(charging) == {ApiScope.CATALOG_READ}


@pytest.mark.parametrize("id", ["", "a", "Acme", "acme corp", "acme#1", "a" * 17, "ä0", "acme\n"])
def test_what_no_key_of_the_table_can_hold_is_no_partners_id(id: str) -> None:
    assert not PARTNER_ID.fullmatch(id)
