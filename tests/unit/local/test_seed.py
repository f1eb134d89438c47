"""The local world's own key: kept from one run to the next while it opens something, made anew when it does not."""

from pathlib import Path

import pytest

from local.seed import BY, PARTNER, ensure_partner, kept_key
from ops.partner_desk import PartnerDesk
from tests.fakes.clock import FakeClock
from tests.fakes.partners import InMemoryPartners


@pytest.fixture
def desk() -> PartnerDesk:
    desk = PartnerDesk(InMemoryPartners(), FakeClock(), "local")
    ensure_partner(desk, PARTNER)
    return desk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "partner_key"


def opens(desk: PartnerDesk, text: str) -> bool:
    key = next((key for key in desk.found(PARTNER).keys if key.id in text), None)
    return key is not None and key.is_live(desk.clock.now())


def test_a_key_is_made_once_and_read_by_its_owner_only(desk: PartnerDesk, file: Path) -> None:
    first = kept_key(desk, file)

    assert kept_key(desk, file) == first
    assert opens(desk, first)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", ["", "pinbill_of-an-earlier-form", "pinbill_local_"])
def test_what_is_no_key_is_replaced(desk: PartnerDesk, file: Path, kept: str) -> None:
    file.write_text(kept)

    assert opens(desk, kept_key(desk, file))


def test_a_key_that_somebody_revoked_is_replaced(desk: PartnerDesk, file: Path) -> None:
    first = kept_key(desk, file)
    desk.revoke(first, BY)

    second = kept_key(desk, file)

    assert second != first
    assert opens(desk, second)


def test_room_is_made_when_somebody_has_made_two_keys_of_their_own(desk: PartnerDesk, file: Path) -> None:
    older, newer = desk.create_key(PARTNER, BY).text, desk.create_key(PARTNER, BY).text

    made = kept_key(desk, file)

    assert [opens(desk, key) for key in (older, newer, made)] == [False, True, True]


def test_the_partner_is_made_once(desk: PartnerDesk) -> None:
    ensure_partner(desk, PARTNER)

    assert len(desk.partners.changes(PARTNER)) == 1
