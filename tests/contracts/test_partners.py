"""What every keeper of partners promises."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pinbill.domain.partners import ALL_SCOPES, ApiKey, ApiScope, Partner, PartnerChange, Standing
from pinbill.errors import PartnerNotFound
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table
from pinbill.usecases.ports.catalog import Partners
from tests.contracts.conftest import client_of
from tests.contracts.engines import ENGINES, create_table
from tests.fakes.partners import InMemoryPartners

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)
ACME = Partner("acme", "Acme Ltd", NOW, "ann")
KEY = ApiKey("aaaaaaaaaa", "1" * 64, ALL_SCOPES, "web", NOW, "ann")
MADE, KEYED = PartnerChange(NOW, "ann", "created"), PartnerChange(NOW, "bob", "key aaaaaaaaaa created", "first key")


@pytest.fixture(params=["memory", *ENGINES])
def partners(request: pytest.FixtureRequest) -> Iterator[Partners]:
    if request.param == "memory":
        yield InMemoryPartners()
        return
    with client_of(request.param, request) as client:
        yield DynamoPartners(Table(client, create_table(client)))


def test_a_partner_is_read_back_whole_with_its_keys(partners: Partners) -> None:
    ended = replace(KEY, id="bbbbbbbbbb", ends_at=NOW, revoked_at=NOW + timedelta(hours=1), revoked_by="bob", label="")
    reading = replace(KEY, scopes=frozenset({ApiScope.CATALOG_READ, ApiScope.SUBSCRIPTIONS_READ}))
    whole = replace(
        ACME,
        standing=Standing.SUSPENDED,
        allowance={"writes_a_day": 5, "reads_a_minute": 7},
        guards={"credit": 0, "spend_a_day": 900},
        keys=(ended, reading),
    )

    assert partners.put(whole, MADE)

    assert partners.partner("acme") == replace(whole, version=1)


@pytest.mark.parametrize("id", ["", "nobody", "Acme", "a#b", "x" * 17, "ä"])
def test_a_partner_that_is_not_there_is_not_found_whatever_its_form(partners: Partners, id: str) -> None:
    partners.put(ACME, MADE)

    with pytest.raises(PartnerNotFound):
        partners.partner(id)


def test_a_partner_is_found_by_the_id_of_a_key(partners: Partners) -> None:
    partners.put(ACME, MADE)
    partners.put(replace(partners.partner("acme"), keys=(KEY,)), KEYED, KEY.id)

    assert partners.by_key(KEY.id) == partners.partner("acme")
    for unknown in ("", "bbbbbbbbbb", KEY.id.upper(), "1" * 64, "KEY#a"):
        assert partners.by_key(unknown) is None


def test_of_two_that_change_the_same_version_one_is_told_to_look_again(partners: Partners) -> None:
    assert partners.put(ACME, MADE)
    assert not partners.put(replace(ACME, name="Another"), MADE)
    read = partners.partner("acme")
    assert partners.put(replace(read, standing=Standing.SUSPENDED), MADE)

    assert not partners.put(replace(read, keys=(KEY,)), KEYED, KEY.id)

    assert partners.partner("acme") == replace(ACME, standing=Standing.SUSPENDED, version=2)
    assert partners.by_key(KEY.id) is None
    assert len(partners.changes("acme")) == 2


def test_a_key_of_one_partner_never_becomes_another_ones(partners: Partners) -> None:
    bravo = replace(ACME, id="bravo")
    partners.put(ACME, MADE)
    partners.put(bravo, MADE)
    assert partners.put(replace(partners.partner("acme"), keys=(KEY,)), KEYED, KEY.id)

    assert not partners.put(replace(partners.partner("bravo"), keys=(KEY,)), KEYED, KEY.id)

    assert partners.by_key(KEY.id) == partners.partner("acme")


def test_all_are_listed_in_the_order_of_their_ids(partners: Partners) -> None:
    assert partners.all() == []
    for id in ("bravo", "acme", "charlie"):
        partners.put(replace(ACME, id=id), MADE)
    partners.put(replace(partners.partner("acme"), keys=(KEY,)), KEYED, KEY.id)

    assert [partner.id for partner in partners.all()] == ["acme", "bravo", "charlie"]
    assert partners.all()[0].keys == (KEY,)


def test_who_changed_what_is_kept_in_order_and_for_each_partner(partners: Partners) -> None:
    partners.put(ACME, MADE)
    partners.put(replace(ACME, id="bravo"), MADE)
    for _ in range(11):
        partners.put(partners.partner("acme"), KEYED)

    assert list(partners.changes("acme")) == [MADE, *[KEYED] * 11]
    assert list(partners.changes("bravo")) == [MADE]
    assert list(partners.changes("nobody")) == []
