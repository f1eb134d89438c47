"""What an operator may do to partners and keys: shown once, kept as a hash, and with who has done it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import override

import pytest

from ops.partner_desk import PartnerDesk, Signature, new_key_text
from pinbill.domain.key_text import KeyText
from pinbill.domain.partners import ALL_SCOPES, ApiScope, Partner, PartnerChange
from pinbill.errors import (
    ApiKeyNotFound,
    ConcurrentChange,
    PartnerExists,
    PartnerInvalid,
    PartnerNotFound,
    PartnerUnchanged,
    TooManyKeys,
)
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table
from tests.fakes.clock import FakeClock
from tests.fakes.partners import InMemoryPartners
from tests.unit.ops.catalog import everything

ANN, BOB = Signature("ann"), Signature("bob", "it leaked")
DAY = timedelta(days=1)


@pytest.fixture
def desk() -> PartnerDesk:
    desk = PartnerDesk(InMemoryPartners(), FakeClock(), "sandbox")
    desk.create("acme", "Acme Ltd", ANN)
    return desk


def record(desk: PartnerDesk) -> list[tuple[str, str, str]]:
    return [(change.by, change.what, change.because) for change in desk.partners.changes("acme")]


def test_a_partner_is_made_once(desk: PartnerDesk) -> None:
    with pytest.raises(PartnerExists, match="partner show acme"):
        desk.create("acme", "Another", BOB)

    assert desk.found("acme").name == "Acme Ltd"


@pytest.mark.parametrize("id", ["", "a", "Acme", "acme corp", "acme#1", "a" * 17])
def test_a_partners_id_is_short_and_plain(desk: PartnerDesk, id: str) -> None:
    with pytest.raises(PartnerInvalid, match="2 to 16 lower-case"):
        desk.create(id, "Acme", ANN)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "two\nlines"])
def test_a_partners_name_is_one_line(desk: PartnerDesk, name: str) -> None:
    with pytest.raises(PartnerInvalid, match="name"):
        desk.create("bravo", name, ANN)


@pytest.mark.parametrize("figures", [{"reads_a_day": 0}, {"writes_a_minute": 30_001}, {"writes_a_day": -1}])
def test_an_allowance_is_within_bounds(desk: PartnerDesk, figures: dict[str, int]) -> None:
    with pytest.raises(PartnerInvalid, match="use 1 to"):
        desk.create("bravo", "Bravo", ANN, figures)
    with pytest.raises(PartnerInvalid, match="use 1 to"):
        desk.allow("acme", figures, ANN)


def test_who_is_not_there_is_not_changed_and_how_to_make_it_is_said(desk: PartnerDesk) -> None:
    changes: list[Callable[[], object]] = [
        lambda: desk.suspend("acne", ANN),
        lambda: desk.allow("acne", {"reads_a_day": 5}, ANN),
        lambda: desk.create_key("acne", ANN),
        lambda: desk.rotate("acne", ANN, DAY),
    ]
    for change in changes:
        with pytest.raises(PartnerNotFound, match="partner create acne"):
            change()


def test_every_key_is_another_one_of_this_stage(desk: PartnerDesk) -> None:
    keys = [new_key_text("sandbox") for _ in range(50)]

    assert len({key.text for key in keys}) == len({key.id for key in keys}) == 50
    made = desk.create_key("acme", ANN)
    assert (made.stage, KeyText.parse(made.text)) == ("sandbox", made)


def test_of_a_key_the_table_holds_its_hash_and_nothing_more(table: Table) -> None:
    desk = PartnerDesk(DynamoPartners(table), FakeClock(), "sandbox")
    desk.create("acme", "Acme Ltd", ANN)

    made = desk.create_key("acme", ANN, "web")
    followed, _ = desk.rotate("acme", ANN, DAY)

    for key in (made, followed):
        assert key.hash in everything(table)
        assert key.text not in everything(table)
        assert key.text[-36:-6] not in everything(table)


def test_a_third_key_is_refused(desk: PartnerDesk) -> None:
    first, second = desk.create_key("acme", ANN), desk.create_key("acme", ANN)

    with pytest.raises(TooManyKeys, match=f"{first.id} and {second.id}"):
        desk.create_key("acme", ANN)

    assert len(desk.found("acme").keys) == 2


def test_a_rotation_keeps_scopes_and_label_and_tells_when_the_old_one_ends(desk: PartnerDesk) -> None:
    scopes = frozenset({ApiScope.CATALOG_READ})
    first = desk.create_key("acme", ANN, "web shop", scopes)

    made, old = desk.rotate("acme", BOB, timedelta(hours=2))

    assert (old.id, old.ends_at) == (first.id, desk.clock.now() + timedelta(hours=2))
    new = desk.found("acme").key(made.id)
    assert (new.scopes, new.label, new.ends_at, new.created_by) == (scopes, "web shop", None, "bob")


def test_without_an_overlap_the_old_key_ends_at_once(desk: PartnerDesk) -> None:
    desk.create_key("acme", ANN)

    made, old = desk.rotate("acme", ANN, timedelta())

    assert not old.is_live(desk.clock.now())
    assert [key.id for key in desk.found("acme").live_keys(desk.clock.now())] == [made.id]


def test_a_key_may_have_an_end_from_the_start(desk: PartnerDesk) -> None:
    made = desk.create_key("acme", ANN, life=DAY)

    assert desk.found("acme").key(made.id).ends_at == desk.clock.now() + DAY


@pytest.mark.parametrize("by_text", [True, False], ids=["its text", "its id"])
def test_a_key_is_revoked_by_its_id_or_by_itself(desk: PartnerDesk, by_text: bool) -> None:
    lost, kept = desk.create_key("acme", ANN), desk.create_key("acme", ANN)

    partner, id = desk.revoke(lost.text if by_text else lost.id, BOB)

    assert id == lost.id
    assert [key.id for key in partner.live_keys(desk.clock.now())] == [kept.id]


SLIPS: dict[str, Callable[[KeyText], str]] = {
    "another id": lambda key: key.id.swapcase(),
    "a part of the key": lambda key: key.text[:-1],
    "nothing": lambda key: "",
    "another secret": lambda key: KeyText.of(key.stage, key.id, "x" * 30).text,
    "another stage": lambda key: KeyText.of("production", key.id, key.text[-36:-6]).text,
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=list(SLIPS))
def test_a_slip_is_not_taken_for_a_revocation(desk: PartnerDesk, slip: Callable[[KeyText], str]) -> None:
    made = replace(desk, new_key=lambda stage: KeyText.of(stage, "aBcDeFgHiJ", "s" * 30)).create_key("acme", ANN)

    with pytest.raises(ApiKeyNotFound, match="nothing was revoked") as caught:
        desk.revoke(slip(made), BOB)

    assert made.text not in str(caught.value)
    assert desk.found("acme").key(made.id).is_live(desk.clock.now())


def test_what_is_so_already_is_said_and_not_recorded(desk: PartnerDesk) -> None:
    key = desk.create_key("acme", ANN)
    desk.suspend("acme", BOB)
    desk.revoke(key.id, BOB)
    before = record(desk)

    again: list[Callable[[], object]] = [
        lambda: desk.suspend("acme", BOB),
        lambda: desk.revoke(key.id, BOB),
        lambda: desk.allow("acme", {"reads_a_day": None}, BOB),
    ]
    for change in again:
        with pytest.raises(PartnerUnchanged, match="nothing was changed"):
            change()
    assert record(desk) == before


def test_every_change_is_recorded_with_who_and_why(desk: PartnerDesk) -> None:
    first = desk.create_key("acme", ANN, "web", ALL_SCOPES - {ApiScope.CHARGES_WRITE})
    second, _ = desk.rotate("acme", ANN, DAY)
    desk.revoke(first.id, BOB)
    desk.allow("acme", {"reads_a_day": 5, "writes_a_day": None, "writes_a_minute": 6}, ANN)
    desk.suspend("acme", BOB)
    desk.resume("acme", ANN)

    scopes = "catalog:read subscriptions:cancel subscriptions:read subscriptions:write"
    assert record(desk) == [
        ("ann", "created as Acme Ltd", ""),
        ("ann", f"key {first.id} created: label web, scopes {scopes}", ""),
        ("ann", f"key {second.id} follows {first.id}, which ends at 2026-11-06 10:00:00Z", ""),
        ("bob", f"key {first.id} revoked", "it leaked"),
        ("ann", "allowance changed: reads a day 5, writes a day by default, writes a minute 6", ""),
        ("bob", "suspended", "it leaked"),
        ("ann", "resumed", ""),
    ]


def test_a_key_is_taken_into_no_label_name_or_reason(desk: PartnerDesk) -> None:
    key = new_key_text("sandbox").text
    keeping: list[Callable[[], object]] = [
        lambda: desk.create_key("acme", ANN, label=key),
        lambda: desk.create("bravo", key, ANN),
        lambda: Signature("ann", f"leaked: {key}"),
        lambda: Signature(key, "leaked"),
    ]
    for keep in keeping:
        with pytest.raises(PartnerInvalid) as caught:
            keep()
        assert key not in str(caught.value)


class Busy(InMemoryPartners):
    """Somebody else changes the partner whenever it was read, a number of times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    @override
    def put(self, partner: Partner, change: PartnerChange, new_key: str | None = None) -> bool:
        if partner.version and self.times:
            self.times -= 1
            other = replace(partner, allowance={"reads_a_day": 100 + self.times}, keys=self.partner(partner.id).keys)
            assert super().put(other, change)
            return False
        return super().put(partner, change, new_key)


def test_a_change_is_made_on_what_others_have_written_meanwhile() -> None:
    desk = PartnerDesk(Busy(2), FakeClock(), "sandbox")
    desk.create("acme", "Acme", ANN)

    made = desk.create_key("acme", ANN)

    found = desk.found("acme")
    assert (found.allowance, [key.id for key in found.keys]) == ({"reads_a_day": 100}, [made.id])


def test_a_change_that_others_never_let_through_is_given_up_and_nothing_was_changed() -> None:
    desk = PartnerDesk(Busy(99), FakeClock(), "sandbox")
    desk.create("acme", "Acme", ANN)

    with pytest.raises(ConcurrentChange, match="nothing was changed"):
        desk.create_key("acme", ANN)

    assert desk.found("acme").keys == ()
