"""Whose key it is; and that a key of a wrong form, checksum or stage is refused before anything is read."""

from collections.abc import Callable
from typing import override

import pytest

from ops.partner_desk import PartnerDesk, Signature, new_key_text
from pinbill.domain.allowances import Allowance
from pinbill.domain.key_text import SECRET_LENGTH, KeyText
from pinbill.domain.partners import ApiScope, Partner
from pinbill.errors import Unauthenticated
from pinbill.usecases.authorize import Authorize
from tests.fakes.clock import FakeClock
from tests.fakes.partners import InMemoryPartners

BY = Signature("ann", "a test")
DEFAULT = Allowance(1, 2, 3, 4)


class WatchedPartners(InMemoryPartners):
    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    @override
    def by_key(self, key_id: str) -> Partner | None:
        self.reads += 1
        return super().by_key(key_id)


@pytest.fixture
def partners() -> WatchedPartners:
    return WatchedPartners()


@pytest.fixture
def desk(partners: WatchedPartners) -> PartnerDesk:
    desk = PartnerDesk(partners, FakeClock(), "local")
    desk.create("acme", "Acme", BY)
    desk.create("bravo", "Bravo", BY)
    return desk


def authorize(partners: WatchedPartners, text: str | None) -> str:
    return Authorize(partners, FakeClock(), "local", DEFAULT)(text).partner


def test_a_key_opens_its_own_partner(desk: PartnerDesk, partners: WatchedPartners) -> None:
    keys = {id: desk.create_key(id, BY).text for id in ("acme", "bravo")}

    assert {id: authorize(partners, key) for id, key in keys.items()} == {"acme": "acme", "bravo": "bravo"}


ALTERED: dict[str, Callable[[KeyText], str | None]] = {
    "none": lambda key: None,
    "empty": lambda key: "",
    "cut off": lambda key: key.text[:-1],
    "longer": lambda key: key.text + "0",
    "with a blank": lambda key: f" {key.text}",
    "with a new line": lambda key: f"{key.text}\n",
    "mistyped": lambda key: key.text[:30] + chr(ord(key.text[30]) ^ 1) + key.text[31:],
    "two letters swapped": lambda key: KeyText.of("local", key.id, "ab" + "x" * 28).text.replace("ab", "ba"),
    "its hash": lambda key: key.hash,
    "of another stage": lambda key: KeyText.of("production", key.id, key.text[24:-6]).text,
    "with another stage written over it": lambda key: key.text.replace("_local_", "_production_"),
}


@pytest.mark.parametrize("alter", ALTERED.values(), ids=list(ALTERED))
def test_what_cannot_be_a_key_of_this_stage_is_refused_without_a_look(
    desk: PartnerDesk, partners: WatchedPartners, alter: Callable[[KeyText], str | None]
) -> None:
    made = KeyText.parse(desk.create_key("acme", BY).text)
    assert made is not None

    with pytest.raises(Unauthenticated):
        authorize(partners, alter(made))

    assert partners.reads == 0


def test_a_key_that_nobody_made_is_refused(desk: PartnerDesk, partners: WatchedPartners) -> None:
    with pytest.raises(Unauthenticated, match="unknown"):
        authorize(partners, new_key_text("local").text)


def test_the_id_of_a_key_opens_nothing_with_another_secret(desk: PartnerDesk, partners: WatchedPartners) -> None:
    key = desk.create_key("acme", BY)

    with pytest.raises(Unauthenticated, match="another secret") as caught:
        authorize(partners, KeyText.of("local", key.id, "x" * SECRET_LENGTH).text)

    assert key.text not in str(caught.value)


def test_a_key_that_ended_so_long_ago_that_it_is_not_listed_any_more_is_refused(
    desk: PartnerDesk, partners: WatchedPartners
) -> None:
    first = desk.create_key("acme", BY)
    desk.revoke(first.id, BY)
    for _ in range(20):
        desk.revoke(desk.create_key("acme", BY).id, BY)

    with pytest.raises(Unauthenticated, match="ended"):
        authorize(partners, first.text)


def test_a_suspended_partner_keeps_what_its_key_had_of_reading_and_cancelling(
    desk: PartnerDesk, partners: WatchedPartners
) -> None:
    scopes = frozenset({ApiScope.SUBSCRIPTIONS_CANCEL, ApiScope.CHARGES_WRITE})
    key = desk.create_key("acme", BY, scopes=scopes)
    desk.suspend("acme", BY)

    caller = Authorize(partners, FakeClock(), "local", DEFAULT)(key.text)

    assert (caller.suspended, caller.scopes) == (True, frozenset({ApiScope.SUBSCRIPTIONS_CANCEL}))
